"""The app: one stack for each environment, snapshotted, linted, and refused where it is wrong."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import cfnlint.api
import pytest
from cdk_nag import AwsSolutionsChecks
from syrupy.assertion import SnapshotAssertion

from app import FanOutStack
from fan_out import Environment

ROOT = Path(__file__).parent.parent.parent
CONTEXT: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text())["context"]
DEV: dict[str, Any] = CONTEXT["environments"]["dev"]


def synthesized(name: str) -> dict[str, Any]:
    app = cdk.App(context={**CONTEXT, "env": name})
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))  # a finding fails the synth
    environment = Environment.chosen(app.node)
    FanOutStack(app, "Stack", environment=environment, env=environment.env)
    return app.synth().get_stack_by_name("Stack").template  # type: ignore[no-any-return]


@pytest.fixture(scope="module", params=["dev", "prod"])
def template(request: pytest.FixtureRequest) -> dict[str, Any]:
    return synthesized(request.param)


def test_the_template_is_the_snapshot(
    template: dict[str, Any], snapshot: SnapshotAssertion
) -> None:
    """Asset hashes change with every line of code, so they are blanked."""
    text = re.sub(r"[0-9a-f]{64}", "ASSET", json.dumps(template, indent=2))
    assert json.loads(text) == snapshot


def test_the_template_is_clean_for_cfn_lint(template: dict[str, Any]) -> None:
    assert cfnlint.api.lint(json.dumps(template), regions=["us-east-1"]) == []


def test_the_outputs_are_the_machine_and_the_two_functions(template: dict[str, Any]) -> None:
    assert template["Outputs"].keys() == {
        "StateMachineArn",
        "ControlFunctionName",
        "WorkerFunctionName",
    }


def test_every_accepted_finding_has_its_reason() -> None:
    app = cdk.App(context={**CONTEXT, "env": "dev"})
    own = FanOutStack(app, "Stack", environment=Environment.chosen(app.node))
    key = cdk.Validations.ACKNOWLEDGED_RULES_METADATA_KEY
    found = [
        reason
        for construct in own.node.find_all()
        for entry in construct.node.metadata
        if entry.type == key
        for reason in entry.data.values()
    ]
    assert len(found) == 3
    assert all(len(str(reason)) > 20 for reason in found)


def run_app(env: str | None, **changes: Any) -> subprocess.CompletedProcess[str]:
    """Run the app as the CDK CLI does, with cdk.json's context changed."""
    context = {**CONTEXT, **changes}
    if env is not None:
        context["env"] = env
    return subprocess.run(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env={**os.environ, "CDK_CONTEXT_JSON": json.dumps(context)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_stack_is_named_after_its_environment_which_is_dev_by_default(tmp_path: Path) -> None:
    for env, name in ((None, "FanOut-dev"), ("prod", "FanOut-prod")):
        outdir = tmp_path / name
        os.environ["CDK_OUTDIR"] = str(outdir)
        try:
            done = run_app(env)
        finally:
            del os.environ["CDK_OUTDIR"]
        assert done.returncode == 0, done.stderr
        assert (outdir / f"{name}.template.json").exists()


def test_an_empty_environment_is_not_taken_for_the_default() -> None:
    done = run_app("")
    assert done.returncode == 1
    assert done.stderr.strip() == "error: env must be one of dev, prod, got ''"


def test_an_unknown_environment_is_one_line_and_no_traceback() -> None:
    done = run_app("staging")
    assert done.returncode == 1
    assert done.stderr.strip() == "error: env must be one of dev, prod, got 'staging'"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"colour": "red"}, "keys must be of account, chunk_size, log_retention, max_concurrency,"),
        ({"chunk_size": None}, "chunk_size must be a whole number from 1 to"),
        ({"chunk_size": 0}, "got 0"),
        ({"chunk_size": "10"}, "got '10' (a str)"),
        ({"max_concurrency": 500}, "max_concurrency must be a whole number from 0 to 40, got 500"),
        ({"account": "12345"}, "account must be 12 digits or null, got '12345' (a str)"),
        ({"account": 123456789012}, "account must be 12 digits or null, got 123456789012"),
        ({"region": "Tokyo"}, "region must be an AWS region or null, got 'Tokyo' (a str)"),
        ({"removal_policy": "keep"}, "removal_policy must be one of destroy, retain, got 'keep'"),
        ({"log_retention": 7}, "log_retention must be one of "),
        ({"tags": ["a"]}, "tags must be a JSON object of strings, got ['a']"),
        ({"tags": {"a": 1}}, "tags must be a JSON object of strings, got {'a': 1}"),
    ],
)
def test_a_wrong_key_or_value_is_named_in_one_line(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as error:
        Environment.read("dev", {**DEV, **changes})
    assert str(error.value).startswith("environment dev: ")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("key", ["chunk_size", "max_concurrency", "removal_policy"])
def test_a_missing_key_is_named(key: str) -> None:
    given = {name: value for name, value in DEV.items() if name != key}
    with pytest.raises(ValueError, match=f"environment dev: {key} must be given, got "):
        Environment.read("dev", given)


@pytest.mark.parametrize("given", [None, [], "dev", 5])
def test_an_environment_that_is_no_object_is_refused(given: object) -> None:
    with pytest.raises(ValueError, match="environment dev must be a JSON object, got"):
        Environment.read("dev", given)


@pytest.mark.parametrize("name", ["", "1st", "a_b", "x" * 41, "a b"])
def test_a_name_that_is_no_stack_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="name of an environment must be at most 40 letters"):
        Environment.read(name, DEV)


@pytest.mark.parametrize("environments", [None, {}, [], "dev"])
def test_a_cdk_json_without_environments_is_refused(environments: object) -> None:
    app = cdk.App(context={"environments": environments})
    with pytest.raises(ValueError, match="cdk.json must have environments, got"):
        Environment.chosen(app.node)


def test_account_and_region_reach_the_stack() -> None:
    given = {**DEV, "account": "123456789012", "region": "ap-northeast-1"}
    environment = Environment.read("dev", given)
    own = FanOutStack(cdk.App(), "Stack", environment=environment, env=environment.env)
    assert (own.account, own.region) == ("123456789012", "ap-northeast-1")
