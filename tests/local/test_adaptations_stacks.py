"""Stacks, through the API of CloudFormation as the CDK CLI calls it."""

import copy
import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from machines import RUNTIME, Machines, map_of, one_state, zipped

from fan_out.local import EmbeddedAws

CHANGE_SET = "cdk-deploy-change-set"
PASS = {"Type": "Pass"}


class Stacks:
    """Deploys templates with change sets, step by step as the CDK CLI does it."""

    def __init__(self, aws: EmbeddedAws) -> None:
        self.session = aws.session()
        self.client = self.session.client("cloudformation")

    def deploy(self, name: str, template: dict[str, Any], **tags: str) -> dict[str, Any]:
        """Create or update a stack, and describe it as it is after that."""
        change_set = self.change_set(name, template, **tags)
        self.client.execute_change_set(ChangeSetName=change_set["ChangeSetId"], StackName=name)
        return self.describe(change_set["StackId"])

    def change_set(self, name: str, template: dict[str, Any], **tags: str) -> dict[str, Any]:
        exists = self.exists(name)
        if exists:
            self.client.delete_change_set(StackName=name, ChangeSetName=CHANGE_SET)
            with pytest.raises(self.client.exceptions.ChangeSetNotFoundException):
                self.client.describe_change_set(StackName=name, ChangeSetName=CHANGE_SET)
        created = self.client.create_change_set(
            StackName=name,
            ChangeSetName=CHANGE_SET,
            ChangeSetType="UPDATE" if exists else "CREATE",
            TemplateBody=json.dumps(template),
            Parameters=[
                {"ParameterKey": key, "UsePreviousValue": True}
                for key in template.get("Parameters", {})
                if exists
            ],
            Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        )
        described = self.client.describe_change_set(
            StackName=created["StackId"], ChangeSetName=created["Id"]
        )
        return dict(described)

    def exists(self, name: str) -> bool:
        try:
            self.client.describe_stacks(StackName=name)
        except ClientError:
            return False
        return True

    def describe(self, name: str) -> dict[str, Any]:
        stack = self.client.describe_stacks(StackName=name)["Stacks"][0]
        outputs = {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}
        return {"status": stack["StackStatus"], "id": stack["StackId"], **outputs}

    def events(self, name: str) -> list[tuple[str, str, str | None]]:
        """(logical id, status, reason), oldest first, as a client sorts them."""
        events = self.client.describe_stack_events(StackName=name)["StackEvents"]
        return [
            (
                event["LogicalResourceId"],
                event["ResourceStatus"],
                event.get("ResourceStatusReason"),
            )
            for event in sorted(events, key=lambda event: event["Timestamp"])
        ]

    def resources(self, name: str) -> dict[str, str]:
        found = self.client.describe_stack_resources(StackName=name)["StackResources"]
        return {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in found}


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    with EmbeddedAws() as aws:
        yield aws


@pytest.fixture(scope="module")
def machines(aws: EmbeddedAws) -> Machines:
    return Machines(aws)


@pytest.fixture(scope="module")
def stacks(aws: EmbeddedAws) -> Stacks:
    ssm = aws.session().client("ssm")
    ssm.put_parameter(Name="/bootstrap", Value="30", Type="String")
    return Stacks(aws)


@pytest.fixture
def name() -> str:
    return f"stack-{uuid.uuid4()}"


def template(**resources: dict[str, Any]) -> dict[str, Any]:
    """A template as CDK writes it, with a parameter whose default names one of SSM."""
    parameter = {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/bootstrap"}
    return {"Parameters": {"BootstrapVersion": parameter}, "Resources": resources}


def role() -> dict[str, Any]:
    policy = {"Version": "2012-10-17", "Statement": []}
    return {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": policy}}


def function(answer: str, **properties: Any) -> dict[str, Any]:
    code = f"import os\ndef handler(event, context):\n    return {answer}\n"
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Handler": "index.handler",
            "Runtime": RUNTIME,
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "Code": {"ZipFile": code},
            **properties,
        },
    }


def machine(definition: dict[str, Any], **properties: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {
            "DefinitionString": json.dumps(definition),
            "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
            **properties,
        },
    }


def log_group(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::Logs::LogGroup", "Properties": properties}


# Creating and updating


def test_a_machine_of_a_template_executes(stacks: Stacks, machines: Machines, name: str) -> None:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "${Function}", "Payload.$": "$"},
        "OutputPath": "$.Payload",
    }
    wanted = template(
        Machine=machine(
            {},
            DefinitionString={"Fn::Sub": json.dumps(map_of(task))},
        ),
        Function=function("[event]"),
        Role=role(),
    )
    wanted["Outputs"] = {
        "Ref": {"Value": {"Ref": "Machine"}},
        "Arn": {"Value": {"Fn::GetAtt": ["Machine", "Arn"]}},
    }
    stack = stacks.deploy(name, wanted)
    assert stack["status"] == "CREATE_COMPLETE"
    assert stack["Arn"] == stack["Ref"]
    started = machines.states.start_execution(stateMachineArn=stack["Ref"], input="[1, 2]")
    assert machines.ended(started["executionArn"])["output"] == "[[1],[2]]"


def test_a_machine_has_all_that_its_template_says(
    stacks: Stacks, machines: Machines, name: str
) -> None:
    destination = {"CloudWatchLogsLogGroup": {"LogGroupArn": {"Fn::GetAtt": ["Logs", "Arn"]}}}
    properties = {
        "Definition": {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}},
        "DefinitionSubstitutions": {"Unused": 1},
        "LoggingConfiguration": {"Level": "ALL", "Destinations": [destination]},
        "TracingConfiguration": {"Enabled": True},
        "StateMachineType": "STANDARD",
        "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}],
    }
    full = machine({}, **properties)
    del full["Properties"]["DefinitionString"]
    stack = stacks.deploy(name, template(Machine=full, Role=role(), Logs=log_group()))
    assert stack["status"] == "CREATE_COMPLETE"
    arn = stacks.resources(name)["Machine"]
    described = machines.states.describe_state_machine(stateMachineArn=arn)
    group = described["loggingConfiguration"]["destinations"][0]["cloudWatchLogsLogGroup"]
    assert described["loggingConfiguration"]["level"] == "ALL"
    assert group["logGroupArn"].endswith(":*")
    assert described["tracingConfiguration"] == {"enabled": True}
    assert json.loads(described["definition"])["StartAt"] == "A"

    text = json.dumps(one_state(PASS)).replace("Only", "${Name}")
    bare = machine({}, DefinitionString=text, DefinitionSubstitutions={"Name": "Given"})
    bare["Properties"]["Tags"] = [{"Key": "b", "Value": "3"}]
    stack = stacks.deploy(name, template(Machine=bare, Role=role(), Logs=log_group()))
    assert stack["status"] == "UPDATE_COMPLETE"
    assert stacks.resources(name)["Machine"] == arn
    described = machines.states.describe_state_machine(stateMachineArn=arn)
    assert json.loads(described["definition"])["StartAt"] == "Given"
    assert described["loggingConfiguration"]["level"] == "OFF"
    assert described["tracingConfiguration"] == {"enabled": False}
    tags = machines.states.list_tags_for_resource(resourceArn=arn)["tags"]
    assert tags == [{"key": "b", "value": "3"}]


def test_a_machine_may_have_a_name_but_not_that_of_another(
    stacks: Stacks, machines: Machines, name: str
) -> None:
    named = template(Machine=machine(one_state(PASS), StateMachineName=name), Role=role())
    stacks.deploy(name, named)
    assert stacks.resources(name)["Machine"].endswith(f":stateMachine:{name}")
    other = stacks.deploy(f"{name}-other", named)
    assert other["status"] == "ROLLBACK_COMPLETE"
    renamed = template(Machine=machine(one_state(PASS), StateMachineName=f"{name}-2"), Role=role())
    assert stacks.deploy(name, renamed)["status"] == "UPDATE_COMPLETE"
    listed = machines.states.list_state_machines()["stateMachines"]
    own = [each["name"] for each in listed if each["name"].startswith(name)]
    assert own == [f"{name}-2"]


def test_a_function_of_another_stack_is_not_replaced(
    stacks: Stacks, machines: Machines, name: str
) -> None:
    function_name = f"f{uuid.uuid4()}"
    stacks.deploy(name, template(F=function("1", FunctionName=function_name), Role=role()))
    other = template(F=function("2", FunctionName=function_name), Role=role())
    assert stacks.deploy(f"{name}-other", other)["status"] == "ROLLBACK_COMPLETE"
    assert machines.invoke(function_name)["payload"] == 1


def test_a_function_has_all_that_its_template_says_and_no_more(
    stacks: Stacks, machines: Machines, name: str
) -> None:
    bucket = f"bucket-{uuid.uuid4()}"
    files = stacks.session.client("s3")
    files.create_bucket(Bucket=bucket)
    files.put_object(Bucket=bucket, Key="layer", Body=zipped({"python/layered.py": "VALUE = 7"}))
    layer = {
        "Type": "AWS::Lambda::LayerVersion",
        "Properties": {"Content": {"S3Bucket": bucket, "S3Key": "layer"}},
    }
    answer = (
        "[os.environ.get('NAME'), __import__('importlib.util').util.find_spec('layered') is None]"
    )
    full = function(
        answer,
        Layers=[{"Ref": "Layer"}],
        Architectures=["arm64"],
        EphemeralStorage={"Size": 1024},
        TracingConfig={"Mode": "Active"},
        LoggingConfig={"LogGroup": {"Ref": "Logs"}},
        Environment={"Variables": {"NAME": "value"}},
        ReservedConcurrentExecutions=5,
        Tags=[{"Key": "a", "Value": "1"}],
        MemorySize=256,
        Timeout=10,
    )
    others = {"Role": role(), "Logs": log_group(), "Layer": layer}
    assert stacks.deploy(name, template(Function=full, **others))["status"] == "CREATE_COMPLETE"
    arn = stacks.resources(name)["Function"]
    assert machines.invoke(arn)["payload"] == ["value", False]
    got = machines.functions.get_function(FunctionName=arn)
    configuration = got["Configuration"]
    assert configuration["Architectures"] == ["arm64"]
    assert configuration["EphemeralStorage"] == {"Size": 1024}
    assert configuration["TracingConfig"] == {"Mode": "Active"}
    assert configuration["LoggingConfig"]["LogGroup"] == stacks.resources(name)["Logs"]
    assert got["Concurrency"] == {"ReservedConcurrentExecutions": 5}
    assert got["Tags"] == {"a": "1"}

    bare = function(f"{answer} + ['new']")
    assert stacks.deploy(name, template(Function=bare, **others))["status"] == "UPDATE_COMPLETE"
    assert machines.invoke(arn)["payload"] == [None, True, "new"]
    got = machines.functions.get_function(FunctionName=arn)
    configuration = got["Configuration"]
    assert (configuration["MemorySize"], configuration["Timeout"]) == (128, 3)
    assert configuration["Architectures"] == ["x86_64"]
    assert configuration["TracingConfig"] == {"Mode": "PassThrough"}
    assert configuration["LoggingConfig"]["LogGroup"] == f"/aws/lambda/{arn}"
    assert "Tags" not in got
    assert "Concurrency" not in got


def test_a_log_group_changes_in_place_and_may_have_a_name(
    stacks: Stacks, machines: Machines, name: str
) -> None:
    group = f"/named/{uuid.uuid4()}"
    before = log_group(LogGroupName=group, RetentionInDays=7, Tags=[{"Value": "1", "Key": "a"}])
    after = log_group(LogGroupName=group, RetentionInDays=30, Tags=[{"Value": "2", "Key": "b"}])
    assert stacks.deploy(name, template(Logs=before))["status"] == "CREATE_COMPLETE"
    machines.logs.create_log_stream(logGroupName=group, logStreamName="kept")
    assert stacks.deploy(name, template(Logs=after))["status"] == "UPDATE_COMPLETE"
    described = machines.logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]
    assert described["retentionInDays"] == 30
    assert machines.logs.describe_log_streams(logGroupName=group)["logStreams"]
    tags = machines.logs.list_tags_for_resource(resourceArn=described["logGroupArn"])["tags"]
    assert tags == {"b": "2"}


def test_an_update_adds_removes_and_refreshes_the_outputs(
    stacks: Stacks, machines: Machines, name: str
) -> None:
    first = template(A=log_group(), B=log_group(RetentionInDays=7))
    first["Outputs"] = {"Which": {"Value": {"Ref": "A"}}}
    before = stacks.deploy(name, first)
    was = stacks.resources(name)
    assert before["Which"] == was["A"]
    second = template(C=log_group(), B=log_group(RetentionInDays=7))
    second["Outputs"] = {"Which": {"Value": {"Ref": "C"}}}
    after = stacks.deploy(name, second)
    now = stacks.resources(name)
    assert after["status"] == "UPDATE_COMPLETE"
    assert set(now) == {"B", "C"}
    assert now["B"] == was["B"]
    assert after["Which"] == now["C"]
    groups = machines.logs.describe_log_groups()["logGroups"]
    assert was["A"] not in [group["logGroupName"] for group in groups]
    assert ("B", "UPDATE_IN_PROGRESS", None) not in stacks.events(name)


def test_what_refers_to_a_replaced_resource_is_updated(
    stacks: Stacks, machines: Machines, name: str
) -> None:
    bucket = f"bucket-{uuid.uuid4()}"
    files = stacks.session.client("s3")
    files.create_bucket(Bucket=bucket)
    for value in "1", "2":
        body = zipped({"python/layered.py": f"VALUE = {value}"})
        files.put_object(Bucket=bucket, Key=value, Body=body)
    layer: dict[str, Any] = {
        "Type": "AWS::Lambda::LayerVersion",
        "Properties": {"Content": {"S3Bucket": bucket, "S3Key": "1"}},
    }
    answer = "__import__('layered').VALUE"
    wanted = template(
        Function=function(answer, Layers=[{"Ref": "Layer"}]), Layer=layer, Role=role()
    )
    stacks.deploy(name, wanted)
    arn = stacks.resources(name)["Function"]
    assert machines.invoke(arn)["payload"] == 1
    layer["Properties"]["Content"]["S3Key"] = "2"
    assert stacks.deploy(name, wanted)["status"] == "UPDATE_COMPLETE"
    assert machines.invoke(arn)["payload"] == 2


def test_an_alias_follows_the_version_of_its_function(
    stacks: Stacks, machines: Machines, name: str
) -> None:
    def wanted(answer: int) -> dict[str, Any]:
        version = {
            "Type": "AWS::Lambda::Version",
            "Properties": {"FunctionName": {"Ref": "Function"}},
        }
        alias = {
            "Type": "AWS::Lambda::Alias",
            "Properties": {
                "FunctionName": {"Ref": "Function"},
                "FunctionVersion": {"Fn::GetAtt": [f"Version{answer}", "Version"]},
                "Name": "live",
            },
        }
        resources = {f"Version{answer}": version, "Alias": alias}
        return template(Function=function(str(answer)), Role=role(), **resources)

    stacks.deploy(name, wanted(1))
    alias = stacks.resources(name)["Alias"]
    assert machines.invoke(alias)["payload"] == 1
    assert stacks.deploy(name, wanted(2))["status"] == "UPDATE_COMPLETE"
    assert stacks.resources(name)["Alias"] == alias
    assert machines.invoke(alias)["payload"] == 2


def test_the_tags_of_a_stack_are_those_of_its_resources(
    stacks: Stacks, machines: Machines, name: str
) -> None:
    wanted = template(
        Function=function("1", Tags=[{"Key": "own", "Value": "kept"}]),
        Machine=machine(one_state(PASS)),
        Role=role(),
    )

    def tags() -> tuple[dict[str, str], dict[str, str]]:
        found = stacks.resources(name)
        of_machine = machines.states.list_tags_for_resource(resourceArn=found["Machine"])["tags"]
        return (
            machines.functions.get_function(FunctionName=found["Function"])["Tags"],
            {tag["key"]: tag["value"] for tag in of_machine},
        )

    stacks.deploy(name, wanted, stage="dev", own="hidden")
    assert tags() == ({"stage": "dev", "own": "kept"}, {"stage": "dev", "own": "hidden"})
    assert stacks.deploy(name, wanted, stage="prod")["status"] == "UPDATE_COMPLETE"
    assert tags() == ({"stage": "prod", "own": "kept"}, {"stage": "prod"})


def test_a_change_set_without_changes_says_so(stacks: Stacks, name: str) -> None:
    wanted = template(Logs=log_group())
    stacks.deploy(name, wanted, owner="me")
    again = stacks.change_set(name, wanted, owner="me")
    assert again["Status"] == "FAILED"
    assert "didn't contain changes" in again["StatusReason"]
    with pytest.raises(ClientError, match="cannot be executed"):
        stacks.client.execute_change_set(ChangeSetName=CHANGE_SET, StackName=name)
    assert stacks.change_set(name, wanted, owner="you")["Status"] == "CREATE_COMPLETE"
    with pytest.raises(ClientError, match="No updates are to be performed"):
        stacks.client.update_stack(
            StackName=name,
            TemplateBody=json.dumps(wanted),
            Parameters=[{"ParameterKey": "BootstrapVersion", "UsePreviousValue": True}],
        )


def test_a_change_set_may_have_its_template_in_s3_or_keep_the_one_there_is(
    stacks: Stacks, name: str
) -> None:
    bucket = f"bucket-{uuid.uuid4()}"
    files = stacks.session.client("s3")
    files.create_bucket(Bucket=bucket)
    wanted = template(Logs=log_group(RetentionInDays={"Ref": "Days"}))
    wanted["Parameters"]["Days"] = {"Type": "Number", "Default": 7}
    files.put_object(Bucket=bucket, Key="t.json", Body=json.dumps(wanted))
    create = {"StackName": name, "ChangeSetName": "mine"}
    stacks.client.create_change_set(
        **create,
        ChangeSetType="CREATE",
        TemplateURL=f"{stacks.client.meta.endpoint_url}/{bucket}/t.json",
    )
    with pytest.raises(stacks.client.exceptions.AlreadyExistsException):
        stacks.client.create_change_set(**create, ChangeSetType="CREATE", TemplateBody="{}")
    (listed,) = stacks.client.list_change_sets(StackName=name)["Summaries"]
    assert listed["ChangeSetName"] == "mine"
    stacks.client.execute_change_set(**create)
    with pytest.raises(ClientError, match="already exists and cannot be created again"):
        stacks.client.create_change_set(**create, ChangeSetType="CREATE", TemplateBody="{}")
    days = {"ParameterKey": "Days", "ParameterValue": "30"}
    stacks.client.create_change_set(
        **create, ChangeSetType="UPDATE", UsePreviousTemplate=True, Parameters=[days]
    )
    stacks.client.execute_change_set(**create)
    assert stacks.describe(name)["status"] == "UPDATE_COMPLETE"
    kept = {"ParameterKey": "Days", "UsePreviousValue": True}
    with pytest.raises(ClientError, match="No updates are to be performed"):
        stacks.client.update_stack(StackName=name, UsePreviousTemplate=True, Parameters=[kept])


def test_a_template_may_be_yaml(stacks: Stacks, name: str) -> None:
    body = "Resources:\n  Logs: {Type: AWS::Logs::LogGroup}\nOutputs:\n  Name: {Value: !Ref Logs}\n"
    stacks.client.create_stack(StackName=name, TemplateBody=body)
    assert stacks.describe(name)["Name"] == stacks.resources(name)["Logs"]
    with pytest.raises(stacks.client.exceptions.AlreadyExistsException):
        stacks.client.create_stack(StackName=name, TemplateBody=body)


def test_change_sets_of_one_name_belong_to_their_stacks(stacks: Stacks, name: str) -> None:
    others = {f"{name}-{each}": template(Logs=log_group(RetentionInDays=each)) for each in (1, 3)}
    for other, wanted in others.items():
        stacks.change_set(other, wanted)
    for other in others:
        stacks.client.execute_change_set(ChangeSetName=CHANGE_SET, StackName=other)
        assert stacks.describe(other)["status"] == "CREATE_COMPLETE"


def test_a_direct_update_keeps_the_default_of_a_parameter(stacks: Stacks, name: str) -> None:
    stacks.deploy(name, template(Logs=log_group()))
    stacks.client.update_stack(
        StackName=name,
        TemplateBody=json.dumps(template(Logs=log_group(RetentionInDays=7))),
        Parameters=[{"ParameterKey": "BootstrapVersion", "UsePreviousValue": True}],
    )
    assert stacks.describe(name)["status"] == "UPDATE_COMPLETE"


def test_a_condition_decides_whether_there_is_a_resource(stacks: Stacks, name: str) -> None:
    wanted = template(Always=log_group(), Never={**log_group(), "Condition": "No"})
    wanted["Conditions"] = {"No": {"Fn::Equals": ["a", "b"]}}
    assert stacks.deploy(name, wanted)["status"] == "CREATE_COMPLETE"
    assert set(stacks.resources(name)) == {"Always"}


# Events


def test_each_resource_has_its_events_in_order(stacks: Stacks, name: str) -> None:
    stacks.deploy(name, template(Function=function("1"), Role=role()))
    own = [(logical, status) for logical, status, _ in stacks.events(name)]
    assert own == [
        (name, "REVIEW_IN_PROGRESS"),
        (name, "CREATE_IN_PROGRESS"),
        ("Role", "CREATE_IN_PROGRESS"),
        ("Role", "CREATE_COMPLETE"),
        ("Function", "CREATE_IN_PROGRESS"),
        ("Function", "CREATE_COMPLETE"),
        (name, "CREATE_COMPLETE"),
    ]


def test_no_event_of_something_complete_has_a_reason(stacks: Stacks, name: str) -> None:
    alarm = {"Type": "AWS::CloudWatch::Alarm", "Properties": {}}
    metadata = {"Type": "AWS::CDK::Metadata", "Properties": {}}
    stacks.deploy(name, template(Alarm=alarm, CDKMetadata=metadata))
    events = stacks.events(name)
    assert ("CDKMetadata", "CREATE_IN_PROGRESS", None) in events
    reason = "the embedded AWS has no AWS::CloudWatch::Alarm: passed over"
    assert ("Alarm", "CREATE_IN_PROGRESS", reason) in events
    assert all(reason is None for _, status, reason in events if status.endswith("_COMPLETE"))


# Failing


def test_a_stack_that_cannot_be_created_is_rolled_back_and_says_why(
    stacks: Stacks, machines: Machines, name: str
) -> None:
    distributed = map_of(PASS)
    distributed["States"]["Map"]["ItemProcessor"]["ProcessorConfig"] = {"Mode": "DISTRIBUTED"}
    group = f"/named/{uuid.uuid4()}"
    wanted = template(Logs=log_group(LogGroupName=group), Machine=machine(distributed), Role=role())
    assert stacks.deploy(name, wanted)["status"] == "ROLLBACK_COMPLETE"
    place = "/States/Map/ItemProcessor/ProcessorConfig/Mode"
    reason = f"the embedded AWS has no Distributed Map: Mode DISTRIBUTED at {place}"
    assert ("Machine", "CREATE_FAILED", reason) in stacks.events(name)
    assert stacks.resources(name) == {}
    assert not machines.logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]


def test_a_stack_that_cannot_be_updated_is_as_it_was(
    stacks: Stacks, machines: Machines, name: str
) -> None:
    wanted = template(Function=function("'old'"), Machine=machine(one_state(PASS)), Role=role())
    wanted["Outputs"] = {"Function": {"Value": {"Ref": "Function"}}}
    before = stacks.deploy(name, wanted)
    worse = template(
        Function=function("'new'"),
        Machine=machine(one_state(PASS), StateMachineType="EXPRESS"),
        Role=role(),
        New=log_group(),
    )
    after = stacks.deploy(name, worse)
    assert after == {**before, "status": "UPDATE_ROLLBACK_COMPLETE"}
    failed = [reason for _, status, reason in stacks.events(name) if status == "UPDATE_FAILED"]
    assert failed == ["a state machine cannot change its type to EXPRESS"]
    assert set(stacks.resources(name)) == {"Function", "Machine", "Role"}
    assert machines.invoke(after["Function"])["payload"] == "old"
    better = copy.deepcopy(wanted)
    better["Resources"]["Function"] = function("'better'")
    assert stacks.deploy(name, better)["status"] == "UPDATE_COMPLETE"
    assert machines.invoke(after["Function"])["payload"] == "better"


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        (
            machine({}, StateMachineType="EXPRESS", DefinitionString=json.dumps(one_state(PASS))),
            "no state machines of type EXPRESS",
        ),
        (
            machine({}, DefinitionS3Location={"Bucket": "bucket", "Key": "key"}),
            "reads no DefinitionS3Location",
        ),
        (
            {"Type": "Custom::Thing", "Properties": {"ServiceToken": "arn"}},
            "runs no custom resources: Thing is a Custom::Thing",
        ),
        (
            log_group(LogGroupName={"Fn::GetAtt": ["Alarm", "Arn"]}),
            r"has no AWS::CloudWatch::Alarm, so that Fn::GetAtt cannot ask for its Arn",
        ),
    ],
)
def test_what_is_not_to_be_had_is_refused_when_it_is_deployed(
    stacks: Stacks, name: str, resource: dict[str, Any], reason: str
) -> None:
    alarm = {"Type": "AWS::CloudWatch::Alarm", "Properties": {}}
    stack = stacks.deploy(name, template(Thing=resource, Role=role(), Alarm=alarm))
    assert stack["status"] == "ROLLBACK_COMPLETE"
    assert any(reason in str(given) for _, _, given in stacks.events(name))


def test_a_resource_that_cannot_change_is_refused_rather_than_lost(
    stacks: Stacks, name: str
) -> None:
    def key(**properties: Any) -> dict[str, Any]:
        return {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {}, **properties}}

    stacks.deploy(name, template(Key=key()))
    before = stacks.resources(name)
    tagged = template(Key=key(Tags=[{"Key": "a", "Value": "b"}]))
    assert stacks.deploy(name, tagged)["status"] == "UPDATE_COMPLETE"
    changed = stacks.deploy(name, template(Key=key(Description="other")))
    assert changed["status"] == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.resources(name) == before


def test_what_cannot_be_undone_is_told(stacks: Stacks, name: str) -> None:
    """moto deletes no route table, and so not the network either that it belongs to."""
    stack = stacks.deploy(
        name,
        template(
            Vpc={"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
            Routes={"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": {"Ref": "Vpc"}}},
            Thing={"Type": "Custom::Thing", "DependsOn": ["Routes"], "Properties": {}},
        ),
    )
    assert stack["status"] == "ROLLBACK_FAILED"
    last = stacks.events(name)[-2:]
    assert [status for _, status, _ in last] == ["DELETE_FAILED", "ROLLBACK_FAILED"]
    assert "has dependencies and cannot be deleted" in str(last)


@pytest.mark.parametrize(
    ("logical_id", "attribute"),
    [("Logs", "Name"), ("Machine", "Version"), ("Function", "Name"), ("Version", "Name")],
)
def test_an_attribute_that_is_not_there_fails_the_stack(
    stacks: Stacks, name: str, logical_id: str, attribute: str
) -> None:
    version = {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Function"}}}
    wanted = template(
        Logs=log_group(),
        Machine=machine(one_state(PASS)),
        Function=function("1"),
        Version=version,
        Role=role(),
    )
    wanted["Outputs"] = {"Out": {"Value": {"Fn::GetAtt": [logical_id, attribute]}}}
    assert stacks.deploy(name, wanted)["status"] == "ROLLBACK_COMPLETE"
    reason = f"resource {logical_id} does not support attribute type {attribute} in Fn::GetAtt"
    assert reason in str(stacks.events(name))


def test_resources_that_refer_to_each_other_are_refused(stacks: Stacks, name: str) -> None:
    circle = template(
        A=log_group(LogGroupName={"Ref": "B"}), B=log_group(LogGroupName={"Ref": "A"})
    )
    assert stacks.deploy(name, circle)["status"] == "ROLLBACK_COMPLETE"
    reasons = [reason for *_, reason in stacks.events(name)]
    assert "Circular dependency between resources: ['A', 'B']" in reasons


# Deleting


def test_a_deleted_stack_leaves_what_is_to_be_retained(
    stacks: Stacks, machines: Machines, name: str
) -> None:
    groups = [f"/named/{uuid.uuid4()}" for _ in range(2)]
    wanted = template(
        Kept={**log_group(LogGroupName=groups[0]), "DeletionPolicy": "Retain"},
        Gone=log_group(LogGroupName=groups[1]),
    )
    stack = stacks.deploy(name, wanted)
    stacks.client.delete_stack(StackName=name)
    assert not stacks.exists(name)
    assert stacks.describe(stack["id"])["status"] == "DELETE_COMPLETE"
    left = [group["logGroupName"] for group in machines.logs.describe_log_groups()["logGroups"]]
    assert [group in left for group in groups] == [True, False]
    assert ("Kept", "DELETE_SKIPPED", None) in stacks.events(stack["id"])


def test_a_protected_stack_is_not_deleted(stacks: Stacks, name: str) -> None:
    stacks.client.create_stack(
        StackName=name,
        TemplateBody=json.dumps(template(Logs=log_group())),
        EnableTerminationProtection=True,
    )
    with pytest.raises(ClientError, match="TerminationProtection is enabled"):
        stacks.client.delete_stack(StackName=name)
    assert stacks.exists(name)


def test_a_bucket_with_something_in_it_is_not_deleted_unless_cdk_empties_it(
    stacks: Stacks, name: str
) -> None:
    files = stacks.session.client("s3")
    tags = [{"Key": "a", "Value": "b"}]
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"Tags": tags}}
    stacks.deploy(name, template(Bucket={"Type": "AWS::S3::Bucket"}))
    files.put_object(Bucket=stacks.resources(name)["Bucket"], Key="key", Body=b"")
    stacks.client.delete_stack(StackName=name)
    assert stacks.describe(name)["status"] == "DELETE_FAILED"
    emptied = {
        "Type": "Custom::S3AutoDeleteObjects",
        "Properties": {"ServiceToken": "arn", "BucketName": {"Ref": "Bucket"}},
    }
    stack = stacks.deploy(name, template(Bucket=bucket, Emptied=emptied))
    assert stack["status"] == "UPDATE_COMPLETE"
    stacks.client.delete_stack(StackName=name)
    assert stacks.describe(stack["id"])["status"] == "DELETE_COMPLETE"


# Nested stacks and exports


def test_a_nested_stack_is_updated_in_place_and_fails_with_its_parent(
    stacks: Stacks, name: str
) -> None:
    bucket = f"bucket-{uuid.uuid4()}"
    files = stacks.session.client("s3")
    files.create_bucket(Bucket=bucket)

    def wanted(**properties: Any) -> dict[str, Any]:
        inner = {
            "Resources": {"Logs": log_group(**properties)},
            "Outputs": {"Name": {"Value": {"Ref": "Logs"}}},
        }
        key = str(uuid.uuid4())
        files.put_object(Bucket=bucket, Key=key, Body=json.dumps(inner))
        url = f"https://s3.us-east-1.amazonaws.com/{bucket}/{key}"
        nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}
        whole = template(Nested=nested)
        whole["Outputs"] = {"Name": {"Value": {"Fn::GetAtt": ["Nested", "Outputs.Name"]}}}
        return whole

    before = stacks.deploy(name, wanted())
    assert before["status"] == "CREATE_COMPLETE"
    after = stacks.deploy(name, wanted(RetentionInDays=7))
    assert after == {**before, "status": "UPDATE_COMPLETE"}
    failed = stacks.deploy(name, wanted(LogGroupName={"Fn::GetAtt": ["Nothing", "Arn"]}))
    assert failed == {**before, "status": "UPDATE_ROLLBACK_COMPLETE"}
    reasons = [reason for _, status, reason in stacks.events(name) if status == "UPDATE_FAILED"]
    assert "references undefined resource Nothing" in str(reasons)
    stacks.client.delete_stack(StackName=name)
    assert not stacks.exists(before["id"].replace(name, "nothing"))


def test_an_export_follows_its_stack(stacks: Stacks, name: str) -> None:
    def wanted(logical_id: str) -> dict[str, Any]:
        whole = template(**{logical_id: log_group()})
        export = {"Value": {"Ref": logical_id}, "Export": {"Name": name}}
        return {**whole, "Outputs": {"Name": export}}

    def exported() -> str | None:
        exports = stacks.client.list_exports()["Exports"]
        return next((each["Value"] for each in exports if each["Name"] == name), None)

    stacks.deploy(name, wanted("A"))
    assert exported() == stacks.resources(name)["A"]
    stacks.deploy(name, wanted("B"))
    assert exported() == stacks.resources(name)["B"]
    taken = stacks.deploy(f"{name}-other", wanted("A"))
    assert taken["status"] == "ROLLBACK_COMPLETE"
    stacks.client.delete_stack(StackName=name)
    assert exported() is None


def test_a_name_that_cloudformation_generates_fits_its_resource(stacks: Stacks) -> None:
    long = "L" * 100
    wanted = {
        "Resources": {
            f"F{long}": function("1", Role={"Fn::GetAtt": [f"R{long}", "Arn"]}),
            f"R{long}": role(),
            f"M{long}": machine(one_state(PASS), RoleArn={"Fn::GetAtt": [f"R{long}", "Arn"]}),
        }
    }
    name = f"s{uuid.uuid4()}-{'x' * 80}"
    assert stacks.deploy(name, wanted)["status"] == "CREATE_COMPLETE"
    names = stacks.resources(name)
    assert len(names[f"F{long}"]) <= 64
    assert len(names[f"R{long}"]) <= 64
    assert len(names[f"M{long}"].rpartition(":")[2]) <= 80
