"""Which machine is run: the only one, or the one that is chosen; else there is one clear line."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError
from recorded import answering, client, refusal

from fan_out.cli.aws import Aws
from fan_out.cli.errors import CommandError
from fan_out.cli.machine import Machine, find_machine

PREFIX = "arn:aws:states:us-east-1:123456789012:stateMachine:"


class Stacks:
    """Answers for CloudFormation, two stacks a page."""

    def __init__(self) -> None:
        self.stacks: dict[str, dict[str, str]] = {"CDKToolkit": {"BucketName": "assets"}}
        self.calls: list[str] = []

    def describe_stacks(self, request: Any) -> dict[str, Any]:
        asked = request.get("StackName")
        if asked is not None and asked not in self.stacks:
            raise refusal(
                "ValidationError", f"Stack with id {asked} does not exist", "DescribeStacks"
            )
        names = list(self.stacks) if asked is None else [asked]
        start = int(request.get("NextToken", 0))
        more = {"NextToken": str(start + 2)} if start + 2 < len(names) else {}
        return {"Stacks": [self._described(name) for name in names[start : start + 2]], **more}

    def _described(self, name: str) -> dict[str, Any]:
        outputs = [
            {"OutputKey": key, "OutputValue": value} for key, value in self.stacks[name].items()
        ]
        return {
            "StackName": name,
            "CreationTime": datetime(2026, 1, 1, tzinfo=UTC),
            "StackStatus": "CREATE_COMPLETE",
            "Outputs": outputs,
        }


class Only(Aws):
    """An AWS with CloudFormation alone."""

    def __init__(self, cloudformation: Any) -> None:
        self.__dict__["cloudformation"] = cloudformation


@pytest.fixture
def stacks() -> Stacks:
    return Stacks()


@pytest.fixture
def aws(stacks: Stacks) -> Iterator[Aws]:
    with answering(client("cloudformation"), stacks) as cloudformation:
        yield Only(cloudformation)


def refusal_of(aws: Aws, **chosen: str) -> str:
    with pytest.raises(CommandError) as refused:
        find_machine(aws, **chosen)
    assert refused.value.exit_code == 2
    return str(refused.value)


def test_the_only_machine_of_all_stacks_is_found_on_any_page(aws: Aws, stacks: Stacks) -> None:
    stacks.stacks |= {"A": {}, "B": {}, "C": {"Name": "x", "MachineArn": PREFIX + "Job"}}
    found = find_machine(aws)
    assert found == Machine(PREFIX + "Job", "C", "MachineArn")
    assert (found.name, found.region) == ("Job", "us-east-1")


def test_a_machine_that_is_an_output_twice_is_one(aws: Aws, stacks: Stacks) -> None:
    stacks.stacks["A"] = {"MachineArn": PREFIX + "Job", "ExportsOutputRefJob": PREFIX + "Job"}
    assert find_machine(aws).output == "MachineArn"


@pytest.mark.parametrize(
    ("chosen", "name"),
    [
        ({"stack": "B", "chosen": "First"}, "B1"),
        ({"stack": "A"}, "A1"),
        ({"chosen": "Second"}, "B2"),
        ({"chosen": PREFIX + "Elsewhere"}, "Elsewhere"),
        ({"chosen": PREFIX + "Elsewhere:live"}, "Elsewhere"),
    ],
)
def test_one_of_several_is_chosen_by_stack_output_or_arn(
    aws: Aws, stacks: Stacks, chosen: dict[str, str], name: str
) -> None:
    stacks.stacks["A"] = {"First": PREFIX + "A1"}
    stacks.stacks["B"] = {"First": PREFIX + "B1", "Second": PREFIX + "B2"}
    assert find_machine(aws, **chosen).name == name


def test_several_are_listed_as_they_are_chosen(aws: Aws, stacks: Stacks) -> None:
    stacks.stacks |= {"A": {"First": PREFIX + "A1"}, "B": {"First": PREFIX + "B1"}}
    several = (
        "several state machines in the outputs of 3 stacks, choose one: "
        "--stack A --machine First, --stack B --machine First"
    )
    assert refusal_of(aws) == several
    assert refusal_of(aws, chosen="First") == several
    assert refusal_of(aws, stack="A", chosen="Second") == (
        "no output Second with a state machine in the outputs of stack A, choose one: "
        "--stack A --machine First"
    )


def test_none_at_all_is_said_with_the_stacks_that_there_are(aws: Aws, stacks: Stacks) -> None:
    assert refusal_of(aws) == (
        "no state machine in the outputs of 1 stack (CDKToolkit): "
        "deploy a stack with one, or name one with --machine ARN"
    )
    stacks.stacks = {}
    assert refusal_of(aws).startswith("no state machine in the outputs of 0 stacks: deploy")


@pytest.mark.parametrize("qualifier", ["", ":3", ":live"])
def test_an_execution_is_the_machines_whatever_its_version(qualifier: str) -> None:
    assert Machine(f"{PREFIX}Job{qualifier}").execution_arn("run") == (
        "arn:aws:states:us-east-1:123456789012:execution:Job:run"
    )


@pytest.mark.parametrize("chosen", [{}, {"stack": "A"}])
def test_what_else_cloudformation_refuses_is_passed_on(
    aws: Aws, stacks: Stacks, monkeypatch: pytest.MonkeyPatch, chosen: dict[str, str]
) -> None:
    def refuse(request: Any) -> Any:
        raise refusal("AccessDenied", "not authorized", "DescribeStacks")

    monkeypatch.setattr(stacks, "describe_stacks", refuse)
    with pytest.raises(ClientError, match="not authorized"):
        find_machine(aws, **chosen)


def test_a_stack_that_is_not_there_is_said_with_those_that_are(aws: Aws, stacks: Stacks) -> None:
    stacks.stacks["FanOut-dev"] = {}
    assert refusal_of(aws, stack="FanOut") == "no stack FanOut; there is: CDKToolkit, FanOut-dev"
