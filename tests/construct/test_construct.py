"""FanOut checks what it is given, and wires, exposes and grants what it says."""

import json
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import assertions
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct
from definitions import definition

from article import control as article_control
from article import worker as article_worker
from fan_out import FailurePolicy, FanOut
from lambdas import control, worker

GOOD: dict[str, Any] = {"worker": worker.handler, "control": control.handler, "chunk_size": 10}

FUNCTION = "AWS::Lambda::Function"
MACHINE = "AWS::StepFunctions::StateMachine"


def stack(**kwargs: Any) -> cdk.Stack:
    return cdk.Stack(cdk.App(), "Stack", **kwargs)


def template_of(of: cdk.Stack) -> assertions.Template:
    return assertions.Template.from_stack(of)


def resources(template: assertions.Template, type: str) -> list[dict[str, Any]]:
    return [dict(found["Properties"]) for found in template.find_resources(type).values()]


def function(template: assertions.Template, handler: str) -> dict[str, Any]:
    return next(one for one in resources(template, FUNCTION) if one["Handler"] == handler)


@pytest.fixture(scope="module")
def default() -> assertions.Template:
    own = stack()
    FanOut(own, "Job", **GOOD)
    return template_of(own)


def test_a_fan_out_is_at_most_ten_resources(default: assertions.Template) -> None:
    assert len(default.to_json()["Resources"]) <= 10


def test_the_machine_is_control_then_a_map_of_workers(default: assertions.Template) -> None:
    machine = definition(default)
    assert machine["StartAt"] == "Control"
    assert machine["States"].keys() == {"Control", "Map"}
    control_state, each = machine["States"]["Control"], machine["States"]["Map"]
    assert control_state["Next"] == "Map"
    assert (each["Type"], each["ItemProcessor"]["ProcessorConfig"]) == ("Map", {"Mode": "INLINE"})
    worker_state = each["ItemProcessor"]["States"]["Worker"]
    for state, logical_id in ((control_state, "JobControl"), (worker_state, "JobWorker")):
        assert state["Resource"] == "arn:aws:states:::lambda:invoke"
        assert state["Parameters"]["FunctionName"].startswith(f"«{logical_id}")
        assert state["Parameters"]["Payload.$"] == "$"
        assert state["OutputPath"] == "$.Payload"


def test_transient_errors_and_throttling_are_retried_with_jitter_and_nothing_else(
    default: assertions.Template,
) -> None:
    states = definition(default)["States"]
    (retry,) = states["Map"]["ItemProcessor"]["States"]["Worker"]["Retry"]
    assert states["Control"]["Retry"] == [retry]
    assert set(retry["ErrorEquals"]) == {
        "Lambda.ClientExecutionTimeoutException",
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.TooManyRequestsException",
    }
    assert retry["JitterStrategy"] == "FULL"
    assert retry["MaxDelaySeconds"] == 60


def test_a_task_waits_just_longer_than_its_function(default: assertions.Template) -> None:
    states = definition(default)["States"]
    assert function(default, "lambdas.control.handler")["Timeout"] == 300
    assert states["Control"]["TimeoutSeconds"] == 315
    assert function(default, "lambdas.worker.handler")["Timeout"] == 900
    assert states["Map"]["ItemProcessor"]["States"]["Worker"]["TimeoutSeconds"] == 915


def test_the_defaults_are_the_newest_python_on_arm64_traced_and_logged(
    default: assertions.Template,
) -> None:
    newest = [one for one in lambda_.Runtime.ALL if one.family == lambda_.RuntimeFamily.PYTHON][-1]
    for one in resources(default, FUNCTION):
        assert one["Runtime"] == newest.name
        assert one["Architectures"] == ["arm64"]
        assert one["TracingConfig"] == {"Mode": "Active"}
        assert "LogGroup" in one["LoggingConfig"]
    (machine,) = resources(default, MACHINE)
    assert machine["TracingConfiguration"] == {"Enabled": True}
    assert machine["LoggingConfiguration"]["Level"] == "ALL"
    assert machine["LoggingConfiguration"]["IncludeExecutionData"] is False
    default.resource_count_is("AWS::Logs::LogGroup", 1)
    default.has_resource_properties("AWS::Logs::LogGroup", {"RetentionInDays": 30})
    default.has_resource("AWS::Logs::LogGroup", {"DeletionPolicy": "Retain"})


def test_the_runtime_is_that_of_every_function_that_is_made() -> None:
    stack = cdk.Stack()
    FanOut(
        stack,
        "Job",
        worker=worker.handler,
        control=control.handler,
        collect="lambdas.worker.handler",
        chunk_size=10,
        runtime=lambda_.Runtime.PYTHON_3_12,
    )
    functions = assertions.Template.from_stack(stack).find_resources("AWS::Lambda::Function")
    assert [function["Properties"]["Runtime"] for function in functions.values()] == (
        ["python3.12"] * 3
    )


def test_no_name_is_fixed(default: assertions.Template) -> None:
    fixed = {"FunctionName", "LogGroupName", "RoleName", "StateMachineName"}
    for resource in default.to_json()["Resources"].values():
        assert not fixed & resource.get("Properties", {}).keys()


def test_no_managed_policy_is_attached(default: assertions.Template) -> None:
    for role in resources(default, "AWS::IAM::Role"):
        assert "ManagedPolicyArns" not in role


def test_the_chunk_size_reaches_the_control_alone(default: assertions.Template) -> None:
    (text,) = function(default, "lambdas.control.handler")["Environment"]["Variables"].values()
    assert json.loads(text) == {"atMost": 10, "maxConcurrency": 0, "withinSeconds": 720}
    assert "Environment" not in function(default, "lambdas.worker.handler")


@pytest.mark.parametrize("value", [1, 10, 40])
def test_max_concurrency_is_the_maps(value: int) -> None:
    own = stack()
    FanOut(own, "Job", **GOOD, max_concurrency=value)
    assert definition(template_of(own))["States"]["Map"]["MaxConcurrency"] == value


def test_every_parameter_reaches_the_template() -> None:
    own = stack()
    FanOut(
        own,
        "Job",
        worker="lambdas.worker.handler",
        chunk_size=7,
        worker_options=lambda_.FunctionOptions(
            timeout=cdk.Duration.seconds(30),
            memory_size=256,
            architecture=lambda_.Architecture.X86_64,
            environment={"TABLE": "orders"},
            tracing=lambda_.Tracing.PASS_THROUGH,
        ),
        control_options=lambda_.FunctionOptions(
            description="counts", environment={"TABLE": "orders"}
        ),
        removal_policy=cdk.RemovalPolicy.DESTROY,
        log_retention=logs.RetentionDays.ONE_DAY,
        include_execution_data=True,
        tracing=False,
    )
    template = template_of(own)
    built_in = function(template, "fan_out.runtime.control.count_from_input")
    assert built_in["Description"] == "counts"
    variables = built_in["Environment"]["Variables"]
    told = {"atMost": 7, "maxConcurrency": 0, "withinSeconds": 24}
    assert json.loads(variables.pop("FAN_OUT_PLAN")) == told
    assert variables == {"TABLE": "orders"}
    assert "TracingConfig" not in built_in
    own_worker = function(template, "lambdas.worker.handler")
    assert own_worker["Environment"]["Variables"] == {"TABLE": "orders"}
    assert (own_worker["Timeout"], own_worker["MemorySize"]) == (30, 256)
    assert own_worker["Architectures"] == ["x86_64"]
    assert own_worker["TracingConfig"] == {"Mode": "PassThrough"}
    states = definition(template)["States"]
    assert states["Map"]["ItemProcessor"]["States"]["Worker"]["TimeoutSeconds"] == 45
    (machine,) = resources(template, MACHINE)
    assert machine["LoggingConfiguration"]["IncludeExecutionData"] is True
    assert "TracingConfiguration" not in machine or not machine["TracingConfiguration"]["Enabled"]
    template.has_resource("AWS::Logs::LogGroup", {"DeletionPolicy": "Delete"})
    template.has_resource_properties("AWS::Logs::LogGroup", {"RetentionInDays": 1})


def test_a_worker_in_a_vpc_gets_the_network_interfaces_it_needs_and_a_given_role_is_kept() -> None:
    own = stack()
    role = iam.Role(own, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    FanOut(
        own,
        "Job",
        **GOOD,
        worker_options=lambda_.FunctionOptions(vpc=ec2.Vpc(own, "Vpc", max_azs=1)),
        control_options=lambda_.FunctionOptions(role=role),
    )
    template = template_of(own)
    template.has_resource_properties(
        "AWS::IAM::Policy",
        {
            "PolicyDocument": {
                "Statement": assertions.Match.array_with(
                    [
                        assertions.Match.object_like(
                            {"Action": assertions.Match.array_with(["ec2:CreateNetworkInterface"])}
                        )
                    ]
                )
            }
        },
    )
    given = function(template, "lambdas.control.handler")["Role"]
    assert given == {"Fn::GetAtt": [own.get_logical_id(role.node.default_child), "Arn"]}


def test_a_machine_that_carries_on_goes_round_until_nothing_is_left() -> None:
    own = stack()
    FanOut(own, "Job", **GOOD, carry_on=True)
    template = template_of(own)
    inner = definition(template)["States"]["Map"]["ItemProcessor"]["States"]
    assert inner.keys() == {"Worker", "Finished", "CarryOn", "Done"}
    (choice,) = inner["Finished"]["Choices"]
    assert choice == {"Variable": "$.carryOn", "IsPresent": True, "Next": "CarryOn"}
    assert inner["Finished"]["Default"] == "Done"
    assert inner["CarryOn"]["Next"] == inner["Worker"]["Next"] == "Finished"
    assert inner["CarryOn"]["Retry"] == inner["Worker"]["Retry"]
    margin = function(template, "lambdas.worker.handler")["Environment"]["Variables"]
    assert margin == {"FAN_OUT_CARRY_ON_SECONDS": "60"}
    told = function(template, "lambdas.control.handler")["Environment"]["Variables"]
    assert json.loads(told["FAN_OUT_PLAN"])["eventsPerChunk"] == 11
    assert len(template.to_json()["Resources"]) <= 10


def test_a_collect_comes_after_the_map_with_a_function_of_its_own() -> None:
    own = stack()
    job = FanOut(
        own,
        "Job",
        **GOOD,
        collect="lambdas.worker.handler",
        collect_options=OPTIONS(memory_size=512),
    )
    states = definition(template_of(own))["States"]
    assert states.keys() == {"Control", "Map", "Resumed", "WholeJob", "Collect"}
    assert states["Map"]["Next"] == "Resumed"
    assert states["Resumed"]["Default"] == states["WholeJob"]["Next"] == "Collect"
    assert states["Collect"]["Parameters"]["FunctionName"].startswith("«JobCollect")
    assert states["Collect"]["Retry"] == states["Control"]["Retry"]
    assert job.collect_function is not None
    assert FanOut(own, "Other", **GOOD).collect_function is None


def test_the_margin_is_what_was_given() -> None:
    own = stack()
    FanOut(own, "Job", **GOOD, carry_on=cdk.Duration.seconds(20))
    margin = function(template_of(own), "lambdas.worker.handler")["Environment"]["Variables"]
    assert margin == {"FAN_OUT_CARRY_ON_SECONDS": "20"}


def test_a_function_of_two_fan_outs_cannot_be_told_two_things() -> None:
    own = stack()
    existing = inline_function(own)
    FanOut(own, "First", worker=worker.handler, control=existing, chunk_size=10)
    FanOut(own, "Same", worker=worker.handler, control=existing, chunk_size=10)
    with pytest.raises(ValueError, match="Stack/Inline is part of another FanOut already, which"):
        FanOut(own, "Other", worker=worker.handler, control=existing, chunk_size=5)


def test_an_existing_function_without_a_timeout_has_lambdas_own_of_three_seconds() -> None:
    own = stack()
    FanOut(own, "Job", worker=inline_function(own), chunk_size=1, carry_on=True)
    template = template_of(own)
    inner = definition(template)["States"]["Map"]["ItemProcessor"]["States"]
    assert inner["Worker"]["TimeoutSeconds"] == 18
    margin = function(template, "index.handler")["Environment"]["Variables"]
    assert margin == {"FAN_OUT_CARRY_ON_SECONDS": "0.3"}


@pytest.mark.parametrize("kind", ["alias", "version"])
def test_an_alias_or_a_version_is_a_worker_and_cannot_be_told(kind: str) -> None:
    own = stack()
    version = inline_function(own).current_version
    given = (
        version
        if kind == "version"
        else lambda_.Alias(own, "Alias", alias_name="live", version=version)
    )
    FanOut(own, "Job", worker=given, chunk_size=1)
    inner = definition(template_of(own))["States"]["Map"]["ItemProcessor"]["States"]
    assert inner["Worker"]["TimeoutSeconds"] == 915
    with pytest.raises(ValueError, match="imported, an alias or a version"):
        FanOut(own, "Told", worker=worker.handler, control=given, chunk_size=1)


def test_an_imported_worker_cannot_be_told_to_carry_on() -> None:
    own = stack()
    imported = lambda_.Function.from_function_name(own, "Imported", "elsewhere")
    with pytest.raises(ValueError, match="carry_on cannot reach a worker function that is"):
        FanOut(own, "Job", worker=imported, chunk_size=10, carry_on=True)


def test_the_articles_own_handlers_are_taken_as_they_are() -> None:
    own = stack()
    FanOut(own, "Job", control=article_control.lambda_handler, worker=article_worker.lambda_handler)
    handlers = {one["Handler"] for one in resources(template_of(own), FUNCTION)}
    assert handlers == {"article.control.lambda_handler", "article.worker.lambda_handler"}


def test_existing_functions_are_granted_and_nothing_is_packaged() -> None:
    own = stack()
    arn = "arn:aws:lambda:us-east-1:123456789012:function:existing"
    existing = lambda_.Function.from_function_attributes(
        own, "Existing", function_arn=arn, same_environment=True
    )
    job = FanOut(own, "Job", worker=existing, control=existing)
    template = template_of(own)
    assert job.worker_function is existing
    template.resource_count_is(FUNCTION, 0)
    template.has_resource_properties(
        "AWS::IAM::Policy",
        {
            "PolicyDocument": {
                "Statement": assertions.Match.array_with(
                    [
                        assertions.Match.object_like(
                            {"Action": "lambda:InvokeFunction", "Resource": arn}
                        )
                    ]
                )
            }
        },
    )
    states = definition(template)["States"]
    assert states["Map"]["ItemProcessor"]["States"]["Worker"]["TimeoutSeconds"] == 915


def granted_functions(template: assertions.Template) -> list[Any]:
    """The resources of each statement that allows to invoke a function."""
    return [
        statement["Resource"]
        for policy in resources(template, "AWS::IAM::Policy")
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Action"] == "lambda:InvokeFunction"
    ]


def test_the_machine_may_invoke_what_it_calls_and_no_other_version() -> None:
    own = stack()
    FanOut(
        own,
        "Job",
        control=control.handler,
        worker=worker.handler,
        collect="jobs.total",
        chunk_size=10,
        carry_on=True,
        on_failure=FailurePolicy.tolerate(percent=5),
    )
    template = template_of(own)
    functions = template.find_resources(FUNCTION)
    granted = [arn for resource in granted_functions(template) for arn in _listed(resource)]
    assert sorted(arn["Fn::GetAtt"][0] for arn in granted) == sorted(functions)
    assert "*" not in json.dumps(granted)


def _listed(resource: Any) -> list[Any]:
    return resource if isinstance(resource, list) else [resource]


@pytest.mark.parametrize("kind", ["version", "alias", "imported version"])
def test_a_version_or_an_alias_is_called_and_granted_as_itself(kind: str) -> None:
    own = stack()
    function = inline_function(own)
    pinned: dict[str, Callable[[], lambda_.IFunction]] = {
        "version": lambda: function.current_version,
        "alias": lambda: function.add_alias("live"),
        "imported version": lambda: lambda_.Function.from_function_arn(
            own, "Three", "arn:aws:lambda:us-east-1:123456789012:function:three:3"
        ),
    }
    job = FanOut(own, "Job", worker=pinned[kind](), chunk_size=10)
    template = template_of(own)
    resolved = own.resolve(job.worker_function.function_arn)
    granted = [arn for resource in granted_functions(template) for arn in _listed(resource)]
    assert resolved in granted
    assert "*" not in json.dumps(granted)


def test_only_its_own_service_may_use_a_role_and_only_for_this_account() -> None:
    own = stack()
    FanOut(own, "Job", worker=worker.handler, control=control.handler, chunk_size=10)
    trusts = [
        statement
        for role in resources(template_of(own), "AWS::IAM::Role")
        for statement in role["AssumeRolePolicyDocument"]["Statement"]
    ]
    services = sorted(trust["Principal"]["Service"] for trust in trusts)
    assert services == ["lambda.amazonaws.com", "lambda.amazonaws.com", "states.amazonaws.com"]
    account = {"aws:SourceAccount": own.resolve(own.account)}
    assert all(trust["Condition"]["StringEquals"] == account for trust in trusts)


def inline_function(scope: Construct) -> lambda_.Function:
    return lambda_.Function(
        scope,
        "Inline",
        runtime=lambda_.Runtime.PYTHON_3_14,
        handler="index.handler",
        code=lambda_.Code.from_inline("def handler(event, context):\n    return event\n"),
    )


def test_a_function_of_this_app_as_control_is_handed_the_chunk_size() -> None:
    own = stack()
    existing = inline_function(own)
    FanOut(own, "Job", worker=existing, control=existing, chunk_size=10)
    variables = function(template_of(own), "index.handler")["Environment"]["Variables"]
    assert json.loads(variables["FAN_OUT_PLAN"])["atMost"] == 10


def test_what_was_built_is_exposed() -> None:
    own = stack()
    job = FanOut(own, "Job", **GOOD)
    caller = iam.Role(own, "Caller", assumed_by=iam.ServicePrincipal("events.amazonaws.com"))
    job.grant_start_execution(caller).assert_success()
    for metric, name in (
        (job.metric_failed(), "ExecutionsFailed"),
        (job.metric_succeeded(period=cdk.Duration.hours(1)), "ExecutionsSucceeded"),
        (job.metric_time(), "ExecutionTime"),
    ):
        assert isinstance(metric, cloudwatch.Metric)
        assert metric.metric_name == name
    template = template_of(own)
    cdk.CfnOutput(own, "Group", value=job.log_group.log_group_name)
    cdk.CfnOutput(own, "Worker", value=job.worker_function.function_name)
    cdk.CfnOutput(own, "Control", value=job.control_function.function_name)
    cdk.CfnOutput(own, "Machine", value=job.state_machine.state_machine_arn)
    template.has_resource_properties(
        "AWS::IAM::Policy",
        {
            "PolicyDocument": {
                "Statement": [assertions.Match.object_like({"Action": "states:StartExecution"})]
            }
        },
    )


def recommended_flags() -> dict[str, Any]:
    (archive,) = Path(sys.modules["aws_cdk"].__file__ or "").parent.glob("_jsii/aws-cdk-lib*.tgz")
    with tarfile.open(archive) as tar:
        member = tar.extractfile("package/recommended-feature-flags.json")
        assert member is not None
        return json.load(member)  # type: ignore[no-any-return]


@pytest.mark.parametrize("flags", [{}, recommended_flags()], ids=["flags-off", "flags-on"])
@pytest.mark.parametrize("env", [None, cdk.Environment(account="123456789012", region="eu-west-1")])
def test_it_works_twice_in_a_stack_nested_and_in_a_stage(
    flags: dict[str, Any], env: cdk.Environment | None
) -> None:
    app = cdk.App(context=flags)
    stage = cdk.Stage(app, "Stage")
    own = cdk.Stack(stage, "Stack", env=env)
    FanOut(own, "First", **GOOD)
    FanOut(Construct(own, "Inner"), "First", **GOOD)
    template = template_of(own)
    template.resource_count_is(MACHINE, 2)
    assert len(template.to_json()["Resources"]) <= 20
    assembly = app.synth().get_nested_assembly("assembly-Stage")
    folders = [path for path in Path(assembly.directory, "..").iterdir() if path.is_dir()]
    shipped = [path for path in folders if path.name.startswith("asset.")]
    assert len(shipped) == 1, "both fan-outs have the same code"
    assert {path.name for path in shipped[0].iterdir()} == {"fan_out", "lambdas"}


def test_where_cdk_copies_no_assets_they_stay_until_the_end() -> None:
    app = cdk.App(context={"aws:cdk:disable-asset-staging": True})
    own = cdk.Stack(app, "Stack")
    FanOut(own, "Job", **GOOD)
    assembly = Path(app.synth().directory)
    assets = json.loads((assembly / "Stack.assets.json").read_text())["files"].values()
    folders = [Path(one["source"]["path"]) for one in assets if one["source"]["packaging"] == "zip"]
    assert folders
    assert all((assembly / folder / "lambdas" / "worker.py").is_file() for folder in folders)


def test_tokens_are_let_through() -> None:
    own = stack()
    size = cdk.CfnParameter(own, "Size", type="Number").value_as_number
    width = cdk.CfnParameter(own, "Width", type="Number").value_as_number
    FanOut(own, "Job", worker=worker.handler, chunk_size=size, max_concurrency=width)  # type: ignore[arg-type]
    template = template_of(own)
    control_function = function(template, "fan_out.runtime.control.count_from_input")
    parts = control_function["Environment"]["Variables"]["FAN_OUT_PLAN"]["Fn::Join"][1]
    assert {"Ref": "Size"} in parts
    assert {"Ref": "Width"} in parts
    assert '"MaxConcurrency":«' in json.dumps(
        definition_text(template), ensure_ascii=False
    ).replace("\\", "")


def definition_text(template: assertions.Template) -> str:
    (machine,) = resources(template, MACHINE)
    parts = machine["DefinitionString"]["Fn::Join"][1]
    return "".join(part if isinstance(part, str) else f"«{part}»" for part in parts)


OPTIONS = lambda_.FunctionOptions


@pytest.mark.parametrize("id", ["", "  ", None, 5])
def test_an_id_that_is_none_is_refused(id: Any) -> None:
    with pytest.raises(ValueError, match="id must be a string with at least one character, got "):
        FanOut(stack(), id, **GOOD)


def test_options_cannot_come_with_an_existing_function() -> None:
    own = stack()
    with pytest.raises(ValueError, match="worker_options cannot change the existing function"):
        FanOut(own, "Job", worker=inline_function(own), chunk_size=1, worker_options=OPTIONS())


def test_a_chunk_size_that_cannot_reach_an_imported_control_is_refused() -> None:
    own = stack()
    imported = lambda_.Function.from_function_name(own, "Imported", "elsewhere")
    with pytest.raises(ValueError, match="cannot reach a control function that is imported"):
        FanOut(own, "Job", worker=worker.handler, control=imported, chunk_size=10)
