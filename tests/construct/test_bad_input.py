"""Bad input of every kind, to each parameter and each key of the execution input: one clear line.

Each says what is wrong, the bound where there is one, and what was given; nothing is half done.
"""

import functools
import inspect
import json
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs

from article import worker as article_worker
from fan_out import FailurePolicy, FanOut, Retry
from fan_out.runtime.control import count_from_input
from fan_out.runtime.role import made_for
from fan_out.runtime.sizing import PLAN_VARIABLE
from lambdas import control, worker

GOOD: dict[str, Any] = {"worker": worker.handler, "control": control.handler, "chunk_size": 10}
OPTIONS = lambda_.FunctionOptions
NAN, INFINITY = float("nan"), float("inf")
TOKEN = cdk.Token.as_number({"Ref": "Parameter"})
SECONDS = cdk.Duration.seconds

PARAMETERS: list[tuple[dict[str, Any], str]] = [
    ({"chunk_size": 0}, "chunk_size must be a whole number from 1 to 1000000000000000, got 0"),
    ({"chunk_size": -5}, "got -5"),
    ({"chunk_size": True}, "chunk_size must be a whole number from 1"),
    ({"chunk_size": 10.0}, "got 10.0 (a float)"),
    ({"chunk_size": "10"}, "got '10' (a str)"),
    ({"chunk_size": 10**16}, "chunk_size must be a whole number from 1"),
    ({"chunk_size": None, "control": None}, "chunk_size is needed where there is no control"),
    ({"max_concurrency": -1}, "max_concurrency must be a whole number from 0 to 40, got -1"),
    ({"max_concurrency": 41}, "max_concurrency must be a whole number from 0 to 40, got 41"),
    ({"max_concurrency": False}, "got False (a bool)"),
    ({"max_concurrency": 1.0}, "got 1.0 (a float)"),
    ({"max_concurrency": None}, "got None"),
    ({"runtime": None}, "runtime must be an aws_lambda.Runtime such as Runtime.PYTHON_3_14, got"),
    ({"runtime": "python3.12"}, "aws_lambda.Runtime such as Runtime.PYTHON_3_14, got 'python3.12'"),
    ({"runtime": lambda_.Runtime.NODEJS_22_X}, "must be a Python from 3.10, such as Runtime."),
    ({"runtime": lambda_.Runtime.PYTHON_3_9}, "got python3.9"),
    ({"runtime": lambda_.Runtime.PYTHON_2_7}, "got python2.7"),
    ({"runtime": lambda_.Runtime.FROM_IMAGE}, "got FROM_IMAGE"),
    ({"worker": None}, "worker must be a function, its dotted name or an existing"),
    ({"worker": "lambdas.worker.nothing"}, "worker: lambdas.worker"),
    ({"control": lambda event, context: 5}, "control: a lambda has no name"),
    ({"worker_options": {"memory_size": 1}}, "worker_options must be aws_lambda.FunctionOpt"),
    (
        {"worker_options": OPTIONS(timeout=cdk.Duration.minutes(16))},
        "worker_options.timeout must be from 1 to 900 whole seconds, got 960 seconds",
    ),
    (
        {"control_options": OPTIONS(timeout=cdk.Duration.millis(5))},
        "control_options.timeout must be from 1 to 900 whole seconds, got 0.005 seconds",
    ),
    (
        {"worker_options": OPTIONS(memory_size=64)},
        "worker_options.memory_size must be a whole number from 128 to 10240, got 64",
    ),
    (
        {"worker_options": OPTIONS(memory_size=1024.5)},
        "worker_options.memory_size must be a whole number from 128 to 10240, got 1024.5",
    ),
    (
        {"worker_options": OPTIONS(environment={"BIG": "x" * 4096})},
        "worker_options.environment must take at most 4096 bytes, got 4099 bytes",
    ),
    ({"collect_options": OPTIONS()}, "collect_options need a collect, got None"),
    ({"collect": 5}, "collect must be a function, its dotted name or an existing"),
    ({"pass_input": "no"}, "pass_input must be a bool, got 'no' (a str)"),
    ({"tracing": None}, "tracing must be a bool, got None"),
    ({"include_execution_data": 1}, "include_execution_data must be a bool, got 1"),
    ({"log_retention": 7}, "log_retention must be a RetentionDays, got 7"),
    ({"removal_policy": "destroy"}, "removal_policy must be a RemovalPolicy, got 'destroy'"),
    ({"carry_on": 20}, "carry_on must be a bool or a Duration, got 20"),
    ({"carry_on": None}, "carry_on must be a bool or a Duration, got None"),
    (
        {"carry_on": cdk.Duration.minutes(15)},
        "carry_on must be more than 0 and less than the worker's timeout, 900 seconds, got 900",
    ),
    ({"chunk_size": float("nan")}, "got nan (a float)"),
    ({"max_concurrency": float("inf")}, "got inf (a float)"),
    ({"worker_options": OPTIONS(memory_size=float("nan"))}, "got nan (a float)"),
    (
        {"worker_options": OPTIONS(timeout=cdk.Duration.millis(1500))},
        "worker_options.timeout must be from 1 to 900 whole seconds, got 1.5 seconds",
    ),
    (
        {"worker_options": OPTIONS(log_removal_policy=cdk.RemovalPolicy.DESTROY)},
        "worker_options.log_removal_policy: give FanOut removal_policy instead",
    ),
    (
        {"control_options": OPTIONS(environment={"FAN_OUT_PLAN": "{}"})},
        "control_options.environment must not have names that start with FAN_OUT_",
    ),
    (
        {"carry_on": cdk.Duration.seconds(cdk.Token.as_number({"Ref": "Margin"}))},
        "carry_on must be known at synth, got a token",
    ),
    (
        {"worker_options": OPTIONS(log_retention=logs.RetentionDays.ONE_DAY)},
        "worker_options.log_retention: give FanOut log_retention instead",
    ),
    ({"include": "common"}, "include must be a list of modules or paths, got 'common' (a str)"),
    ({"include": None}, "include must be a list of modules or paths, got None"),
    ({"include": [5]}, "include must name modules"),
    ({"include": [""]}, "paths from the import root (\"jobs/ca.pem\"), got '' (a str)"),
    ({"include": ["."]}, "include must name modules"),
    ({"include": ["/etc/passwd"]}, "include must name modules"),
    ({"include": ["../common"]}, "include must name modules"),
    ({"include": ["no.such.module"]}, "include: there is no such module, file or folder"),
    ({"worker": functools.partial(print)}, "worker: no module that is loaded has a name for this"),
    ({"worker": made_for("control", functools.partial(print))}, "worker must not be made by @cont"),
    (
        {"worker": functools.partial(print), "carry_on": True},
        "carry_on needs a worker made by @worker, got functools.par",
    ),
    ({"control": []}, "control must be a function, its dotted name or an existing"),
    ({"control": ""}, "control must be a dotted name such as"),
    ({"control_options": 5}, "control_options must be aws_lambda.FunctionOptions, got a int"),
    (
        {"collect_options": {}, "collect": "lambdas.worker.handler"},
        "collect_options must be aws_lambda.Fun",
    ),
    ({"worker": control.handler}, "worker must not be made by @control, got handler"),
    ({"control": worker.handler}, "control must not be made by @worker, got handler"),
    ({"collect": worker.handler}, "collect must not be made by @worker, got handler"),
    (
        {"worker": article_worker.lambda_handler, "carry_on": True},
        "carry_on needs a worker made by @worker, got lambda_handler",
    ),
    ({"on_failure": "stop"}, "on_failure must be a FailurePolicy, got 'stop' (a str)"),
    ({"on_failure": 5}, "on_failure must be a FailurePolicy, got 5"),
    ({"on_failure": FailurePolicy}, "on_failure must be a FailurePolicy, got <class"),
    ({"retry": 3}, "retry must be a Retry, got 3"),
    ({"retry": True}, "retry must be a Retry, got True (a bool)"),
    ({"retry": {}}, "retry must be a Retry, got {}"),
    ({"retry_on": "ThrottledByVendor"}, "retry_on must be a list of error names, got 'Throttled"),
    ({"retry_on": None}, "retry_on must be a list of error names, got None"),
    ({"retry_on": [""]}, "retry_on must be names such as \"ThrottledByVendor\", got ''"),
    ({"retry_on": [ValueError]}, 'must be names such as "ThrottledByVendor", got <class'),
    ({"retry_on": ["States.ALL"]}, "retry_on must not have States.ALL: Step Functions would not"),
]

VALUES: list[tuple[Callable[[], Any], str]] = [
    (
        FailurePolicy.tolerate,
        "tolerate needs chunks, percent, records or records_percent, got none",
    ),
    (lambda: FailurePolicy.tolerate(halve=True), "records or records_percent, got none"),
    (
        lambda: FailurePolicy.tolerate(records=1, records_percent=2.5),
        "got both: 1 and 2.5 (a float)",
    ),
    (
        lambda: FailurePolicy.tolerate(records=-1),
        "records must be a whole number from 0 to 10000000",
    ),
    (lambda: FailurePolicy.tolerate(records=10**16), "records must be a whole number from 0"),
    (lambda: FailurePolicy.tolerate(records=True), "records must be a whole number from 0"),
    (lambda: FailurePolicy.tolerate(records=0.5), "got 0.5 (a float)"),  # type: ignore[arg-type]
    (lambda: FailurePolicy.tolerate(records=TOKEN), "records must be known at synth, got a token"),  # type: ignore[arg-type]
    (
        lambda: FailurePolicy.tolerate(records_percent=101),
        "records_percent must be a number from 0",
    ),
    (lambda: FailurePolicy.tolerate(records_percent=NAN), "got nan (a float)"),
    (lambda: FailurePolicy.tolerate(records_percent="1%"), "got '1%' (a str)"),  # type: ignore[arg-type]
    (
        lambda: FailurePolicy.tolerate(chunks=1, records_percent=TOKEN),
        "records_percent must be known at synth, got a token",
    ),
    (lambda: FailurePolicy.tolerate(chunks=1, percent=2), "tolerates chunks or percent, got both"),
    (lambda: FailurePolicy.tolerate(chunks=-1), "chunks must be a whole number from 0 to 3569"),
    (lambda: FailurePolicy.tolerate(chunks=10**6), "from 0 to 3569, got 1000000"),
    (lambda: FailurePolicy.tolerate(chunks=True), "chunks must be a whole number from 0"),
    (lambda: FailurePolicy.tolerate(chunks="3"), "got '3' (a str)"),  # type: ignore[arg-type]
    (lambda: FailurePolicy.tolerate(chunks=1.0), "got 1.0 (a float)"),  # type: ignore[arg-type]
    (lambda: FailurePolicy.tolerate(chunks=TOKEN), "chunks must be known at synth, got a token"),  # type: ignore[arg-type]
    (lambda: FailurePolicy.tolerate(percent=-0.1), "percent must be a number from 0 to 100, got"),
    (lambda: FailurePolicy.tolerate(percent=101), "percent must be a number from 0 to 100, got"),
    (lambda: FailurePolicy.tolerate(percent=NAN), "got nan (a float)"),
    (lambda: FailurePolicy.tolerate(percent=INFINITY), "got inf (a float)"),
    (lambda: FailurePolicy.tolerate(percent="5%"), "got '5%' (a str)"),  # type: ignore[arg-type]
    (lambda: FailurePolicy.tolerate(percent=TOKEN), "percent must be known at synth, got a token"),
    (lambda: FailurePolicy.tolerate(chunks=1, halve=1), "halve must be a bool, got 1"),  # type: ignore[arg-type]
    (lambda: FailurePolicy(halve=True), "halve needs a policy that tolerates failures, got none"),
    (lambda: Retry(attempts=-1), "attempts must be a whole number from 0 to 99999999, got -1"),
    (lambda: Retry(attempts=1.5), "attempts must be a whole number from 0"),  # type: ignore[arg-type]
    (lambda: Retry(attempts=None), "attempts must be a whole number from 0"),  # type: ignore[arg-type]
    (lambda: Retry(attempts=TOKEN), "attempts must be known at synth, got a token"),  # type: ignore[arg-type]
    (lambda: Retry(backoff=0.5), "backoff must be a number from 1 to 100, got 0.5"),
    (lambda: Retry(backoff=NAN), "got nan (a float)"),
    (lambda: Retry(backoff="2"), "backoff must be a number from 1 to 100"),  # type: ignore[arg-type]
    (lambda: Retry(interval=2), "interval must be a Duration, no token, got 2"),  # type: ignore[arg-type]
    (lambda: Retry(interval=SECONDS(0)), "interval (seconds) must be a whole number from 1 to"),
    (lambda: Retry(interval=cdk.Duration.millis(1500)), "from 1 to 99999999, got 1.5 (a float)"),
    (lambda: Retry(interval=SECONDS(TOKEN)), "interval must be a Duration, no token, got"),
    (lambda: Retry(max_delay=SECONDS(2)), "max_delay must be more than interval, 2 seconds, got 2"),
    (lambda: Retry(max_delay=cdk.Duration.days(366)), "must be a whole number from 1 to 31622399"),
    (lambda: Retry(max_delay=None), "max_delay must be a Duration, no token, got None"),  # type: ignore[arg-type]
]

WHOLE = [-1, 10**16, True, 1.0, "10", None, NAN, {}, []]
INPUT_KEYS: list[tuple[dict[str, Any], str]] = [
    ({}, "needs totalProcessRecordCount in the execution input, got {}"),
    *(
        ({"totalProcessRecordCount": bad}, "totalProcessRecordCount must be a whole number from 0")
        for bad in WHOLE
    ),
    *(
        ({"totalProcessRecordCount": 9, key: bad}, f"{key} must be a whole number from 1 to")
        for key in ("oneJobProcessMaxCount", "jobCount")
        for bad in [0, *WHOLE]
    ),
    *(
        (
            {"totalProcessRecordCount": 9, "secondsPerRecord": bad},
            "secondsPerRecord must be a number from 1e-09 to 900",
        )
        for bad in (0, -1, 901, True, "1", None, NAN, INFINITY, {}, [])
    ),
    *(
        ({"fanOutResume": bad}, "fanOutResume must be an object with chunks, got ")
        for bad in (None, 5, "[]", {}, [], True)
    ),
    *(
        ({"fanOutResume": {"chunks": bad}}, "fanOutResume.chunks must be a list of chunks")
        for bad in (None, 5, "[]", {}, True)
    ),
    *(
        ({"fanOutResume": {"chunks": [bad]}}, "fanOutResume.chunks[0]: a chunk must ")
        for bad in (None, 5, "", {}, [])
    ),
    ({"fanOutResume": {"chunks": []}, "jobCount": 2}, "the execution input must have one of"),
    ({"jobCount": 2, "oneJobProcessMaxCount": 2}, "the execution input must have one of"),
]


def construct(wrong: dict[str, Any]) -> Callable[[], Any]:
    return lambda: FanOut(cdk.Stack(cdk.App(), "Stack"), "Job", **{**GOOD, **wrong})


def run(given: dict[str, Any]) -> Callable[[], Any]:
    return lambda: count_from_input(given, None)


ALL = [
    *((construct(wrong), message) for wrong, message in PARAMETERS),
    *VALUES,
    *((run(given), message) for given, message in INPUT_KEYS),
]


@pytest.mark.parametrize(("call", "message"), ALL, ids=[message[:60] for _, message in ALL])
def test_bad_input_is_refused_in_one_line(
    call: Callable[[], Any], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"atMost": 10, "withinSeconds": 720, "maxConcurrency": 0}
    monkeypatch.setenv(PLAN_VARIABLE, json.dumps(told))
    with pytest.raises(ValueError) as error:
        call()
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_an_unknown_parameter_is_refused() -> None:
    with pytest.raises(TypeError, match="chunksize"):
        construct({"chunksize": 10})()


def test_every_parameter_and_every_key_is_in_the_table() -> None:
    parameters = list(inspect.signature(FanOut.__init__).parameters)[3:]
    assert {name for wrong, _ in PARAMETERS for name in wrong} == set(parameters)
    fields = [*Retry.__dataclass_fields__, *FailurePolicy.__dataclass_fields__]
    messages = " ".join(message for _, message in VALUES)
    assert [name for name in fields if f"{name} must be" not in messages] == []
