"""The wheel, away from the repository, synthesizes another app."""

import json
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent

APP = """\
import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from fan_out import FanOut

app = cdk.App(outdir="cdk.out")
stack = cdk.Stack(app, "Elsewhere")
FanOut(stack, "Nightly", worker="job.handler", chunk_size=10)
existing = lambda_.Function(stack, "Existing", runtime=lambda_.Runtime.PYTHON_3_14,
                            handler="job.handler", code=lambda_.Code.from_asset("code"))
FanOut(stack, "Hourly", worker=existing, chunk_size=5)
print(__import__("fan_out").__file__)
app.synth()
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"  # a build leaves its own folders in the tree that it builds
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(ROOT / "fan_out", source / "fan_out")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index"]
    command += ["--no-build-isolation", f"--wheel-dir={folder}", str(source)]
    subprocess.run(command, check=True, capture_output=True, cwd=folder, timeout=120)
    (built,) = folder.glob("fan_out-*.whl")
    return built


def test_the_wheel_holds_the_library_and_nothing_of_the_app(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert tops == {"fan_out", wheel.name.split("-py3")[0] + ".dist-info"}
    assert "fan_out/py.typed" in names
    shipped = {name for name in names if name.startswith("fan_out/") and name.endswith(".py")}
    assert shipped == {str(file.relative_to(ROOT)) for file in (ROOT / "fan_out").rglob("*.py")}


def test_an_app_elsewhere_synthesizes_with_nothing_of_the_repository_in_reach(
    wheel: Path, tmp_path: Path
) -> None:
    library = tmp_path / "library"
    zipfile.ZipFile(wheel).extractall(library)
    own = tmp_path / "app"
    (own / "code").mkdir(parents=True)
    (own / "app.py").write_text(APP)
    for file in (own / "job.py", own / "code" / "job.py"):
        file.write_text("def handler(event, context):\n    return event\n")
    # -S: no .pth file is read, so that the repository's own editable install is not seen
    path = [str(own), str(library), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    code = f"import sys; sys.path[:0] = {path!r}; exec(open('app.py').read())"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code],
        cwd=own,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(library / "fan_out" / "__init__.py")
    template = json.loads((own / "cdk.out" / "Elsewhere.template.json").read_text())
    types = [resource["Type"] for resource in template["Resources"].values()]
    assert types.count("AWS::StepFunctions::StateMachine") == 2
    assert types.count("AWS::Lambda::Function") == 4
    assert len(APP.splitlines()) == 12
