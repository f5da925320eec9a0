"""A project of its own, laid out as people do: its asset holds what is imported, and no more."""

import subprocess
import sys
from pathlib import Path

import pytest
from zips import names

APP = """\
import aws_cdk as cdk
from fan_out import FanOut
import jobs.nightly.flow as flow

app = cdk.App(outdir="cdk.out")
stack = cdk.Stack(app, "Elsewhere")
FanOut(stack, "Nightly", worker=flow.handler, chunk_size=10, include=["plugins", "jobs/ca.pem"])
app.synth()
"""

FLOW = """\
import importlib
import json

from common.tables import ROWS
from fan_out.runtime import Chunk, worker

from ..shared import settings
import helpers

def logged(function):
    def inner(chunk, context):
        return function(chunk, context)
    return inner

def plugin(name):
    return importlib.import_module(".".join(["plugins", name]))

@worker
def handle(chunk: Chunk, context):
    return [ROWS[record] for record in chunk]

handler = logged(handle)
"""

SHIPPED = {
    "src/jobs/__init__.py": "",
    "src/jobs/ca.pem": "AAAA",
    "src/jobs/nightly/__init__.py": "",
    "src/jobs/nightly/flow.py": FLOW,
    "src/jobs/nightly/countries.json": "{}",
    "src/jobs/nightly/test_cases.json": "{}",
    "src/jobs/shared.py": "settings = {}\n",
    "src/jobs/stack.py": "import aws_cdk\n",
    "src/common/__init__.py": "",
    "src/common/tables.py": "from common.test_data import ROWS\n",
    "src/common/test_data.py": "ROWS = range(100)\n",
    "src/common/py.typed": "",
    "src/helpers.py": "",
    "src/plugins/excel.py": "import formats\n",
    "src/formats/__init__.py": "",
}

NOT_SHIPPED = {
    ".env": "TOKEN=1",
    "src/.env": "TOKEN=1",
    "src/jobs/.env": "TOKEN=1",
    "src/jobs/nightly/__pycache__/flow.cpython-39.pyc": "",
    "src/jobs/node_modules/x/index.js": "",
    "src/jobs/tests/__init__.py": "",
    "src/jobs/tests/test_flow.py": "import pytest\n",
    "src/jobs/tests/expected.json": "{}",
    "src/jobs/venv/pyvenv.cfg": "",
    "src/jobs/venv/lib/python3.11/site-packages/x.py": "",
    "src/common/test_tables.py": "import pytest\n",
    "src/common/conftest.py": "",
    "src/unrelated/__init__.py": "",
    "src/app.tfstate": "{}",
    "src/project.egg-info/top_level.txt": "jobs\n",
    "tests/test_jobs.py": "",
    "pyproject.toml": "",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in {**SHIPPED, **NOT_SHIPPED, "app.py": APP}.items():
        file = tmp_path / "project" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path / "project"


def synth(project: Path) -> subprocess.CompletedProcess[str]:
    code = "import sys; sys.path[:0] = ['src']; exec(open('app.py').read())"
    return subprocess.run(
        [sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=False
    )


def test_the_asset_of_a_project_elsewhere_holds_what_is_imported_and_no_more(project: Path) -> None:
    done = synth(project)
    assert done.returncode == 0, done.stderr
    shipped = {name.removeprefix("src/") for name in SHIPPED}
    contents = [names(asset) for asset in (project / "cdk.out").glob("asset.*") if asset.is_dir()]
    # the built-in control has nothing of the user's
    assert sorted(contents, key=len) == [set(), shipped]


def test_what_is_shipped_is_all_that_the_handler_needs(project: Path) -> None:
    assert synth(project).returncode == 0
    (asset,) = (one for one in (project / "cdk.out").glob("asset.*") if (one / "jobs").is_dir())
    code = "import sys; sys.path.insert(0, '.'); import jobs.nightly.flow as flow; " + (
        "print(flow.handler({'offset': 3, 'oneJobProcessingCount': 2}, None), flow.plugin('excel'))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code],
        cwd=asset,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith("[3, 4] <module 'plugins.excel'"), done.stderr


def test_a_missing_requirement_stops_the_synth_before_anything_is_made(project: Path) -> None:
    (project / "src/jobs/shared.py").write_text(
        "settings = {}\ntry:\n    import numpy_is_not_here\n"
        "except ImportError:\n    pass\n\n\nimport rich\n"
    )
    done = synth(project)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ValueError: jobs.nightly.flow.handler cannot start: ")
    assert "src/jobs/shared.py, line 8 imports 'rich', which is not in the zip: add rich to" in last
    assert not (project / "cdk.out" / "Elsewhere.template.json").exists()
