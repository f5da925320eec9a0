"""The CDK CLI: which one is called, with what around it, and how it ends."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from bounded import ending, eventually
from fan_out.cli.cdk import CdkCli, cdk_environ, find_cdk, own_path
from fan_out.cli.cloud_assembly import (
    deployed_name,
    environments_of,
    read_stacks,
    region_to_run_in,
)
from fan_out.cli.errors import CommandError


def program(path: Path, script: str) -> Path:
    """A program in the CDK CLI's place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def cli(folder: Path, script: str, *, verbose: bool = False) -> CdkCli:
    path = program(folder / "bin" / "cdk", script)
    return CdkCli(str(path), folder, dict(os.environ), folder, verbose)


def test_the_cli_of_the_nearest_node_modules_comes_first(tmp_path: Path) -> None:
    app = tmp_path / "repo" / "app"
    on_path = program(tmp_path / "bin" / "cdk", "")
    above = program(tmp_path / "repo" / "node_modules" / ".bin" / "cdk", "")
    app.mkdir()
    assert find_cdk(app, str(on_path.parent)) == str(above)
    own = program(app / "node_modules" / ".bin" / "cdk", "")
    assert find_cdk(app, str(on_path.parent)) == str(own)
    assert find_cdk(tmp_path, str(on_path.parent)) == str(on_path)


def test_without_a_cli_the_line_says_how_to_install_it(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"npm install aws-cdk@2\.1148\.1$"):
        find_cdk(tmp_path, str(tmp_path))


def test_the_version_to_install_is_the_one_that_the_repository_pins() -> None:
    from fan_out.cli.cdk import VERSION

    package = json.loads((Path(__file__).parents[2] / "package.json").read_text())
    assert package["dependencies"] == {"aws-cdk": VERSION}


def test_python_and_node_are_those_of_this_interpreters_folder() -> None:
    folder = str(Path(sys.executable).parent)
    assert own_path({"PATH": "/usr/bin"}) == f"{folder}{os.pathsep}/usr/bin"
    assert own_path({}) == folder


def test_the_environment_keeps_what_is_written_in_the_scratch_folder(tmp_path: Path) -> None:
    given = {"AWS_PROFILE": "mine", "HOME": "/home/me", "AWS_REGION": "eu-west-1"}
    environ = cdk_environ(
        given, changes={"AWS_REGION": "us-east-1"}, unset=["AWS_PROFILE"], scratch=tmp_path
    )
    assert environ == {
        "HOME": "/home/me",
        "AWS_REGION": "us-east-1",
        "PATH": own_path({}),
        "CDK_HOME": str(tmp_path / "cdk-home"),
        "TMPDIR": str(tmp_path),
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "CDK_DISABLE_VERSION_CHECK": "true",
    }


def test_a_cli_that_succeeds_is_quiet(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    cli(tmp_path, "echo out; echo err >&2").call("synth")
    assert capfd.readouterr() == ("", "")


def test_a_verbose_cli_is_heard_on_stderr(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    cli(tmp_path, 'echo "$@"; echo err >&2', verbose=True).call("synth", "--quiet")
    assert capfd.readouterr() == ("", "synth --quiet --no-notices --no-color\nerr\n")


@pytest.mark.parametrize("verbose", [False, True])
def test_a_cli_that_fails_is_heard_once(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], verbose: bool
) -> None:
    failing = cli(tmp_path, "echo out; echo err >&2; exit 7", verbose=verbose)
    with pytest.raises(CommandError, match="cdk deploy failed with exit code 7") as failed:
        failing.call("deploy")
    assert failed.value.exit_code == 1
    assert capfd.readouterr() == ("", "out\nerr\n")


def test_an_interrupted_cli_ends_with_all_that_it_started(tmp_path: Path) -> None:
    """Also what does not listen: the child here ignores the request to end."""
    pids = tmp_path / "pids"
    script = (
        f"sh -c 'trap \"\" TERM; echo $$ >> {pids}; while :; do sleep 1; done' &\n"
        f"echo $$ >> {pids}\nwait"
    )
    code = (
        "import os; from pathlib import Path; from fan_out.cli.cdk import CdkCli\n"
        f"folder = Path({str(tmp_path)!r})\n"
        "CdkCli(str(folder / 'bin' / 'cdk'), folder, dict(os.environ), folder).call('synth')"
    )
    program(tmp_path / "bin" / "cdk", script)
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
    with ending(process):
        eventually(lambda: pids.exists() and len(pids.read_text().split()) == 2)
        process.send_signal(signal.SIGINT)
        process.wait(60)
    started = [int(pid) for pid in pids.read_text().split()]
    assert [pid for pid in started if psutil.pid_exists(pid) and not is_zombie(pid)] == []


def is_zombie(pid: int) -> bool:
    return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def stack(environment: str, *needs: str, **properties: Any) -> dict[str, Any]:
    return {
        "type": "aws:cloudformation:stack",
        "environment": f"aws://{environment}",
        "properties": {"templateFile": "t.json", **properties},
        "dependencies": list(needs),
    }


@pytest.fixture
def assembly(tmp_path: Path) -> Path:
    """Three stacks, one of them in a stage."""
    stage = {"Stage-C": {**stack("222222222222/eu-west-1"), "displayName": "Stage/C"}}
    nested = {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Stage"}}
    top = {
        "A": stack("unknown-account/unknown-region"),
        "B": stack("111111111111/us-east-1", "A", "B.assets", stackName="Nightly"),
        "B.assets": {"type": "cdk:asset-manifest", "properties": {"file": "x"}},
        "Stage": nested,
    }
    for folder, artifacts in ((tmp_path, top), (tmp_path / "assembly-Stage", stage)):
        folder.mkdir(exist_ok=True)
        (folder / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    return tmp_path


def test_all_stacks_are_deployed_those_in_stages_too(assembly: Path) -> None:
    assert [stack.path for stack in read_stacks(assembly)] == ["A", "B", "Stage/C"]


@pytest.mark.parametrize("chosen", ["B", "Nightly"])
def test_a_chosen_stack_comes_with_what_it_needs(assembly: Path, chosen: str) -> None:
    stacks = read_stacks(assembly, chosen)
    assert [stack.name for stack in stacks] == ["A", "Nightly"]
    assert deployed_name(stacks, chosen) == "Nightly"


def test_a_stack_that_the_app_has_not_is_said_with_those_that_it_has(assembly: Path) -> None:
    with pytest.raises(
        CommandError, match=r"^no stack D in the app; there is: A, Nightly, Stage-C$"
    ):
        read_stacks(assembly, "D")


def test_an_app_without_a_stack_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(CommandError, match="^the app must have a stack, and has none$"):
        read_stacks(tmp_path)


def test_open_environments_are_those_of_the_embedded_aws(assembly: Path) -> None:
    stacks = read_stacks(assembly, "B")
    assert environments_of(stacks, "111111111111", "eu-north-1") == [
        "aws://111111111111/eu-north-1",
        "aws://111111111111/us-east-1",
    ]


def test_a_stack_for_another_account_says_how_to_have_that(assembly: Path) -> None:
    with pytest.raises(CommandError, match="^stack Stage-C .*: add --account 222222222222$"):
        environments_of(read_stacks(assembly, "Stage/C"), "111111111111", "us-east-1")


def test_the_run_is_in_the_region_of_the_stack(assembly: Path) -> None:
    assert region_to_run_in(read_stacks(assembly, "A"), "A", "eu-north-1") == "eu-north-1"
    assert region_to_run_in(read_stacks(assembly, "B"), "B", "eu-north-1") == "us-east-1"
    assert region_to_run_in(read_stacks(assembly, "Stage/C"), "Stage/C", "x") == "eu-west-1"
    with pytest.raises(CommandError, match="^stacks in several regions, choose one with --stack:"):
        region_to_run_in(read_stacks(assembly), None, "us-east-1")
