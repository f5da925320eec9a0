"""The API of Step Functions: its requests, answers, pages and errors."""

import json
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError
from machines import Machines, invoke_task, map_of, one_state

from bounded import eventually
from fan_out.local import EmbeddedAws
from fan_out.local.step_functions.archive import Archive
from fan_out.local.step_functions.service import StepFunctions
from fan_out.local.step_functions.world import World

PASS = {"Type": "Pass"}
WAIT = {"Type": "Wait", "Seconds": 60}
FAIL_WHEN_TOLD = """
import os
def handler(event, context):
    if event == 2 and "BROKEN" in os.environ:
        raise ValueError("two")
    return event
"""


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    with EmbeddedAws(max_environments=2) as aws:
        yield aws


@pytest.fixture(scope="module")
def machines(aws: EmbeddedAws) -> Machines:
    return Machines(aws)


def code_of(error: Any) -> str:
    return str(error.value.response["Error"]["Code"])


def succeeded(machines: Machines, machine: str, **fields: Any) -> str:
    """Start an execution, wait for its end, and answer its ARN."""
    arn = machines.states.start_execution(stateMachineArn=machine, **fields)["executionArn"]
    assert machines.ended(arn)["status"] == "SUCCEEDED"
    return str(arn)


# Machines


def test_a_machine_is_described_as_it_was_made(machines: Machines) -> None:
    definition = one_state(PASS)
    arn = machines.machine(definition)
    described = machines.states.describe_state_machine(stateMachineArn=arn)
    assert json.loads(described["definition"]) == definition
    assert described["stateMachineArn"] == arn
    assert (described["status"], described["type"]) == ("ACTIVE", "STANDARD")
    assert described["roleArn"] == machines.role
    assert described["loggingConfiguration"] == {"level": "OFF", "includeExecutionData": False}
    assert described["tracingConfiguration"] == {"enabled": False}
    assert described["encryptionConfiguration"] == {"type": "AWS_OWNED_KEY"}
    assert described["creationDate"].tzinfo is not None


def test_an_execution_goes_on_with_the_definition_that_it_was_started_with(
    machines: Machines,
) -> None:
    arn = machines.machine(one_state(WAIT))
    execution = machines.states.start_execution(stateMachineArn=arn)["executionArn"]
    after = json.dumps(one_state(PASS))
    updated = machines.states.update_state_machine(stateMachineArn=arn, definition=after)
    described = machines.states.describe_state_machine(stateMachineArn=arn)
    assert described["definition"] == after
    assert described["revisionId"] == updated["revisionId"]
    older = machines.states.describe_state_machine_for_execution(executionArn=execution)
    assert json.loads(older["definition"]) == one_state(WAIT)
    assert older["stateMachineArn"] == arn
    assert "status" not in older
    machines.states.stop_execution(executionArn=execution)
    succeeded(machines, arn)


def test_an_update_that_changes_nothing_is_refused(machines: Machines) -> None:
    arn = machines.machine(one_state(PASS))
    with pytest.raises(ClientError) as refused:
        machines.states.update_state_machine(stateMachineArn=arn)
    assert code_of(refused) == "MissingRequiredParameter"
    with pytest.raises(ClientError) as refused:
        machines.states.update_state_machine(stateMachineArn=arn, roleArn="me")
    assert code_of(refused) == "InvalidArn"


def test_a_machine_that_is_deleted_is_gone(machines: Machines) -> None:
    arn = machines.machine(one_state(PASS))
    execution = succeeded(machines, arn)
    for _ in range(2):  # as in AWS, one that is not there is deleted, too
        machines.states.delete_state_machine(stateMachineArn=arn)
    for action in ("describe_state_machine", "start_execution", "list_executions"):
        with pytest.raises(ClientError) as refused:
            getattr(machines.states, action)(stateMachineArn=arn)
        assert code_of(refused) == "StateMachineDoesNotExist"
    assert machines.ended(execution)["status"] == "SUCCEEDED"
    assert len(machines.history(execution)) == 4


def test_machines_are_listed_by_pages_and_by_region(aws: EmbeddedAws, machines: Machines) -> None:
    elsewhere = aws.session().client("stepfunctions", region_name="eu-west-1")
    names = {f"listed-{n}" for n in range(5)}
    for name in names:
        elsewhere.create_state_machine(
            name=name, definition=json.dumps(one_state(PASS)), roleArn=machines.role
        )
    paginator = elsewhere.get_paginator("list_state_machines")
    pages = list(paginator.paginate(PaginationConfig={"PageSize": 2}))
    sizes = [len(page["stateMachines"]) for page in pages]
    assert sizes == [2, 2, 1]
    listed = [machine for page in pages for machine in page["stateMachines"]]
    assert {machine["name"] for machine in listed} == names
    assert {machine["stateMachineArn"].split(":")[3] for machine in listed} == {"eu-west-1"}
    here = machines.states.list_state_machines(maxResults=1000)["stateMachines"]
    assert not names & {machine["name"] for machine in here}
    with pytest.raises(ClientError) as refused:
        elsewhere.list_state_machines(nextToken="there")
    assert code_of(refused) == "InvalidToken"


def test_a_machine_has_tags(machines: Machines) -> None:
    arn = machines.machine(one_state(PASS), tags=[{"key": "team", "value": "a"}])
    states = machines.states
    states.tag_resource(
        resourceArn=arn, tags=[{"key": "team", "value": "b"}, {"key": "k", "value": ""}]
    )
    states.untag_resource(resourceArn=arn, tagKeys=["k", "never there"])
    assert states.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "team", "value": "b"}]
    for call in (
        lambda: states.list_tags_for_resource(resourceArn=f"{arn}-gone"),
        lambda: states.tag_resource(resourceArn=f"{arn}-gone", tags=[]),
        lambda: states.untag_resource(resourceArn=f"{arn}-gone", tagKeys=[]),
    ):
        with pytest.raises(ClientError) as refused:
            call()
        assert code_of(refused) == "ResourceNotFound"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": "a b"}, "InvalidName"),
        ({"name": "x" * 81}, "InvalidName"),
        ({"name": "x*"}, "InvalidName"),
        ({"roleArn": "role"}, "InvalidArn"),
        ({"definition": "{}"}, "InvalidDefinition"),
        ({"publish": True}, "NotImplemented"),
    ],
)
def test_a_machine_that_cannot_be_is_refused(
    change: dict[str, Any], code: str, machines: Machines
) -> None:
    request = {"name": "good", "definition": json.dumps(one_state(PASS)), "roleArn": machines.role}
    with pytest.raises(ClientError) as refused:
        machines.states.create_state_machine(**{**request, **change})
    assert code_of(refused) == code


# Executions


def test_an_execution_is_described_with_all_that_is_known_of_it(machines: Machines) -> None:
    arn = machines.machine(one_state(PASS))
    execution = succeeded(machines, arn, name="one", input='{"a": 1}')
    described = machines.states.describe_execution(executionArn=execution)
    assert described["name"] == "one"
    assert described["stateMachineArn"] == arn
    assert described["input"] == '{"a": 1}'
    assert json.loads(described["output"]) == {"a": 1}
    assert described["inputDetails"] == described["outputDetails"] == {"included": True}
    assert described["redriveCount"] == 0
    assert described["redriveStatus"] == "NOT_REDRIVABLE"
    assert described["redriveStatusReason"] == "Execution is SUCCEEDED and cannot be redriven"
    bare = machines.states.describe_execution(executionArn=execution, includedData="METADATA_ONLY")
    assert not {"input", "output"} & bare.keys()
    assert bare["inputDetails"] == {"included": False}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("NaN", "InvalidExecutionInput"),
        ("{'a': 1}", "InvalidExecutionInput"),
        ("[1e400]", "InvalidExecutionInput"),
        ("", "InvalidExecutionInput"),
        ("[" * 50_000 + "]" * 50_000, "InvalidExecutionInput"),
    ],
)
def test_an_input_that_is_no_json_is_refused(text: str, code: str, machines: Machines) -> None:
    arn = machines.machine(one_state(PASS))
    with pytest.raises(ClientError) as refused:
        machines.states.start_execution(stateMachineArn=arn, input=text)
    assert code_of(refused) == code


def test_executions_are_listed_by_pages_the_newest_first(machines: Machines) -> None:
    arn = machines.machine(one_state(PASS))
    for number in range(5):
        succeeded(machines, arn, name=f"run-{number}")
    pages = machines.states.get_paginator("list_executions").paginate(
        stateMachineArn=arn, PaginationConfig={"PageSize": 2}
    )
    names = [[one["name"] for one in page["executions"]] for page in pages]
    assert names == [["run-4", "run-3"], ["run-2", "run-1"], ["run-0"]]
    with pytest.raises(ClientError) as refused:
        machines.states.list_executions(stateMachineArn=arn, nextToken="x")
    assert code_of(refused) == "InvalidToken"


def test_an_update_may_change_the_role_alone(machines: Machines) -> None:
    arn = machines.machine(one_state(PASS))
    role = machines.role.replace("role/", "role/other-")
    machines.states.update_state_machine(stateMachineArn=arn, roleArn=role)
    described = machines.states.describe_state_machine(stateMachineArn=arn)
    assert described["roleArn"] == role
    assert json.loads(described["definition"]) == one_state(PASS)
    succeeded(machines, arn)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"statusFilter": "DONE"}, "ValidationException"),
        ({"redriveFilter": "SOME"}, "ValidationException"),
        ({"mapRunArn": "arn:aws:states:us-east-1:123456789012:mapRun:m/l:u"}, "NotImplemented"),
    ],
)
def test_a_filter_that_there_is_not_is_refused(
    change: dict[str, Any], code: str, machines: Machines
) -> None:
    arn = machines.machine(one_state(PASS))
    with pytest.raises(ClientError) as refused:
        machines.states.list_executions(stateMachineArn=arn, **change)
    assert code_of(refused) == code


def test_what_is_not_there_has_awss_own_error(machines: Machines) -> None:
    missing = "arn:aws:states:us-east-1:123456789012:execution:no:no"
    for action in ("describe_execution", "stop_execution", "get_execution_history"):
        with pytest.raises(ClientError) as refused:
            getattr(machines.states, action)(executionArn=missing)
        assert code_of(refused) == "ExecutionDoesNotExist"
    with pytest.raises(ClientError) as refused:
        machines.states.describe_execution(executionArn="no")
    assert code_of(refused) == "InvalidArn"
    with pytest.raises(ClientError) as refused:
        machines.states.describe_state_machine(stateMachineArn="no")
    assert code_of(refused) == "InvalidArn"


def test_what_is_written_while_it_runs_can_be_read(machines: Machines) -> None:
    execution = machines.start(one_state(WAIT), {})
    machines.wait_for(execution, "WaitStateEntered")
    described = machines.states.describe_execution(executionArn=execution)
    assert (described["status"], "stopDate" in described) == ("RUNNING", False)
    assert described["redriveStatus"] == "NOT_REDRIVABLE"
    machines.states.stop_execution(executionArn=execution)


# Redrive


def test_a_redrive_runs_the_chunks_that_failed_and_is_told_by_the_api(
    machines: Machines,
) -> None:
    broken = {"Variables": {"BROKEN": "1"}}
    function = machines.function(FAIL_WHEN_TOLD, Environment=broken)
    machine = machines.machine(map_of(invoke_task(function), MaxConcurrency=1))
    execution = machines.states.start_execution(stateMachineArn=machine, input="[1, 2, 3]")
    arn = execution["executionArn"]
    assert machines.ended(arn)["redriveStatus"] == "REDRIVABLE"
    machines.functions.update_function_configuration(
        FunctionName=function, Environment={"Variables": {}}
    )
    redriven = machines.states.redrive_execution(executionArn=arn)
    described = machines.ended(arn)
    assert (described["status"], json.loads(described["output"])) == ("SUCCEEDED", [1, 2, 3])
    assert described["redriveCount"] == 1
    assert described["redriveDate"] == redriven["redriveDate"]
    events = machines.history(arn)
    types = [event["type"] for event in events]
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    assert types.count("TaskScheduled") == 4, "one of them twice"
    (event,) = [event for event in events if event["type"] == "ExecutionRedriven"]
    assert event["executionRedrivenEventDetails"] == {"redriveCount": 1}
    for wanted, found in (("REDRIVEN", 1), ("NOT_REDRIVEN", 0)):
        listed = machines.states.list_executions(stateMachineArn=machine, redriveFilter=wanted)
        assert len(listed["executions"]) == found
    with pytest.raises(ClientError) as refused:
        machines.states.redrive_execution(executionArn=arn)
    assert code_of(refused) == "ExecutionNotRedrivable"


def test_an_execution_with_a_full_history_cannot_be_redriven(machines: Machines) -> None:
    execution = machines.start(map_of(PASS), [0] * 6_500)
    described = machines.ended(execution)
    assert described["status"] == "FAILED"
    assert described["redriveStatusReason"] == "Execution event history limit exceeded"
    newest = machines.states.get_execution_history(
        executionArn=execution, maxResults=1, reverseOrder=True
    )["events"][0]
    assert (newest["id"], newest["type"]) == (25_000, "ExecutionFailed")


def test_a_stopped_execution_can_be_redriven_and_stopped_again(machines: Machines) -> None:
    execution = machines.start(one_state(WAIT), {})
    machines.wait_for(execution, "WaitStateEntered")
    for _ in range(2):
        machines.states.stop_execution(executionArn=execution, error="Enough")
        machines.states.redrive_execution(executionArn=execution)
    machines.states.stop_execution(executionArn=execution)
    described = machines.states.describe_execution(executionArn=execution)
    assert (described["status"], described["redriveCount"]) == ("ABORTED", 2)


def test_of_redrives_at_the_same_time_one_is_taken(machines: Machines) -> None:
    execution = machines.start(one_state(WAIT), {})
    machines.wait_for(execution, "WaitStateEntered")
    machines.states.stop_execution(executionArn=execution)

    def redriven(_: int) -> str:
        try:
            machines.states.redrive_execution(executionArn=execution)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "redriven"

    with ThreadPoolExecutor(8) as threads:
        answers = sorted(threads.map(redriven, range(8)))
    machines.states.stop_execution(executionArn=execution)
    assert answers == ["ExecutionNotRedrivable"] * 7 + ["redriven"]


class Clock:
    """All that a machine without tasks needs from outside."""

    @staticmethod
    def now() -> datetime:
        return datetime.now(UTC)


def test_a_history_that_cannot_be_put_away_is_still_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(Archive, "keep", full)
    definition = {"StartAt": "Only", "States": {"Only": {"Type": "Fail", "Error": "Nope"}}}
    service = StepFunctions("123456789012", lambda _: cast(World, Clock), lambda *_: None, tmp_path)
    with closing(service):
        role = "arn:aws:iam::123456789012:role/r"
        request = {"name": "m", "definition": json.dumps(definition), "roleArn": role}
        machine = service.machines.create(request, "us-east-1")["stateMachineArn"]
        started = service.executions.start({"stateMachineArn": machine})
        arn = {"executionArn": started["executionArn"]}
        assert eventually(lambda: service.executions.describe(arn)["status"] == "FAILED")
        before = len(service.executions.history(arn)["events"])
        for _ in range(2):
            service.executions.redrive(arn)
            assert eventually(lambda: service.executions.describe(arn)["status"] == "FAILED")
        assert len(service.executions.history(arn)["events"]) > before
    assert "no space left" in caplog.text


# HTTP


@pytest.mark.parametrize("action", ["CreateActivity", "StartSyncExecution", "ListMapRuns", "Nope"])
def test_an_action_that_is_not_here_is_answered_by_its_name(aws: EmbeddedAws, action: str) -> None:
    status, answer = called(aws, action, b"{}")
    assert (status, answer) == (
        501,
        {"__type": "NotImplemented", "message": f"the embedded AWS has no {action}"},
    )


@pytest.mark.parametrize("body", [b"{", b"[]", b"1"])
def test_a_body_that_is_no_object_is_refused(aws: EmbeddedAws, body: bytes) -> None:
    status, answer = called(aws, "ListStateMachines", body)
    assert (status, answer["__type"]) == (400, "SerializationException")


@pytest.mark.parametrize(
    ("action", "request_"),
    [
        ("CreateStateMachine", {"name": 5}),
        ("DescribeExecution", {}),
        ("ListStateMachines", {"maxResults": "many"}),
        ("ListStateMachines", {"maxResults": -1}),
        ("DescribeExecution", {"executionArn": "arn:x:execution:y:z", "includedData": "SOME"}),
    ],
)
def test_a_parameter_of_the_wrong_kind_is_refused(
    aws: EmbeddedAws, action: str, request_: dict[str, Any]
) -> None:
    status, answer = called(aws, action, json.dumps(request_).encode())
    assert (status, answer["__type"]) == (400, "ValidationException")


def called(aws: EmbeddedAws, action: str, body: bytes) -> tuple[int, dict[str, Any]]:
    """Call an action as no SDK would."""
    target = {"X-Amz-Target": f"AWSStepFunctions.{action}", "Content-Type": "x"}
    url = f"{aws.endpoint_url}/"
    signed = AWSRequest("POST", url, data=body, headers=target)
    SigV4Auth(aws.session().get_credentials(), "states", "us-east-1").add_auth(signed)
    request = urllib.request.Request(url, data=body, headers=dict(signed.headers))
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


# Logs


@pytest.mark.parametrize(
    ("level", "types"),
    [
        ("ERROR", ["TaskFailed", "ExecutionFailed"]),
        ("FATAL", ["ExecutionFailed"]),
    ],
)
def test_a_log_has_the_events_of_its_level(
    level: str, types: list[str], machines: Machines
) -> None:
    name = f"machines-{uuid.uuid4()}"
    machines.logs.create_log_group(logGroupName=name)
    group = machines.logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"][0]
    destination = {"cloudWatchLogsLogGroup": {"logGroupArn": f"{group['logGroupArn']}:*"}}
    logging = {"level": level, "includeExecutionData": True, "destinations": [destination]}
    task = invoke_task("arn:aws:lambda:us-east-1:123456789012:function:missing")
    machine = machines.machine(one_state(task), loggingConfiguration=logging)
    started = machines.states.start_execution(stateMachineArn=machine, input="{}")
    machines.ended(started["executionArn"])
    until = time.monotonic() + 30
    while not (lines := machines.lines(name)) and time.monotonic() < until:
        time.sleep(0.02)
    events = [json.loads(line) for line in lines]
    assert [event["type"] for event in events] == types
    assert events[-1]["details"]["error"] == "Lambda.ResourceNotFoundException"
    assert events[-1]["execution_arn"] == started["executionArn"]
