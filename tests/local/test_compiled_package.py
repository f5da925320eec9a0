"""A worker that needs a compiled package runs here, with the package built for this machine."""

import importlib.metadata
import json
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import aws_cdk as cdk
import pytest

from bounded import ended
from fan_out import FanOut
from fan_out.local import EmbeddedAws
from fan_out.local.assembly import deploy
from fan_out.requirements import LOCAL_PYTHON_VARIABLE
from wheels import wheel

WORK = """\
import boto3
from rpds import HashTrieMap  # Rust

from fan_out.runtime import worker


@worker
def handler(chunk, context):
    squares = HashTrieMap({record: record * record for record in chunk})
    account = boto3.client("sts").get_caller_identity()["Account"]
    return [account, *(squares[record] for record in chunk)]
"""


def repack(name: str, folder: Path) -> None:
    """Make the wheel again that an installed package came from: pip needs no network for it."""
    installed = importlib.metadata.distribution(name)
    tags = [
        line.removeprefix("Tag: ").rsplit("-", 1)
        for line in (installed.read_text("WHEEL") or "").splitlines()
        if line.startswith("Tag: ")
    ]
    tag = f"{tags[0][0]}-{'.'.join(platform for _, platform in tags)}"
    wheel = folder / f"{name.replace('-', '_')}-{installed.version}-{tag}.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for file in installed.files or []:
            if "__pycache__" not in file.parts and file.name not in {"INSTALLER", "REQUESTED"}:
                archive.write(str(installed.locate_file(file)), str(file))


def test_a_compiled_package_is_installed_for_this_machine_and_works(
    aws: EmbeddedAws,
    importable: Callable[[dict[str, str]], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    repack("rpds-py", tmp_path)
    # Lambda's, which the embedded AWS asks for and does not run
    version = importlib.metadata.version("rpds-py")
    wheel(tmp_path, "rpds_py", {}, "cp314-cp314-manylinux_2_28_aarch64", version=version)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv(LOCAL_PYTHON_VARIABLE, sys.executable)
    importable({"compiledjob/work.py": WORK, "compiledjob/requirements.txt": "rpds-py\n"})
    app = cdk.App(outdir=str(tmp_path / "cdk.out"))
    stack = cdk.Stack(app, "Compiled")
    job = FanOut(stack, "Job", worker="compiledjob.work.handler", chunk_size=2)
    cdk.CfnOutput(stack, "Machine", value=job.state_machine.state_machine_arn)
    app.synth()
    machine = deploy(tmp_path / "cdk.out", aws.session())["Compiled"]["Machine"]
    client = aws.session().client("stepfunctions")
    arn = client.start_execution(
        stateMachineArn=machine, input=json.dumps({"totalProcessRecordCount": 3})
    )["executionArn"]
    done = ended(client, arn)
    assert done["status"] == "SUCCEEDED", done.get("cause")
    assert json.loads(done["output"]) == [["123456789012", 0, 1], ["123456789012", 4]]
