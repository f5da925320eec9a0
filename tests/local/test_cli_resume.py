"""``fan-out resume`` against machines that really run, as its user sees it."""

import json
import re
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import boto3
import cli_jobs
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from commands import A_MINUTE, COMMAND, Done, called, environ_of

import jobs
from bounded import ending
from fan_out import FailurePolicy, FanOut
from fan_out.local import EmbeddedAws
from fan_out.local.assembly import deploy

TOLERATE = FailurePolicy.tolerate
RECORDS = {"totalProcessRecordCount": 105}
WHOLE = [
    [2 * record for record in range(start, min(start + 10, 105))] for start in range(0, 105, 10)
]

Command = Callable[..., Done]


def breaking(*records: int, **more: str) -> lambda_.FunctionOptions:
    return lambda_.FunctionOptions(
        environment={"BROKEN": " ".join(map(str, records)), **more},
        timeout=cdk.Duration.seconds(20),
    )


def build(outdir: Path) -> Path:
    """One stack with a fan-out for each thing that can be resumed."""
    app = cdk.App(outdir=str(outdir))
    stack = cdk.Stack(app, "Jobs")
    table = dynamodb.Table(
        stack,
        "Table",
        partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
    )
    fan_outs: dict[str, dict[str, Any]] = {
        "Stopping": {"worker_options": breaking(57), "max_concurrency": 1},
        "Twice": {"worker_options": breaking(57, 82), "max_concurrency": 2},
        "Tolerant": {"worker_options": breaking(31, 57, 82), "on_failure": TOLERATE(chunks=3)},
        "Keyed": {
            "worker_options": breaking(31, 57, 82),
            "on_failure": TOLERATE(chunks=1),
            "carry_on": True,
            "pass_input": True,
        },
        "Halving": {
            "worker": cli_jobs.doubles_if_there_is_room,
            "worker_options": breaking(31, 38, 82),
            "on_failure": TOLERATE(percent=100, halve=True),
        },
        "Aside": {
            "worker": cli_jobs.doubles_the_even,
            "worker_options": breaking(31),
            "on_failure": TOLERATE(chunks=1),
        },
        "Letters": {"control": cli_jobs.letters, "worker_options": breaking(3), "chunk_size": 2},
        "Unplanned": {"control": cli_jobs.letters, "control_options": breaking(0), "chunk_size": 2},
        "Ignoring": {
            "control": cli_jobs.ignores_chunks,
            "worker_options": breaking(12),
            "chunk_size": None,
            "max_concurrency": 1,  # the first chunk is done before the second fails
        },
        "Collecting": {
            "collect": cli_jobs.whole,
            "worker_options": breaking(22, 57),
            "pass_input": True,
            "max_concurrency": 1,
        },
        "Gathering": {
            "worker": cli_jobs.doubles_by_threes,
            "collect": cli_jobs.whole,
            "worker_options": breaking(1030, 1050),
            "on_failure": TOLERATE(percent=20, halve=True),
            "carry_on": True,
            "pass_input": True,
        },
        "Writing": {
            "worker": cli_jobs.writes_once,
            "collect": cli_jobs.whole,
            "worker_options": breaking(57, TABLE=table.table_name),
            "carry_on": True,
            "max_concurrency": 2,
        },
        "Uncollected": {"collect": cli_jobs.whole, "collect_options": breaking(0)},
        "Swelling": {"collect": cli_jobs.too_much, "collect_options": breaking(0)},
        "Plain": {
            "collect": cli_jobs.plain_total,
            "worker_options": breaking(57),
            "max_concurrency": 1,
        },
        "TooMuch": {"worker": cli_jobs.much},
        "TooMuchInAll": {
            "worker": cli_jobs.much,
            "collect": cli_jobs.whole,
            "worker_options": breaking(57),
            "max_concurrency": 1,
        },
        "Sleeping": {"worker": jobs.sleeps, "max_concurrency": 2},
    }
    for name, given in fan_outs.items():
        job = FanOut(stack, name, **{"worker": cli_jobs.doubles, "chunk_size": 10, **given})
        cdk.CfnOutput(stack, f"{name}Machine", value=job.state_machine.state_machine_arn)
        table.grant_write_data(job.worker_function)
    app.synth()
    return outdir


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    assembly = build(tmp_path_factory.mktemp("assembly") / "cdk.out")
    with EmbeddedAws(max_environments=8) as aws:
        deploy(assembly, aws.session())
        yield aws


@pytest.fixture(scope="module")
def session(aws: EmbeddedAws) -> boto3.Session:
    return aws.session()


@pytest.fixture(scope="module")
def environ(aws: EmbeddedAws) -> dict[str, str]:
    return environ_of(aws)


@pytest.fixture(scope="module")
def command(environ: dict[str, str]) -> Command:
    return partial(called, environ)


@pytest.fixture(scope="module")
def run(command: Command) -> Command:
    def run(name: str, *options: str, **given: Any) -> Done:
        text = json.dumps(given or RECORDS)
        return command("run", "--machine", f"{name}Machine", "--input", text, *options)

    return run


@pytest.fixture(scope="module")
def mend(session: boto3.Session) -> Callable[..., None]:
    """Let a fan-out's function fail at the ``still`` broken records alone."""
    client = session.client("lambda")

    def mend(name: str, *still: int) -> None:
        for function in functions(session):
            if f"-{name}" in function["FunctionName"] and "Environment" in function:
                variables = {
                    **function["Environment"]["Variables"],
                    "BROKEN": " ".join(map(str, still)),
                }
                client.update_function_configuration(
                    FunctionName=function["FunctionName"], Environment={"Variables": variables}
                )

    return mend


def functions(session: boto3.Session) -> list[Any]:
    pages = session.client("lambda").get_paginator("list_functions").paginate()
    return [function for page in pages for function in page["Functions"]]


def doubled(session: boto3.Session, name: str) -> list[list[str]]:
    """For each call of a fan-out's worker: its first record, how many, and the chunk's key."""
    (function,) = [each for each in functions(session) if f"-{name}Worker" in each["FunctionName"]]
    pages = session.client("logs").get_paginator("filter_log_events")
    events = [
        event["message"]
        for page in pages.paginate(logGroupName=function["LoggingConfig"]["LogGroup"])
        for event in page["events"]
    ]
    found = [re.search(r"doubling (\d+) (\d+) (.*)\.", message) for message in events]
    return [list(match.groups()) for match in found if match]


def times(session: boto3.Session, name: str) -> Counter[int]:
    """How often each chunk was done, by its first record."""
    return Counter(int(offset) for offset, *_ in doubled(session, name))


def to_resume(done: Done) -> str:
    """The ARN in the last line of a report."""
    last = done.stderr.splitlines()[-1]
    assert last.startswith("  resume   fan-out resume arn:aws:states:"), done.stderr
    return last.split()[3]


def name_of(execution: str) -> str:
    return execution.split(":")[-1]


def test_what_a_failed_run_has_left_is_done_and_nothing_else_and_the_result_is_whole(
    run: Command, command: Command, session: boto3.Session, mend: Callable[..., None]
) -> None:
    failed = run("Stopping")
    assert failed.returncode == 1
    before = times(session, "Stopping")
    mend("Stopping")
    resumed = command("resume", to_resume(failed), "--json")
    assert resumed.returncode == 0, resumed.stderr
    assert json.loads(resumed.stdout) == WHOLE == json.loads(run("Stopping", "--json").stdout)
    done_before = int(re.search(r", (\d+) of 11 chunks done", failed.stderr)[1])  # type: ignore[index]
    assert f": {11 - done_before} of 11 chunks are left" in resumed.stderr
    again = times(session, "Stopping") - before
    again.subtract(range(0, 105, 10))  # the run that was whole
    assert sum(again.values()) == 11 - done_before
    assert again[50] == 1


def test_a_resumed_run_that_fails_is_resumed_in_turn(
    run: Command, command: Command, mend: Callable[..., None]
) -> None:
    first = to_resume(run("Twice"))
    mend("Twice", 82)
    second = command("resume", first)
    assert second.returncode == 1
    assert "(offset 80, count 10): KeyError" in second.stderr
    assert to_resume(second) == f"{first}--re2"
    mend("Twice")
    third = command("resume", to_resume(second), "--json")
    assert third.returncode == 0, third.stderr
    assert json.loads(third.stdout) == WHOLE
    assert f"execution {name_of(first)}--re3" in third.stderr
    again = command("resume", first)
    assert (again.returncode, again.stdout) == (2, "")
    assert again.stderr == (
        f"error: {name_of(first)}--re2 has resumed it already: fan-out resume {first}--re2\n"
    )
    nothing = command("resume", f"{first}--re3")
    assert nothing.returncode == 0
    assert nothing.stdout.splitlines()[1] == "result: 11 answers, in chunk order"
    assert re.fullmatch(r"nothing to resume: all \d chunks are done\n", nothing.stderr)


def test_a_run_that_succeeded_in_spite_of_failures_tells_them_and_is_made_whole(
    run: Command, command: Command, session: boto3.Session, mend: Callable[..., None]
) -> None:
    partly = run("Tolerant")
    assert partly.returncode == 0, partly.stderr
    lines = partly.stdout.splitlines()
    assert lines[0].endswith(" s, 8 of 11 chunks done, 3 failed, 75 of 105 records")
    assert lines[1] == "result: 8 answers, in chunk order"
    assert lines[-4:] == [
        "failures: 3 chunks",
        "  4  offset 30, count 10: ValueError: bad record 31",
        "  6  offset 50, count 10: KeyError: 57",
        "  9  offset 80, count 10: KeyError: 82",
    ]
    mend("Tolerant", 57)
    better = command("resume", to_resume(partly), "--json")
    assert better.returncode == 0, better.stderr
    output = json.loads(better.stdout)
    assert output["results"] == WHOLE[:5] + WHOLE[6:]
    assert [failure["chunk"]["offset"] for failure in output["failures"]] == [50]
    assert output["counts"] == {
        "chunks": 11,
        "succeeded": 10,
        "failed": 1,
        "records": 105,
        "recordsSucceeded": 95,
    }
    mend("Tolerant")
    best = command("resume", to_resume(better))
    assert best.returncode == 0, best.stderr
    assert best.stdout.splitlines()[1] == "result: 11 answers, in chunk order"
    assert "failures" not in best.stdout
    assert "resume   " not in best.stderr
    expected = dict.fromkeys(range(0, 105, 10), 1) | {30: 2, 50: 3, 80: 2}
    assert times(session, "Tolerant") == expected


def test_over_the_limit_the_report_counts_and_shows_the_first_and_the_keys_stay_the_same(
    run: Command, command: Command, session: boto3.Session, mend: Callable[..., None]
) -> None:
    failed = run("Keyed")
    assert failed.returncode == 1
    (line,) = [line for line in failed.stderr.splitlines() if line.startswith("error: ")]
    assert line == (
        "error: 3 of 11 chunks failed, more than are tolerated; the first: "
        "chunk 4 of 11 failed (offset 30, count 10): ValueError: bad record 31"
    )
    assert "\n  errors   KeyError 2, ValueError 1\n" in failed.stderr
    assert '\n  input    {"oneJobProcessingCount":10,"offset":30}\n' in failed.stderr
    assert ":function:Jobs-KeyedWorker" in failed.stderr
    assert "raise KeyError(record) if record > 50 else ValueError" in failed.stderr
    execution = to_resume(failed)
    mend("Keyed")
    resumed = command("resume", execution, "--json")
    assert json.loads(resumed.stdout)["results"] == WHOLE
    keys = [key for offset, _, key in doubled(session, "Keyed") if offset == "30"]
    assert keys == [f"{name_of(execution)}:30"] * 2


def test_of_chunks_that_were_cut_only_the_records_that_failed_are_done_again(
    run: Command, command: Command, session: boto3.Session, mend: Callable[..., None]
) -> None:
    partly = run("Halving")
    assert partly.returncode == 0, partly.stderr
    assert "9 of 11 chunks done, 2 failed" in partly.stdout
    assert "  4  offset 31, count 1: MemoryError" in partly.stdout
    before = len(doubled(session, "Halving"))
    mend("Halving")
    resumed = command("resume", to_resume(partly), "--json")
    output = json.loads(resumed.stdout)
    assert sum(output["results"], []) == sum(WHOLE, [])
    assert (output["counts"]["records"], output["counts"]["recordsSucceeded"]) == (105, 105)
    again = [(int(offset), int(count)) for offset, count, _ in doubled(session, "Halving")[before:]]
    assert sorted(again) == [(31, 1), (38, 1), (82, 1)]


def test_records_that_were_set_aside_are_counted(
    run: Command, command: Command, mend: Callable[..., None]
) -> None:
    partly = run("Aside")
    summary = partly.stdout.splitlines()[0]
    assert summary.endswith(", 10 of 11 chunks done, 1 failed, 86 of 105 records, 9 set aside")
    mend("Aside")
    resumed = command("resume", to_resume(partly))
    summary, *lines = resumed.stdout.splitlines()
    assert summary.endswith("; the whole job: 95 of 105 records, 10 set aside")
    assert lines[-11] == "set aside: 10 records"
    assert lines[-1] == "  record 97: ValueError: 97 is bad"


def test_items_come_along_and_a_name_is_enough(
    run: Command, command: Command, mend: Callable[..., None]
) -> None:
    execution = to_resume(run("Letters", letters="abcdefg"))
    mend("Letters")
    where = ("--stack", "Jobs", "--machine", "LettersMachine")
    resumed = command("resume", name_of(execution), *where, "--json")
    assert resumed.returncode == 0, resumed.stderr
    assert json.loads(resumed.stdout) == [["aa", "bb"], ["cc", "dd"], ["ee", "ff"], ["gg"]]


def test_what_had_no_plan_is_started_anew(
    run: Command, command: Command, session: boto3.Session, mend: Callable[..., None]
) -> None:
    failed = run("Unplanned", letters="ab")
    assert "error: Control failed: OSError: no letters yet" in failed.stderr
    assert "resume   " not in failed.stderr
    name = re.search(r"execution (\S+)", failed.stderr)[1]  # type: ignore[index]
    mend("Unplanned")
    resumed = command("resume", name, "--machine", "UnplannedMachine", "--json")
    assert json.loads(resumed.stdout) == [["aa", "bb"]]
    assert f"{name} ended before its plan was made: it is started anew" in resumed.stderr


def test_a_control_that_plans_something_else_is_stopped(
    run: Command, command: Command, mend: Callable[..., None]
) -> None:
    execution = to_resume(run("Ignoring"))
    mend("Ignoring")
    resumed = command("resume", execution)
    assert resumed.returncode == 1
    assert resumed.stdout == ""
    assert resumed.stderr.splitlines()[-1].startswith(
        "error: the control function did not take the chunks"
    )


def answered(done: Done) -> Any:
    """What the collect was told, as it answers."""
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def history(session: boto3.Session, execution: str) -> list[dict[str, Any]]:
    client = session.client("stepfunctions")
    pages = client.get_paginator("get_execution_history").paginate(executionArn=execution)
    return [dict(event) for page in pages for event in page["events"]]


def test_a_collect_sees_the_answers_of_the_whole_job_in_order_and_no_worker_does(
    run: Command, command: Command, session: boto3.Session, mend: Callable[..., None]
) -> None:
    first = to_resume(run("Collecting", **RECORDS, mode="full"))
    mend("Collecting", 22)
    second = to_resume(command("resume", first))
    mend("Collecting")
    last = command("resume", second, "--json")
    assert answered(last) == {"answers": WHOLE, "failures": [], "counts": None}
    assert re.fullmatch(
        r"the collect function is given the answers of \d+ earlier chunks?, too",
        last.stderr.splitlines()[1],
    )
    whole = answered(run("Collecting", "--json"))
    assert whole == answered(last)
    given = [
        json.loads(event["taskScheduledEventDetails"]["parameters"])["Payload"]
        for event in history(session, f"{first}--re3")
        if event["type"] == "TaskScheduled"
    ]
    workers = [payload for payload in given if "oneJobProcessingCount" in payload]
    assert workers
    assert all(
        payload["input"] == {**RECORDS, "mode": "full", "fanOutResume": {}} for payload in workers
    )


def test_with_chunks_that_are_cut_and_carried_on_it_sees_each_record_once_in_order_too(
    run: Command, command: Command, mend: Callable[..., None]
) -> None:
    def records(told: Any) -> list[int]:
        return [double // 2 for answer in told["answers"] for double in answer]

    def failed(told: Any) -> list[tuple[int, int]]:
        chunks = [failure["chunk"] for failure in told["failures"]]
        return [(chunk["offset"], chunk["oneJobProcessingCount"]) for chunk in chunks]

    def counts(told: Any) -> list[int]:
        names = ("succeeded", "failed", "records", "recordsSucceeded")
        return [told["counts"][name] for name in names]

    every = [*range(105)]
    partly = run("Gathering", "--json")
    execution = re.search(r"resume (arn:\S+)", partly.stderr)[1]  # type: ignore[index]
    assert failed(answered(partly)) == [(30, 10), (50, 10)]
    mend("Gathering", 33, 57)
    better = command("resume", execution, "--json")
    told = answered(better)
    assert records(told) == [record for record in every if record not in (33, 57)]
    assert failed(told) == [(33, 1), (57, 1)]
    assert counts(told) == [len(told["answers"]), 2, 105, 103]
    mend("Gathering")
    told = answered(command("resume", f"{execution}--re2", "--json"))
    assert records(told) == every
    assert failed(told) == []
    assert counts(told) == [len(told["answers"]), 0, 105, 105]


def test_an_idempotent_worker_writes_no_record_twice_and_the_output_is_as_if_nothing_had_failed(
    run: Command, command: Command, session: boto3.Session, mend: Callable[..., None]
) -> None:
    execution = to_resume(run("Writing"))
    mend("Writing")
    resumed = answered(command("resume", execution, "--json"))
    done = run("Writing", "--json")
    assert resumed == answered(done) == {"answers": WHOLE, "failures": [], "counts": None}
    other = re.search(r"execution (\S+)", done.stderr)[1]  # type: ignore[index]
    client = session.client("dynamodb")
    (table,) = client.list_tables()["TableNames"]
    pages = client.get_paginator("scan").paginate(TableName=table)
    items = [item for page in pages for item in page["Items"]]
    written = Counter(
        (item["id"]["S"].rpartition(":")[0], int(item["record"]["N"])) for item in items
    )
    names = (name_of(execution), other)
    assert written == {(name, record): 1 for name in names for record in range(105)}


def test_where_all_chunks_are_done_the_collect_alone_runs_again(
    run: Command, command: Command, session: boto3.Session, mend: Callable[..., None]
) -> None:
    failed = run("Uncollected")
    assert "error: Collect failed: OSError: cannot add" in failed.stderr
    execution = to_resume(failed)
    assert f"fan-out resume {execution}\n" in failed.stderr
    again = command("resume", execution)
    assert again.returncode == 1
    assert to_resume(again) == f"{execution}--re2"
    mend("Uncollected")
    resumed = command("resume", f"{execution}--re2", "--json")
    assert answered(resumed) == {"answers": WHOLE, "failures": [], "counts": None}
    assert times(session, "Uncollected") == dict.fromkeys(range(0, 105, 10), 1)
    redriven = answered(command("resume", execution, "--redrive", "--json"))
    assert redriven == {"answers": WHOLE, "failures": [], "counts": None}


def test_a_collect_that_answered_too_much_is_mended_and_runs_again(
    run: Command, command: Command, mend: Callable[..., None]
) -> None:
    failed = run("Swelling")
    assert (
        "error: Collect failed: ValueError: answer must take at most 260096 bytes" in failed.stderr
    )
    execution = to_resume(failed)
    assert "advice" not in failed.stderr
    mend("Swelling")
    assert answered(command("resume", execution, "--json")) == 11


def test_a_collect_that_could_not_be_told_of_the_rest_is_not_started(
    run: Command, command: Command, session: boto3.Session, mend: Callable[..., None]
) -> None:
    failed = run("Plain")
    execution = to_resume(failed)
    mend("Plain")
    resumed = command("resume", execution)
    assert (resumed.returncode, resumed.stdout) == (2, "")
    assert re.fullmatch(
        r"error: the collect function of PlainStateMachine\S+ would see the answers of the resumed "
        r"chunks alone: make it with @collect, and deploy it with this version of fan-out; "
        r"--redrive gives it all of them\n",
        resumed.stderr,
    )
    client = session.client("stepfunctions")
    machine = execution.rpartition(":")[0].replace(":execution:", ":stateMachine:")
    assert len(client.list_executions(stateMachineArn=machine)["executions"]) == 1
    assert json.loads(run("Plain", "--json").stdout) == 2 * sum(range(105))


def test_answers_that_are_too_much_with_those_before_are_foreseen_where_they_can_be(
    run: Command, command: Command, mend: Callable[..., None]
) -> None:
    execution = to_resume(run("TooMuchInAll"))
    mend("TooMuchInAll")
    failed = command("resume", execution)
    assert failed.returncode == 1
    assert re.fullmatch(
        r"the collect function is given the answers of 5 earlier chunks, too: they leave "
        r"11\d{4} of 262144 bytes to the 6 that are left, too few if these answer 30003 bytes "
        r"each, as those did on average",
        failed.stderr.splitlines()[1],
    )
    assert "States.DataLimitExceeded" in failed.stderr
    assert failed.stderr.splitlines()[-1] == (
        "  advice   all answers together, those of the executions before among them, must stay "
        "within 262144 bytes: put large ones into S3, and answer their keys"
    )
    refused = command("resume", f"{execution}--re2")
    assert refused.returncode == 2
    assert re.fullmatch(
        r"error: the input with the chunks that are left and, for the collect function, the "
        r"answers of those that are done must be at most 262144 bytes, got 330\d\d\d, 330\d\d\d "
        r"of them answers: a worker that puts large answers into S3 and answers their keys can be "
        r"resumed; --redrive goes on without sending them\n",
        refused.stderr,
    )


def test_answers_that_are_too_much_together_are_no_matter_of_resuming(run: Command) -> None:
    failed = run("TooMuch")
    assert failed.returncode == 1
    assert "States.DataLimitExceeded" in failed.stderr
    assert failed.stderr.splitlines()[-1].startswith(
        "  advice   all answers together must stay within 262144 bytes: put large ones into S3"
    )


def test_a_running_one_is_left_alone_and_one_that_ctrl_c_stopped_can_be_resumed(
    command: Command, environ: dict[str, str], session: boto3.Session
) -> None:
    arguments = ["run", "--machine", "SleepingMachine", "--input", json.dumps(RECORDS)]
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        env=environ,
        stderr=subprocess.PIPE,
        text=True,
    )
    with ending(process):
        assert process.stderr is not None
        lines = iter(process.stderr)
        name = re.search(r"execution (\S+)", next(lines))[1]  # type: ignore[index]
        next(line for line in lines if line.startswith("0 of 11 chunks"))
        refused = command("resume", name, "--machine", "SleepingMachine")
        assert refused.returncode == 2
        assert f":{name} is still running: wait for its end" in refused.stderr
        process.send_signal(signal.SIGINT)
        assert process.wait(A_MINUTE) == 130
    # its workers sleep on, as in AWS: the new one is only seen to start with all of it
    resuming = subprocess.Popen(
        [*COMMAND, "resume", name, "--machine", "SleepingMachine"],
        env=environ,
        stderr=subprocess.PIPE,
        text=True,
    )
    with ending(resuming):
        assert resuming.stderr is not None
        lines = iter(resuming.stderr)
        assert next(lines) == f"resuming {name}: 11 of 11 chunks are left\n"
        next(line for line in lines if line.startswith("0 of 11 chunks"))
        resuming.send_signal(signal.SIGINT)
        assert resuming.wait(A_MINUTE) == 130
    client = session.client("stepfunctions")
    machine = next(
        found["stateMachineArn"]
        for found in client.list_state_machines()["stateMachines"]
        if found["name"].startswith("Sleeping")
    )
    executions = client.list_executions(stateMachineArn=machine)["executions"]
    assert {each["name"]: each["status"] for each in executions} == {
        name: "ABORTED",
        f"{name}--re2": "ABORTED",
    }


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["nobody", "--machine", "StoppingMachine"], "no execution arn:aws:states:us-east-1:"),
        (["arn:aws:s3:::bucket"], "EXECUTION must be an execution's ARN or name, got 'arn:aws"),
        (["nobody", "--stack", "Jobs"], "several state machines in the outputs of stack Jobs"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(
    command: Command, arguments: list[str], line: str
) -> None:
    done = command("resume", *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {line}")
    assert done.stderr.count("\n") == 1
