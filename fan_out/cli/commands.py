"""The commands of ``fan-out``: each takes its options, does its work, and answers an exit code.

What a command needs is imported when it runs: ``--help`` must not wait for boto3 or moto.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from fan_out.cli.display.screen import Screen
from fan_out.cli.errors import INTERRUPTED, described
from fan_out.cli.execution_input import read_input
from fan_out.cli.options import (
    LOCAL_RUN_EXAMPLES,
    LOGS_EXAMPLES,
    RESUME_EXAMPLES,
    RUN_EXAMPLES,
    START_EXAMPLES,
    Account,
    AppCommand,
    ChunkNumber,
    Context,
    Debug,
    Execution,
    Input,
    Json,
    Machine,
    MaxEnvironments,
    RecordNumber,
    Redrive,
    Region,
    Stack,
    Verbose,
)

app = typer.Typer(
    help="Run a big job on AWS Lambda by splitting it, in AWS or on this machine.",
    epilog="`fan-out run --help` and `fan-out local run --help` have examples.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
)
local_app = typer.Typer(
    help="The same on this machine: an embedded AWS, the real CDK CLI, real Lambda code.",
    no_args_is_help=True,
)
app.add_typer(local_app, name="local")


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        Screen().show(f"fan-out {version('fan-out')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None: ...


@app.command("run", epilog=RUN_EXAMPLES)
def run_command(
    stack: Stack = None,
    machine: Machine = None,
    input: Input = "{}",
    json: Json = False,
    debug: Debug = False,
) -> int:
    """Run the deployed fan-out: start its state machine, follow it to its end, show the result.

    The state machine is found among the outputs of the stacks of your AWS account and region,
    which are those of the environment (AWS_PROFILE, AWS_REGION and so on), as for the CDK CLI.
    """

    def work(screen: Screen) -> int:
        from fan_out.cli.aws import Aws
        from fan_out.cli.interruption import endings_raised
        from fan_out.cli.run import Run, run

        wanted = Run(stack=stack, machine=machine, input=read_input(input), whole=json)
        with endings_raised():
            return run(Aws.from_environment(), wanted, screen)

    return _ended(work, debug=debug)


@app.command("resume", epilog=RESUME_EXAMPLES)
def resume_command(
    execution: Execution,
    stack: Stack = None,
    machine: Machine = None,
    redrive: Redrive = False,
    json: Json = False,
    debug: Debug = False,
) -> int:
    """Do what an execution has left: the chunks that failed or never started, and only these.

    A new execution of the same state machine, with its code as it is now, is followed to its end.
    The result that is shown is that of the whole job: what was done before is not done again.
    """

    def work(screen: Screen) -> int:
        from fan_out.cli.aws import Aws
        from fan_out.cli.interruption import endings_raised
        from fan_out.cli.resume import Resume, resume

        wanted = Resume(
            execution=execution, stack=stack, machine=machine, redrive=redrive, whole=json
        )
        with endings_raised():
            return resume(Aws.from_environment(), wanted, screen)

    return _ended(work, debug=debug)


@app.command("logs", epilog=LOGS_EXAMPLES)
def logs_command(
    execution: Execution,
    chunk: ChunkNumber = None,
    record: RecordNumber = None,
    stack: Stack = None,
    machine: Machine = None,
    debug: Debug = False,
) -> int:
    """Show what the functions of an execution have logged, with the tracebacks.

    Without --chunk or --record: of whatever has failed, be it chunks, the control or the collect;
    if nothing has, of the chunks that have not ended; if all have, of all of them.
    """

    def work(screen: Screen) -> int:
        from fan_out.cli.aws import Aws
        from fan_out.cli.logs import Logs, logs

        wanted = Logs(execution=execution, stack=stack, machine=machine, chunk=chunk, record=record)
        return logs(Aws.from_environment(), wanted, screen)

    return _ended(work, debug=debug)


@local_app.command("run", epilog=LOCAL_RUN_EXAMPLES)
def local_run_command(
    app: AppCommand = None,
    context: Context = None,
    stack: Stack = None,
    machine: Machine = None,
    input: Input = "{}",
    json: Json = False,
    account: Account = "123456789012",
    region: Region = "us-east-1",
    max_environments: MaxEnvironments = None,
    verbose: Verbose = False,
    debug: Debug = False,
) -> int:
    """Deploy the CDK app of this folder to an AWS on this machine, and run its fan-out there.

    An embedded AWS is started, the CDK CLI synthesizes, bootstraps and deploys the app, the
    state machine runs with the functions' own code in real processes, and all of it is taken
    down again. Needs no account, no credentials and no Docker; nothing is left behind.
    """

    def work(screen: Screen) -> int:
        from fan_out.cli.local import App, Embedded, run_locally
        from fan_out.cli.run import Run

        wanted = Run(stack=stack, machine=machine, input=read_input(input), whole=json)
        chosen = App(folder=Path.cwd(), command=app, context=tuple(context or ()), verbose=verbose)
        embedded = Embedded(account=account, region=region, max_environments=max_environments)
        return run_locally(chosen, embedded, wanted, screen)

    return _ended(work, debug=debug)


@local_app.command("start", epilog=START_EXAMPLES)
def local_start_command(
    account: Account = "123456789012",
    region: Region = "us-east-1",
    max_environments: MaxEnvironments = None,
    debug: Debug = False,
) -> int:
    """Start an AWS on this machine, and leave it on for other commands until Ctrl-C.

    Prints to stdout the lines that make the aws, cdk and fan-out commands of a shell talk to it.
    """

    def work(screen: Screen) -> int:
        from fan_out.cli.local import Embedded, start

        embedded = Embedded(account=account, region=region, max_environments=max_environments)
        return start(embedded, Path.cwd(), screen)

    return _ended(work, debug=debug)


def _ended(work: Callable[[Screen], int], *, debug: bool) -> int:
    """Do the work, and turn what it raises into one line and an exit code."""
    screen = Screen()
    try:
        return work(screen)
    except KeyboardInterrupt as interrupt:
        screen.say(f"ended by {interrupt}" if str(interrupt) else "interrupted")
        return getattr(interrupt, "exit_code", INTERRUPTED)
    except BrokenPipeError:
        screen.out.on_broken_pipe()  # as rich has it for its own output: silence, and exit code 1
        raise
    except Exception as error:
        if debug:
            screen.err.print_exception()
        line, code = described(error)
        screen.error(line)
        return code
