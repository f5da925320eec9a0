"""What is deployed runs, in the embedded AWS, through the real parts and over HTTP."""

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import boto3
import pytest
from aws_cdk import aws_lambda as lambda_

import jobs
from article import control as article_control
from article import worker as article_worker
from bounded import ended
from fan_out import ChunkSize, FanOut
from fan_out.cli.outcome import Outcome
from fan_out.local import EmbeddedAws
from fan_out.local.assembly import deploy
from lambdas import control, worker

INPUT_100 = {"totalProcessRecordCount": 100, "oneJobProcessMaxCount": 10}


def build(outdir: Path) -> Path:
    """One stack with a fan-out for each way to behave; an output names each machine."""
    app = cdk.App(outdir=str(outdir))
    stack = cdk.Stack(app, "EndToEnd")
    fan_outs = {
        "Article": FanOut(
            stack,
            "Article",
            control=article_control.lambda_handler,
            worker=article_worker.lambda_handler,
        ),
        "Own": FanOut(stack, "Own", control=control.handler, worker=worker.handler, chunk_size=10),
        "BuiltIn": FanOut(stack, "BuiltIn", worker=jobs.numbers, chunk_size=25, max_concurrency=2),
        "Failing": FanOut(stack, "Failing", worker=jobs.fails_at_57, chunk_size=10),
        "FailingWithInput": FanOut(
            stack, "FailingWithInput", worker=jobs.fails_at_57, chunk_size=10, pass_input=True
        ),
        "Slow": FanOut(
            stack,
            "Slow",
            worker=jobs.sleeps,
            chunk_size=100,
            worker_options=lambda_.FunctionOptions(timeout=cdk.Duration.seconds(1)),
        ),
        "Processes": FanOut(stack, "Processes", worker=jobs.environments, chunk_size=1),
        "NotJson": FanOut(stack, "NotJson", worker=jobs.not_json, chunk_size=100),
        "Items": FanOut(
            stack,
            "Items",
            control=jobs.keys,
            worker=jobs.upper,
            chunk_size=ChunkSize.even(jobs=2),
            pass_input=True,
        ),
        "Fitting": FanOut(
            stack,
            "Fitting",
            worker=jobs.numbers,
            chunk_size=ChunkSize.to_fit(seconds_per_record=1, within=cdk.Duration.seconds(10)),
            max_concurrency=4,
        ),
        "Collected": FanOut(
            stack, "Collected", worker=jobs.numbers, collect=jobs.total, chunk_size=10
        ),
        "Rounds": FanOut(stack, "Rounds", worker=jobs.in_fours, chunk_size=10, carry_on=True),
        "Deadlines": FanOut(
            stack,
            "Deadlines",
            worker=jobs.slowly,
            chunk_size=10,
            pass_input=True,
            carry_on=cdk.Duration.seconds(2),
            worker_options=lambda_.FunctionOptions(timeout=cdk.Duration.seconds(3)),
        ),
        "NotANumber": FanOut(stack, "NotANumber", worker=jobs.not_a_number, chunk_size=100),
        "Existing": FanOut(
            stack,
            "Existing",
            worker=lambda_.Function(
                stack,
                "Function",
                runtime=lambda_.Runtime.PYTHON_3_14,
                handler="index.handler",
                code=lambda_.Code.from_inline(
                    "def handler(event, context):\n    return [event['offset']]\n"
                ),
            ),
            chunk_size=50,
        ),
    }
    for name, fan_out in fan_outs.items():
        cdk.CfnOutput(stack, name + "Machine", value=fan_out.state_machine.state_machine_arn)
    app.synth()
    return outdir


@pytest.fixture(scope="module")
def session(aws: EmbeddedAws) -> boto3.Session:
    return aws.session()


@pytest.fixture(scope="module")
def outputs(session: boto3.Session, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    assembly = build(tmp_path_factory.mktemp("assembly") / "cdk.out")
    return deploy(assembly, session)["EndToEnd"]


@pytest.fixture
def run(session: boto3.Session, outputs: dict[str, str]) -> Any:
    client = session.client("stepfunctions")

    def start_and_wait(name: str, given: dict[str, Any]) -> dict[str, Any]:
        arn = client.start_execution(
            stateMachineArn=outputs[f"{name}Machine"], input=json.dumps(given)
        )["executionArn"]
        return ended(client, arn)

    return start_and_wait


def records(done: dict[str, Any]) -> Any:
    assert done["status"] == "SUCCEEDED", (done.get("error"), done.get("cause"))
    return json.loads(done["output"])


@pytest.mark.parametrize("name", ["Article", "Own"])
def test_the_articles_job_answers_its_105_records_in_eleven_chunks(name: str, run: Any) -> None:
    answers = records(run(name, {}))
    assert len(answers) == 11
    assert sum(answers, []) == list(range(105))


def test_the_built_in_control_counts_what_the_input_says(run: Any) -> None:
    answers = records(run("BuiltIn", {"totalProcessRecordCount": 60}))
    assert [len(answer) for answer in answers] == [25, 25, 10]
    assert sum(answers, []) == list(range(60))


def test_no_records_are_a_run_that_succeeds_with_nothing(run: Any) -> None:
    assert records(run("BuiltIn", {"totalProcessRecordCount": 0})) == []


def test_the_input_overrides_the_chunk_size(run: Any) -> None:
    answers = records(run("Own", {"oneJobProcessMaxCount": 100}))
    assert [len(answer) for answer in answers] == [100, 5]


def test_items_and_the_input_reach_the_workers(run: Any) -> None:
    done = run("Items", {"keys": ["a", "b", "c"], "mark": "!"})
    assert records(done) == [["A!", "B!"], ["C!"]]


def test_chunks_are_sized_to_the_time_and_the_waves(run: Any) -> None:
    answers = records(run("Fitting", {"totalProcessRecordCount": 105}))
    assert [len(answer) for answer in answers] == [9] * 9 + [8] * 3
    assert sum(answers, []) == list(range(105))
    answers = records(run("Fitting", {"totalProcessRecordCount": 105, "jobCount": 2}))
    assert [len(answer) for answer in answers] == [53, 52]


def test_the_collects_answer_is_the_output(run: Any) -> None:
    assert records(run("Collected", {"totalProcessRecordCount": 25})) == {"chunks": 3, "sum": 300}
    assert records(run("Collected", {"totalProcessRecordCount": 0})) == {"chunks": 0, "sum": 0}


def test_workers_carry_on_until_every_record_is_done(run: Any, session: boto3.Session) -> None:
    done = run("Rounds", {"totalProcessRecordCount": 25})
    assert records(done) == [list(range(10)), list(range(10, 20)), list(range(20, 25))]
    outcome = Outcome(session.client("stepfunctions"), done["executionArn"])
    assert [progress.further_rounds for progress in outcome.watch()] == [2 + 2 + 1]


def test_workers_stop_before_their_deadline_and_keep_input_and_id(run: Any) -> None:
    given = {"totalProcessRecordCount": 10, "mark": "!"}
    done = run("Deadlines", given)
    (answer,) = records(done)
    numbers, keys, inputs, rounds = zip(*answer["keys"], strict=True)
    assert list(numbers) == list(range(10))
    assert len(set(rounds)) > 1
    assert list(keys) == [f"{done['name']}:{record}" for record in range(10)]
    assert all(one == given for one in inputs)


def test_an_existing_function_is_a_worker(run: Any) -> None:
    assert records(run("Existing", {"totalProcessRecordCount": 100})) == [[0], [50]]


def test_workers_run_in_environments_of_their_own_which_are_used_again(run: Any) -> None:
    used = records(run("Processes", {"totalProcessRecordCount": 60}))
    assert 1 < len(set(used)) < len(used)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"totalProcessRecordCount": -1}, "totalProcessRecordCount must be a whole number from 0"),
        ({"totalProcessRecordCount": "9"}, "got '9' (a str)"),
        ({}, "needs totalProcessRecordCount in the execution input, got {}"),
        ({"totalProcessRecordCount": 9, "oneJobProcessMaxCount": 0}, "oneJobProcessMaxCount must"),
        ({"totalProcessRecordCount": 10**6, "oneJobProcessMaxCount": 1}, "that fits is 281"),
    ],
)
def test_a_plan_that_is_refused_starts_no_worker(
    given: dict[str, Any], message: str, run: Any, session: boto3.Session
) -> None:
    done = run("BuiltIn", given)
    assert (done["status"], done["error"]) == ("FAILED", "ValueError")
    assert message in json.loads(done["cause"])["errorMessage"]
    history = session.client("stepfunctions").get_execution_history(
        executionArn=done["executionArn"]
    )
    assert not [event for event in history["events"] if event["type"] == "MapStateEntered"]


def test_what_a_worker_raises_is_the_executions_error(run: Any) -> None:
    done = run("Failing", INPUT_100)
    assert (done["status"], done["error"]) == ("FAILED", "ValueError")
    cause = json.loads(done["cause"])
    assert cause["errorMessage"] == "bad record 57"
    assert any("fails_at_57" in line for line in cause["stackTrace"])


def test_a_worker_past_its_timeout_is_timed_out(run: Any) -> None:
    done = run("Slow", {"totalProcessRecordCount": 1})
    assert (done["status"], done["error"]) == ("FAILED", "Sandbox.Timedout")
    assert "Task timed out after 1.00 seconds" in json.loads(done["cause"])["errorMessage"]
    seconds = (done["stopDate"] - done["startDate"]).total_seconds()
    assert 1 <= seconds < 60


def test_the_chunk_that_failed_is_named_also_where_the_map_added_to_it(
    run: Any, session: boto3.Session
) -> None:
    done = run("FailingWithInput", INPUT_100)
    outcome = Outcome(session.client("stepfunctions"), done["executionArn"])
    list(outcome.watch())
    failure = outcome.summary().failure
    assert failure is not None
    assert failure.chunk == 5
    assert json.loads(failure.input or "") == {"oneJobProcessingCount": 10, "offset": 50}


def test_an_answer_that_is_not_json_is_lambdas_error(run: Any) -> None:
    done = run("NotJson", {"totalProcessRecordCount": 1})
    assert (done["status"], done["error"]) == ("FAILED", "Runtime.MarshalError")


def test_an_answer_of_nan_is_no_json_and_never_an_output(run: Any) -> None:
    done = run("NotANumber", {"totalProcessRecordCount": 1})
    assert done["status"] == "FAILED"
    assert "the function's answer is not valid JSON: NaN" in done["cause"]


def test_what_a_function_prints_and_its_report_are_in_the_fan_outs_log(
    run: Any, session: boto3.Session, outputs: dict[str, str]
) -> None:
    run("Own", {})
    logs = session.client("logs")
    groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
    (own,) = [group for group in groups if "OwnLogs" in group]
    messages = [event["message"] for event in logs.filter_log_events(logGroupName=own)["events"]]
    assert any(message.startswith("START RequestId: ") for message in messages)
    assert any("Memory Size: 1769 MB" in message for message in messages)
