"""Executions of state machines, through the API of Step Functions."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from machines import Machines, invoke_task, map_of, one_state

from bounded import eventually
from fan_out.local import EmbeddedAws
from fan_out.local.step_functions.errors import matches

PASS = {"Type": "Pass"}
MOST_ENVIRONMENTS = 3

FAIL_ON_2 = """
import time
def handler(event, context):
    if event == 2:
        raise ValueError("bad record 57")
    time.sleep(0.05)
    return event
"""

SLEEP = "import time\ndef handler(event, context):\n    time.sleep(event)\n    return event\n"


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    with EmbeddedAws(max_environments=MOST_ENVIRONMENTS) as aws:
        yield aws


@pytest.fixture(scope="module")
def machines(aws: EmbeddedAws) -> Machines:
    return Machines(aws)


@pytest.fixture(scope="module")
def echo(machines: Machines) -> str:
    return machines.function()


def output(described: dict[str, Any]) -> Any:
    assert described["status"] == "SUCCEEDED", described
    return json.loads(described["output"])


def types_of(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in events]


def most_running(events: list[dict[str, Any]]) -> int:
    """How many iterations of a Map ran at the same time."""
    running = most = 0
    for event in events:
        if event["type"] == "MapIterationStarted":
            running += 1
        elif event["type"].startswith("MapIteration"):
            running -= 1
        most = max(most, running)
    return most


# Lambda tasks


@pytest.mark.parametrize("as_resource", [False, True])
def test_a_function_without_concurrency_left_has_the_error_that_is_retried(
    machines: Machines, as_resource: bool
) -> None:
    function = machines.function()
    machines.functions.put_function_concurrency(
        FunctionName=function, ReservedConcurrentExecutions=0
    )
    error = "Lambda.TooManyRequestsException"
    retry = [{"ErrorEquals": [error], "IntervalSeconds": 1, "MaxAttempts": 1}]
    task = {"Type": "Task", "Resource": function} if as_resource else invoke_task(function)
    execution = machines.start(one_state({**task, "Retry": retry}), {})
    described = machines.ended(execution)
    assert (described["status"], described["error"]) == ("FAILED", error)
    failures = [e for e in machines.history(execution) if e["type"].endswith("Failed")]
    assert len(failures) == 3, "twice the task, once the execution"


# Inline Map


def test_one_at_a_time_may_have_any_number_of_items(machines: Machines) -> None:
    execution = machines.start(map_of(PASS, MaxConcurrency=1), list(range(1500)))
    assert output(machines.ended(execution)) == list(range(1500))
    assert most_running(machines.history(execution)) == 1


@pytest.mark.parametrize(
    ("fields", "most"),
    [
        ({}, 40),
        ({"MaxConcurrency": 50}, 40),
        ({"MaxConcurrency": 2}, 2),
        ({"MaxConcurrencyPath": "$[0]"}, 2),
    ],
)
def test_a_map_runs_as_many_at_a_time_as_it_is_told_and_at_most_40(
    machines: Machines, fields: dict[str, Any], most: int
) -> None:
    wait = {"Type": "Wait", "Seconds": 1}
    execution = machines.start(map_of(wait, **fields), [2] * (most + 3))
    machines.ended(execution)
    assert most_running(machines.history(execution)) == most


def test_a_task_that_waits_for_an_environment_has_not_begun(machines: Machines) -> None:
    function = machines.function("import time\ndef handler(e, c):\n    time.sleep(0.6)\n")
    task = invoke_task(function, TimeoutSeconds=1)
    described = machines.run(map_of(task), [0] * (MOST_ENVIRONMENTS * 3))
    assert described["status"] == "SUCCEEDED"


def test_after_a_failure_no_iteration_starts_and_none_is_left_open(machines: Machines) -> None:
    task = invoke_task(machines.function(FAIL_ON_2))
    execution = machines.start(map_of(task), [1, 2] + [3] * 50)
    machines.ended(execution)
    types = types_of(machines.history(execution))
    started = types.count("MapIterationStarted")
    assert started <= 40 + MOST_ENVIRONMENTS
    ends = ("MapIterationSucceeded", "MapIterationFailed", "MapIterationAborted")
    assert sum(types.count(end) for end in ends) == started
    assert types.count("MapIterationFailed") == 1


def test_what_follows_a_map_that_was_caught_has_its_history_to_itself(machines: Machines) -> None:
    slow_but_2 = machines.function(FAIL_ON_2.replace("0.05", "0.5"))
    catch = [{"ErrorEquals": ["ValueError"], "Next": "After"}]
    definition = map_of(invoke_task(slow_but_2), Catch=catch)
    definition["States"]["Map"] |= {"Next": "After"}
    del definition["States"]["Map"]["End"]
    definition["States"]["After"] = {"Type": "Wait", "Seconds": 1, "End": True}
    execution = machines.start(definition, [1, 2, 3])
    assert machines.ended(execution)["status"] == "SUCCEEDED"
    types = types_of(machines.history(execution))
    after = types[types.index("MapStateFailed") :]
    assert after == [
        "MapStateFailed",
        "MapStateExited",
        "WaitStateEntered",
        "WaitStateExited",
        "ExecutionSucceeded",
    ]


@pytest.mark.parametrize(
    ("error", "names", "matching"),
    [
        ("ValueError", ["ValueError"], True),
        ("ValueError", ["KeyError"], False),
        ("ValueError", ["States.ALL"], True),
        ("ValueError", ["States.TaskFailed"], True),
        ("States.Timeout", ["States.TaskFailed"], False),
        ("States.Timeout", ["States.ALL"], True),
        ("States.Runtime", ["States.ALL"], False),
        ("States.DataLimitExceeded", ["States.ALL"], True),
        ("States.Runtime", ["States.Runtime"], False),
        (None, ["States.ALL"], True),
    ],
)
def test_an_error_is_matched_as_aws_matches_it(
    error: str | None, names: list[str], matching: bool
) -> None:
    assert matches(error, names) is matching


# Stopping


def test_a_stopped_execution_is_aborted_at_once_and_says_why(machines: Machines) -> None:
    task = invoke_task(machines.function(SLEEP))
    execution = machines.start(map_of(task), [3] * 10)  # its functions run on to their end
    machines.wait_for(execution, "TaskStarted", MOST_ENVIRONMENTS)
    machines.states.stop_execution(executionArn=execution, error="Enough", cause="by hand")
    described = machines.states.describe_execution(executionArn=execution)
    assert described["status"] == "ABORTED"
    assert (described["error"], described["cause"]) == ("Enough", "by hand")
    assert described["stopDate"] >= described["startDate"]
    events = machines.history(execution)
    assert types_of(events)[-1] == "ExecutionAborted"
    assert types_of(events).count("TaskStarted") == MOST_ENVIRONMENTS


def test_an_execution_can_be_stopped_as_soon_as_it_is_started(machines: Machines) -> None:
    for _ in range(20):
        execution = machines.start(one_state({"Type": "Wait", "Seconds": 60}), {})
        machines.states.stop_execution(executionArn=execution)
        described = machines.states.describe_execution(executionArn=execution)
        assert described["status"] == "ABORTED"
        assert "error" not in described


def test_an_execution_that_has_ended_stays_as_it_ended(machines: Machines) -> None:
    execution = machines.start(one_state(PASS), {})
    ended = machines.ended(execution)
    stopped = machines.states.stop_execution(executionArn=execution)
    assert stopped["stopDate"] == ended["stopDate"]
    assert machines.ended(execution)["status"] == "SUCCEEDED"
    assert types_of(machines.history(execution))[-1] == "ExecutionSucceeded"


# Starting


def test_an_execution_without_a_name_gets_one_of_its_own(machines: Machines) -> None:
    machine = machines.machine(one_state(PASS))
    arns = {
        machines.states.start_execution(stateMachineArn=machine)["executionArn"] for _ in range(3)
    }
    assert len(arns) == 3
    for arn in arns:
        assert len(arn.rpartition(":")[2]) == 36
        assert machines.ended(arn)["name"] == arn.rpartition(":")[2]


def test_the_same_name_and_input_is_the_same_execution_while_it_runs(machines: Machines) -> None:
    machine = machines.machine(one_state({"Type": "Wait", "Seconds": 60}))
    start = {"stateMachineArn": machine, "name": "nightly", "input": "{}"}
    first = machines.states.start_execution(**start)
    assert machines.states.start_execution(**start) | {"ResponseMetadata": 0} == first | {
        "ResponseMetadata": 0
    }
    for other in ({**start, "input": "[]"}, start):
        with pytest.raises(machines.states.exceptions.ExecutionAlreadyExists):
            machines.states.start_execution(**other)
        machines.states.stop_execution(executionArn=first["executionArn"])


def test_an_input_is_json_of_at_most_262144_bytes(machines: Machines) -> None:
    machine = machines.machine(one_state(PASS))
    most = json.dumps("é" * 131_071, ensure_ascii=False)
    assert len(most.encode()) == 262_144
    started = machines.states.start_execution(stateMachineArn=machine, input=most)
    assert output(machines.ended(started["executionArn"])) == json.loads(most)
    with pytest.raises(ClientError, match="less than or equal to 262144") as refused:
        machines.states.start_execution(stateMachineArn=machine, input=f"{most} ")
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    with pytest.raises(machines.states.exceptions.InvalidExecutionInput):
        machines.states.start_execution(stateMachineArn=machine, input="{")
    with pytest.raises(machines.states.exceptions.InvalidName):
        machines.states.start_execution(stateMachineArn=machine, name="a b")


# Reading


def test_the_history_is_read_in_pages_in_either_order(machines: Machines) -> None:
    execution = machines.start(map_of(PASS), [0] * 30)
    machines.ended(execution)
    read = machines.states.get_execution_history
    whole = machines.history(execution)
    assert [event["id"] for event in whole] == list(range(1, len(whole) + 1))
    first = read(executionArn=execution)
    assert len(first["events"]) == 100
    rest = read(executionArn=execution, nextToken=first["nextToken"], maxResults=1000)
    assert first["events"] + rest["events"] == whole
    assert "nextToken" not in rest
    newest = read(executionArn=execution, reverseOrder=True, maxResults=2)
    before = read(
        executionArn=execution,
        reverseOrder=True,
        maxResults=1000,
        nextToken=newest["nextToken"],
    )
    assert newest["events"] + before["events"] == whole[::-1]
    with pytest.raises(machines.states.exceptions.InvalidToken):
        read(executionArn=execution, nextToken="here")
    with pytest.raises(ClientError, match="to 1000, got 1001"):
        read(executionArn=execution, maxResults=1001)


def test_the_history_can_be_read_without_the_data(machines: Machines) -> None:
    execution = machines.start(one_state(PASS), {"secret": 1})
    machines.ended(execution)
    events = machines.states.get_execution_history(
        executionArn=execution, includeExecutionData=False
    )["events"]
    assert types_of(events) == types_of(machines.history(execution))
    assert "secret" not in json.dumps(events, default=str)
    assert events[1]["stateEnteredEventDetails"]["name"] == "Only"


def test_each_event_follows_one_of_its_own_iteration(machines: Machines, echo: str) -> None:
    execution = machines.start(map_of(invoke_task(echo)), [1, 2, 3, 4, 5])
    machines.ended(execution)
    events = {event["id"]: event for event in machines.history(execution)}
    for event in events.values():
        if event["type"] == "TaskScheduled":
            entered = events[event["previousEventId"]]
            started = events[entered["previousEventId"]]
            assert (entered["type"], started["type"]) == ("TaskStateEntered", "MapIterationStarted")
            index = started["mapIterationStartedEventDetails"]["index"]
            assert entered["stateEnteredEventDetails"]["input"] == str(index + 1)


def test_executions_are_listed_by_how_they_ended(machines: Machines) -> None:
    machine = machines.machine(
        one_state({"Type": "Wait", "SecondsPath": "$"}) | {"TimeoutSeconds": 1}
    )
    arns = {}
    for name, seconds in {"SUCCEEDED": "0", "TIMED_OUT": "5", "ABORTED": "60"}.items():
        start = machines.states.start_execution(stateMachineArn=machine, name=name, input=seconds)
        arns[name] = start["executionArn"]
    machines.states.stop_execution(executionArn=arns["ABORTED"])
    for name, arn in arns.items():
        assert machines.ended(arn)["status"] == name
        (listed,) = machines.states.list_executions(stateMachineArn=machine, statusFilter=name)[
            "executions"
        ]
        assert listed["executionArn"] == arn
        assert listed["stopDate"] >= listed["startDate"]
    running = machines.states.list_executions(stateMachineArn=machine, statusFilter="RUNNING")
    assert running["executions"] == []


def test_the_log_group_of_a_machine_has_its_history(machines: Machines) -> None:
    machines.logs.create_log_group(logGroupName="machines")
    group = machines.logs.describe_log_groups(logGroupNamePrefix="machines")["logGroups"][0]
    destination = {"cloudWatchLogsLogGroup": {"logGroupArn": f"{group['logGroupArn']}:*"}}
    machine = machines.machine(
        one_state(PASS), loggingConfiguration={"level": "ALL", "destinations": [destination]}
    )
    started = machines.states.start_execution(stateMachineArn=machine, input='{"secret": 1}')
    machines.ended(started["executionArn"])
    lines = eventually(lambda: machines.lines("machines"))
    assert [json.loads(line)["type"] for line in lines] == [
        "ExecutionStarted",
        "PassStateEntered",
        "PassStateExited",
        "ExecutionSucceeded",
    ]
    assert "secret" not in "".join(lines)


def test_a_log_group_that_is_gone_keeps_no_execution_from_ending(machines: Machines) -> None:
    arn = "arn:aws:logs:us-east-1:123456789012:log-group:gone:*"
    destination = {"cloudWatchLogsLogGroup": {"logGroupArn": arn}}
    machine = machines.machine(
        one_state(PASS), loggingConfiguration={"level": "ALL", "destinations": [destination]}
    )
    started = machines.states.start_execution(stateMachineArn=machine)
    assert output(machines.ended(started["executionArn"])) == {}
    assert not machines.logs.describe_log_groups(logGroupNamePrefix="gone")["logGroups"]


# Refusals


def test_a_distributed_map_is_refused_in_an_update_too(machines: Machines) -> None:
    distributed = map_of(PASS)
    distributed["States"]["Map"]["ItemProcessor"]["ProcessorConfig"] = {"Mode": "DISTRIBUTED"}
    reason = "no Distributed Map: Mode DISTRIBUTED at /States/Map/ItemProcessor/ProcessorConfig"
    with pytest.raises(machines.states.exceptions.InvalidDefinition, match=reason):
        machines.machine(distributed)
    machine = machines.machine(map_of(PASS))
    with pytest.raises(machines.states.exceptions.InvalidDefinition, match=reason):
        machines.states.update_state_machine(
            stateMachineArn=machine, definition=json.dumps(distributed)
        )


def test_an_express_machine_is_refused(machines: Machines) -> None:
    with pytest.raises(ClientError, match="no state machines of type EXPRESS"):
        machines.machine(one_state(PASS), type="EXPRESS")


def test_a_definition_that_cannot_be_read_is_one_clear_error(machines: Machines) -> None:
    create = machines.states.create_state_machine
    for definition in ("{", "[]", '{"StartAt": "A", "States": {"A": {"Type": "NoSuchType"}}}'):
        with pytest.raises(machines.states.exceptions.InvalidDefinition) as refused:
            create(name="unreadable", definition=definition, roleArn=machines.role)
        assert "\n" not in refused.value.response["Error"]["Message"]


def test_another_machine_of_the_same_name_is_refused(machines: Machines) -> None:
    create = {"name": "twice", "roleArn": machines.role}
    first = machines.states.create_state_machine(**create, definition=json.dumps(one_state(PASS)))
    again = machines.states.create_state_machine(**create, definition=json.dumps(one_state(PASS)))
    assert first["stateMachineArn"] == again["stateMachineArn"]
    with pytest.raises(machines.states.exceptions.StateMachineAlreadyExists):
        machines.states.create_state_machine(**create, definition=json.dumps(map_of(PASS)))
