"""Lambda functions, through the API of Lambda."""

import json
import struct
import uuid

import pytest
from botocore.exceptions import ClientError
from machines import ECHO, Machines, zipped

from bounded import eventually
from fan_out.local import EmbeddedAws

WHO = """
def handler(event, context):
    print("said", event)
    return [context.invoked_function_arn, context.function_version, context.log_group_name]
"""


@pytest.fixture(scope="module")
def machines(aws: EmbeddedAws) -> Machines:
    return Machines(aws)


def test_an_invocation_answers_with_what_the_handler_did(machines: Machines) -> None:
    function = machines.function(WHO)
    name = function.rpartition(":")[2]
    assert machines.invoke(function, {"a": 1}) == {
        "status": 200,
        "error": None,
        "version": "$LATEST",
        "payload": [function, "$LATEST", f"/aws/lambda/{name}"],
        "log": None,
    }


def test_what_the_handler_raises_is_a_function_error(machines: Machines) -> None:
    answer = machines.invoke(machines.function("def handler(event, context): return event['x']"))
    assert (answer["status"], answer["error"]) == (200, "Unhandled")
    assert answer["payload"]["errorType"] == "TypeError"


def test_the_end_of_the_log_comes_with_the_answer_if_asked_for(machines: Machines) -> None:
    answer = machines.invoke(machines.function(WHO), "hello", LogType="Tail")
    assert "said hello" in answer["log"]
    assert "REPORT RequestId" in answer["log"]


def test_an_event_is_accepted_and_runs_in_the_background(machines: Machines) -> None:
    function = machines.function(f"import time\n{WHO}".replace("print", "time.sleep(0.3); print"))
    answer = machines.invoke(function, "later", InvocationType="Event")
    assert (answer["status"], answer["payload"]) == (202, None)
    group = f"/aws/lambda/{function.rpartition(':')[2]}"
    eventually(lambda: any("said later" in line for line in _lines(machines, group)))


def test_a_dry_run_runs_nothing(machines: Machines) -> None:
    function = machines.function(WHO)
    answer = machines.invoke(function, "nothing", InvocationType="DryRun")
    assert (answer["status"], answer["payload"]) == (204, None)
    assert _lines(machines, f"/aws/lambda/{function.rpartition(':')[2]}") == []


def test_a_qualifier_chooses_the_version(machines: Machines) -> None:
    function = machines.function("def handler(event, context): return 'old'")
    client = machines.functions
    version = client.publish_version(FunctionName=function)["Version"]
    client.create_alias(FunctionName=function, Name="live", FunctionVersion=version)
    new = zipped({"code.py": "def handler(event, context): return 'new'"})
    client.update_function_code(FunctionName=function, ZipFile=new)
    assert machines.invoke(function)["payload"] == "new"
    for qualifier in (version, "live"):
        for asked in ({"Qualifier": qualifier}, {}):
            name = function if asked else f"{function}:{qualifier}"
            answer = machines.invoke(name, **asked)
            assert (answer["version"], answer["payload"]) == (version, "old")


def test_a_payload_that_is_no_json_is_refused(machines: Machines) -> None:
    with pytest.raises(machines.functions.exceptions.InvalidRequestContentException):
        machines.functions.invoke(FunctionName=machines.function(), Payload=b"{")


def test_a_payload_of_more_than_6_mb_is_refused(machines: Machines) -> None:
    payload = json.dumps("x" * 6 * 1024 * 1024)
    with pytest.raises(machines.functions.exceptions.RequestTooLargeException):
        machines.functions.invoke(FunctionName=machines.function(), Payload=payload)


def test_a_function_that_is_not_there_is_not_found(machines: Machines) -> None:
    with pytest.raises(machines.functions.exceptions.ResourceNotFoundException):
        machines.functions.invoke(FunctionName="missing")


def test_a_function_that_is_not_python_is_refused_when_it_is_invoked(machines: Machines) -> None:
    function = machines.function(Runtime="nodejs22.x")
    with pytest.raises(ClientError, match=r"runtime nodejs22\.x"):
        machines.functions.invoke(FunctionName=function)


def test_no_more_run_at_a_time_than_are_reserved(machines: Machines, aws: EmbeddedAws) -> None:
    bucket = f"bucket-{uuid.uuid4()}"
    files = aws.session().client("s3")
    files.create_bucket(Bucket=bucket)
    function = machines.function(
        "import boto3\n"
        "def handler(event, context):\n"
        "    if event:\n"
        "        files = boto3.client('s3')\n"
        "        files.put_object(Bucket=event, Key='begun')\n"
        "        files.get_waiter('object_exists').wait(\n"
        "            Bucket=event, Key='enough', WaiterConfig={'Delay': 0.1, 'MaxAttempts': 200})\n"
    )
    client = machines.functions
    client.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=1)
    machines.invoke(function, bucket, InvocationType="Event")
    files.get_waiter("object_exists").wait(
        Bucket=bucket, Key="begun", WaiterConfig={"Delay": 0.05, "MaxAttempts": 1000}
    )
    with pytest.raises(client.exceptions.TooManyRequestsException) as refused:
        client.invoke(FunctionName=function)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429
    files.put_object(Bucket=bucket, Key="enough")
    client.delete_function_concurrency(FunctionName=function)
    assert client.invoke(FunctionName=function)["StatusCode"] == 200


def test_a_function_logs_to_the_group_that_it_names(machines: Machines) -> None:
    group = f"group-{uuid.uuid4()}"
    function = machines.function(WHO, LoggingConfig={"LogGroup": group})
    machines.invoke(function, "there")
    lines = _lines(machines, group)
    assert lines[0].startswith("START RequestId")
    assert "said there\n" in lines
    described = machines.functions.get_function_configuration(FunctionName=function)
    assert described["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": group}


def test_a_layer_is_on_the_path_of_the_function(machines: Machines) -> None:
    layer = machines.functions.publish_layer_version(
        LayerName=f"layer-{uuid.uuid4()}",
        Content={"ZipFile": zipped({"python/layered.py": "VALUE = 42"})},
    )
    source = "from layered import VALUE\ndef handler(event, context): return VALUE"
    function = machines.function(source, Layers=[layer["LayerVersionArn"]])
    assert machines.invoke(function)["payload"] == 42


def declaring(megabytes: int) -> bytes:
    """A small zip that says of its file that it is so large."""
    content = zipped({"data.bin": "x" * 54_321})
    return content.replace(struct.pack("<L", 54_321), struct.pack("<L", megabytes << 20))


def test_a_layer_that_unpacks_to_more_than_250_mb_is_refused(machines: Machines) -> None:
    with pytest.raises(ClientError) as refused:
        machines.functions.publish_layer_version(
            LayerName="large", Content={"ZipFile": declaring(251)}
        )
    assert refused.value.response["Error"] == {
        "Code": "InvalidParameterValueException",
        "Message": "Unzipped size must be smaller than 262144000 bytes",
    }
    assert machines.functions.list_layer_versions(LayerName="large")["LayerVersions"] == []


def test_code_that_unpacks_to_more_than_250_mb_is_refused_and_the_code_before_it_stays(
    machines: Machines,
) -> None:
    too_large = "InvalidParameterValueException.*Unzipped size must be smaller than 262144000 bytes"
    with pytest.raises(ClientError, match=too_large):
        machines.function(FunctionName="large", Code={"ZipFile": declaring(251)})
    with pytest.raises(ClientError, match="Function not found"):
        machines.functions.get_function(FunctionName="large")
    function = machines.function(ECHO)
    with pytest.raises(ClientError, match=too_large):
        machines.functions.update_function_code(FunctionName=function, ZipFile=declaring(251))
    assert machines.invoke(function, 1)["payload"] == 1


def test_code_and_layers_that_unpack_to_more_than_250_mb_together_are_refused(
    machines: Machines,
) -> None:
    layer = machines.functions.publish_layer_version(
        LayerName=f"layer-{uuid.uuid4()}", Content={"ZipFile": declaring(130)}
    )
    layers = [layer["LayerVersionArn"]]
    combined = "Function code combined with layers exceeds .* The actual size is 272629760 bytes"
    with pytest.raises(ClientError, match=combined):
        machines.function(Code={"ZipFile": declaring(130)}, Layers=layers)
    function = machines.function(Code={"ZipFile": declaring(130)})
    with pytest.raises(ClientError, match=combined):
        machines.functions.update_function_configuration(
            FunctionName=function, Layers=layers, MemorySize=256
        )
    described = machines.functions.get_function_configuration(FunctionName=function)
    assert (described["MemorySize"], described.get("Layers", [])) == (128, [])


def test_a_changed_configuration_is_what_the_function_runs_with(machines: Machines) -> None:
    function = machines.function(
        "import os\ndef handler(event, context):\n"
        "    return [os.environ.get('NAME'), context.memory_limit_in_mb]"
    )
    assert machines.invoke(function)["payload"] == [None, "128"]
    machines.functions.update_function_configuration(
        FunctionName=function,
        Environment={"Variables": {"NAME": "value"}},
        MemorySize=256,
        TracingConfig={"Mode": "Active"},
        EphemeralStorage={"Size": 1024},
    )
    assert machines.invoke(function)["payload"] == ["value", "256"]
    described = machines.functions.get_function_configuration(FunctionName=function)
    assert described["TracingConfig"] == {"Mode": "Active"}
    assert described["EphemeralStorage"] == {"Size": 1024}


def test_a_handlers_own_calls_reach_the_embedded_aws(machines: Machines, aws: EmbeddedAws) -> None:
    bucket = f"bucket-{uuid.uuid4()}"
    aws.session().client("s3").create_bucket(Bucket=bucket)
    source = (
        "import boto3\n"
        "def handler(event, context):\n"
        "    boto3.client('s3').put_object(Bucket=event, Key='a/b', Body=b'there')\n"
    )
    assert machines.invoke(machines.function(source), bucket)["error"] is None
    body = aws.session().client("s3").get_object(Bucket=bucket, Key="a/b")["Body"].read()
    assert body == b"there"


def _lines(machines: Machines, group: str) -> list[str]:
    try:
        return machines.lines(group)
    except machines.logs.exceptions.ResourceNotFoundException:
        return []
