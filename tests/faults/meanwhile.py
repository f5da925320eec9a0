"""What is done to a run while it runs, by the names in the table; each answers how it ended."""

import signal
from collections.abc import Callable
from contextlib import ExitStack

from audit import Ended, audit_report
from fault_stack import another_edition
from rehearsal import Rehearsal

from fan_out.local.assembly import deploy


def run(made: Rehearsal) -> Ended:
    """Run the command to its end, with the row's name for what happens meanwhile."""
    if made.row.meanwhile in MEANWHILE:
        return MEANWHILE[made.row.meanwhile](made)
    return made.world.command(*made.run_options())


def resume(made: Rehearsal, execution: str) -> Ended:
    """Resume what the run has left."""
    if made.row.meanwhile in RESUMING:
        return RESUMING[made.row.meanwhile](made, execution)
    return made.world.command("resume", execution, "--json")


def _signal(number: signal.Signals) -> Callable[[Rehearsal], Ended]:
    def run(made: Rehearsal) -> Ended:
        with made.waiting() as command:
            command.process.send_signal(number)
            return command.ended()

    return run


def _stop(made: Rehearsal) -> Ended:
    with made.waiting() as command:
        made.world.states.stop_execution(executionArn=made.execution(command.said))
        made.script.gate.set()
        return command.ended()


def _deploy(made: Rehearsal) -> Ended:
    with made.waiting() as command:
        assembly = another_edition(made.world.assembly, f"edition-{made.seed}")
        deploy(assembly, made.world.aws.session())
        made.script.gate.set()
        return command.ended()


def _resume_a_running_one(made: Rehearsal) -> Ended:
    with made.waiting() as command:
        refused = made.world.command("resume", made.execution(command.said))
        made.found.expect((refused.code, refused.out), (2, ""), "resuming what runs")
        made.script.gate.set()
        return command.ended()


def _run_without_concurrency(made: Rehearsal) -> Ended:
    functions = made.world.functions
    functions.put_function_concurrency(FunctionName=made.worker, ReservedConcurrentExecutions=0)
    try:
        return made.world.command(*made.run_options())
    finally:
        functions.delete_function_concurrency(FunctionName=made.worker)


def _run_with_too_many_chunks(made: Rehearsal) -> Ended:
    options = made.run_options(totalProcessRecordCount=10**6, oneJobProcessMaxCount=1)
    return made.world.command(*options)


def _run_with_nine_more(made: Rehearsal) -> Ended:
    with ExitStack() as commands:
        started = [commands.enter_context(made.started()) for _ in range(10)]
        first, *others = [command.ended() for command in started]
    for ended in others:
        execution = made.execution(ended.err)
        audit_report(made.found, ended, made.history_of(execution), made.records)
        made.others.append(execution)
    return first


def _run_and_end_the_aws(made: Rehearsal) -> Ended:
    with made.waiting() as command:
        made.world.aws.__exit__(None, None, None)
        made.script.gate.set()
        return command.ended()


def _resume_twice(made: Rehearsal, execution: str) -> Ended:
    """Exactly one does it: the other is refused, or follows the same execution."""
    arguments = ("resume", execution, "--json")
    with made.started(*arguments) as one, made.started(*arguments) as other:
        ended = sorted((one.ended(), other.ended()), key=lambda each: each.code)
    found, loser = made.found, ended[1]
    if loser.code == 2:
        found.expect("resumed it already" in loser.err, True, f"said by the second: {loser.err}")
    else:
        found.expect(loser.out, ended[0].out, "result of the second")
    return ended[0]


def _resume_and_terminate(made: Rehearsal, execution: str) -> Ended:
    """The run that resumes leaves something in its turn, and that is resumed."""
    script = made.script
    script.faults, script.mended = {f"record {made.bad[0]}": "waits"}, False
    script.reached.clear()
    script.gate.clear()
    with made.waiting("resume", execution, "--json") as command:
        command.process.terminate()
        made.found.expect(command.ended().code, 143, "exit code of what was terminated")
        made.resuming.append(made.execution(command.said))
    script.settle()
    script.mended = True
    return made.world.command("resume", made.resuming[-1], "--json")


MEANWHILE: dict[str, Callable[[Rehearsal], Ended]] = {
    "SIGINT": _signal(signal.SIGINT),
    "SIGTERM": _signal(signal.SIGTERM),
    "SIGKILL": _signal(signal.SIGKILL),
    "stop": _stop,
    "deploy": _deploy,
    "resume": _resume_a_running_one,
    "no concurrency": _run_without_concurrency,
    "too many chunks": _run_with_too_many_chunks,
    "nine more": _run_with_nine_more,
    "end of the AWS": _run_and_end_the_aws,
}
RESUMING: dict[str, Callable[[Rehearsal, str], Ended]] = {
    "then resume twice": _resume_twice,
    "then resume, and terminate that": _resume_and_terminate,
}
