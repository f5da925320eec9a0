"""An import that nothing brings to Lambda is met at synth, with its file and line."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import assertions
from aws_cdk import aws_lambda as lambda_
from zips import ARM, HANDLER, own_files, warnings_of

from fan_out import FanOut, quotas
from fan_out.requirements import LOCAL_PYTHON_VARIABLE, Target
from fan_out.shipping.layers import Layers, layers_of

Write = Callable[[dict[str, str]], Path]
OPTIONS = lambda_.FunctionOptions


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(LOCAL_PYTHON_VARIABLE, raising=False)


def flow(*lines: str) -> dict[str, str]:
    return {"job/flow.py": "\n".join([*lines, HANDLER])}


@pytest.mark.parametrize(
    ("line", "name", "why"),
    [
        ("import nowhere", "nowhere", "which nothing brings to Lambda: add what does to req"),
        ("from nowhere.deep import x", "nowhere.deep", "which nothing brings to Lambda"),
        ("import yaml", "yaml", "which is not in the zip: add PyYAML to requirements.txt"),
        ("import aws_cdk as cdk", "aws_cdk", "which is not in the zip: add aws-cdk-lib"),
        ("import cgi", "cgi", "which Python 3.13 removed"),
        ("from distutils.util import strtobool", "distutils.util", "which Python 3.12 removed"),
        ("from fan_out import FanOut", "fan_out.FanOut", "only fan_out.runtime is there in Lambda"),
        ("import fan_out.cli", "fan_out.cli", "and of fan_out only fan_out.runtime is there"),
        ("import winreg", "winreg", "which nothing brings"),
        ("from . import nothing", "job.nothing", "and there is no such module"),
        ("import job.deep.nothing", "job.deep.nothing", "and there is no such module"),
        ("class Early:\n    import nowhere", "nowhere", ""),
        ("try:\n    import nowhere\nexcept KeyError:\n    pass", "nowhere", ""),
        ("try:\n    pass\nfinally:\n    import nowhere", "nowhere", ""),
        (
            "try:\n    open('x')\nexcept ImportError:\n    pass\nelse:\n    import nowhere",
            "nowhere",
            "",
        ),
        ("try:\n    import nowhere\nexcept ImportError:\n    print()\n    raise", "nowhere", ""),
        ("with open('x'):\n    import nowhere", "nowhere", ""),
        ("import sys\nif sys.version_info >= (3, 9):\n    import nowhere", "nowhere", ""),
        ("import sys\nif not sys.platform.startswith('win'):\n    import nowhere", "nowhere", ""),
        ("import importlib\nimportlib.import_module('nowhere')", "nowhere", ""),
        ("from job.deep import inner", "nowhere", ""),
    ],
)
def test_an_import_at_the_top_of_a_module_that_nothing_brings_is_an_error(
    line: str, name: str, why: str, importable: Write
) -> None:
    folder = importable(
        {
            **flow("import os", line),
            "job/deep/__init__.py": "",
            "job/deep/inner.py": "import os\nimport nowhere\n",
        }
    )
    number = 1 + max(n for n, text in enumerate(["", *line.split("\n")]) if "import" in text)
    file = folder / ("job/deep/inner.py" if "inner" in line else "job/flow.py")
    with pytest.raises(ValueError) as error:
        own_files("job.flow.handler")
    expected = f"job.flow.handler cannot start: {file}, line {number} imports {name!r}, "
    assert str(error.value).startswith(expected)
    assert why in str(error.value)
    assert "\n" not in str(error.value)


def test_all_that_is_missing_is_named_at_once(importable: Write) -> None:
    importable(flow("import nowhere", "import nothing", "import nowhere.deep"))
    with pytest.raises(ValueError, match="'nowhere', .*; 'nothing', 'nowhere.deep' are missing, t"):
        own_files("job.flow.handler")
    importable(flow("import nowhere", "import nothing"))
    with pytest.raises(ValueError, match="'nowhere', .*; 'nothing' is missing, too$"):
        own_files("job.flow.handler")


@pytest.mark.parametrize(
    "lines",
    [
        "try:\n    import tomllib\nexcept ImportError:\n    import nothing",
        "try:\n    import nowhere\nexcept ImportError:\n    import json",
        "try:\n    import nowhere\nexcept ImportError:\n    try:\n        import nothing\n"
        "    except ImportError:\n        nothing = None",
        "try:\n    import nowhere\nexcept (KeyError, ModuleNotFoundError):\n    pass",
        "try:\n    import nowhere\nexcept Exception:\n    pass\nelse:\n    import nowhere.deep",
        "try:\n    import nowhere\nexcept:\n    pass",
        "try:\n    import nowhere\nexcept* ImportError:\n    pass",
        "def later():\n    try:\n        import nowhere\n    except ImportError:\n        pass",
        "try:\n    from job import other\nexcept ImportError:\n    other = None",
        "from contextlib import suppress\nwith suppress(ImportError):\n    import nowhere",
        "import contextlib\nwith contextlib.suppress(ImportError):\n    import nowhere",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import nowhere",
        "import typing as t\nif t.TYPE_CHECKING:\n    import nowhere\nelse:\n    import json",
        "import sys\nif sys.platform == 'win32':\n    import winreg",
        "import sys\nif sys.platform in ('win32', 'darwin'):\n    import nowhere",
        "import os\nif os.name == 'nt':\n    import msvcrt",
        "import sys\nif sys.version_info < (3, 11):\n    import tomli\nelse:\n    import tomllib",
        "import sys\nif sys.version_info[:2] < (3, 11):\n    import tomli",
        "import sys\nif sys.version_info[0] == 2 or sys.version_info.major < 3:\n    import x",
        "import sys\nif sys.version_info > (3, 0) and sys.platform != 'linux':\n    import nowhere",
        "if __name__ == '__main__':\n    import nowhere",
        "if False:\n    import nowhere",
        "import importlib.util as u\nif u.find_spec('nowhere'):\n    import nowhere",
        "from __future__ import annotations\nimport os.path, xml.etree, concurrent.futures",
        "import boto3, botocore.config, dateutil.parser, urllib3, jmespath, s3transfer, six.moves",
        "import awslambdaric, simplejson, snapshot_restore_py, __main__",
        "from fan_out.runtime import Chunk\nfrom fan_out import runtime\nimport fan_out.runtime",
        "from job import name_that_is_made_at_run_time",
        "from job.flow import handler as itself",
        "import annotationlib, compression.zstd",
        "from ....too.far import x",
        "import job.made.up",
        "import importlib as i\nload = lambda: i.import_module('') or i.import_module()",
    ],
)
def test_what_is_there_or_is_prepared_for_is_not_reported(lines: str, importable: Write) -> None:
    importable(
        {
            **flow(lines),
            "job/__init__.py": "",
            "job/other.py": "import nowhere\n",
            "job/unreached.py": "import nowhere\n",
            "job/made/__init__.py": "import sys\nsys.modules['job.made.up'] = sys\n",
        }
    )
    assert warnings_of("job.flow.handler") == {}


@pytest.mark.parametrize(
    "lines",
    [
        "def later():\n    import nowhere",
        "async def later():\n    import nowhere",
        "import os\nif os.environ.get('FAST'):\n    import nowhere",
        "for name in ():\n    import nowhere",
        "def later():\n    from job import other",
        "import sys\nsys.path.insert(0, 'vendor')\nimport nowhere",
        "import site\nsite.addsitedir('vendor')\nimport nowhere",
        "import pkgutil, job\nnames = list(pkgutil.iter_modules(job.__path__))",
        "import platform\nif platform.system() == 'Linux':\n    import nowhere",
        "import sys\nif sys.byteorder.startswith('little'):\n    import nowhere",
        "import sys\nif sys.version_info < 4:\n    import nowhere",
        "try:\n    import os\nexcept ImportError:\n    pass\nelse:\n    import nowhere",
        "try:\n    import nothing\nexcept ImportError:\n    import nowhere",
        "try:\n    import nothing.deep\nexcept ImportError:\n    from nowhere import deep",
    ],
)
def test_what_may_be_missing_is_a_warning(lines: str, importable: Write) -> None:
    importable({**flow(lines), "job/__init__.py": "", "job/other.py": "import nowhere\n"})
    (warning,) = warnings_of("job.flow.handler").items()
    assert warning[0] == "fan_out:import:nowhere"
    assert "imports 'nowhere', which nothing brings to Lambda" in warning[1]


def test_a_module_in_a_folder_that_the_code_puts_on_the_path_is_there(importable: Write) -> None:
    lines = "import sys, os\nsys.path.append(os.path.dirname(__file__) + '/vendor')\nimport vend"
    importable({**flow(lines), "job/vendor/vend/__init__.py": ""})
    assert warnings_of("job.flow.handler") == {}


@pytest.mark.parametrize(
    ("python", "module", "is_there"),
    [
        ("3.11", "distutils", True),
        ("3.12", "distutils", False),
        ("3.12", "cgi", True),
        ("3.13", "telnetlib", False),
        ("3.13", "annotationlib", False),
        ("3.14", "annotationlib", True),
        ("3.11", "tomllib", True),
    ],
)
def test_the_functions_version_of_python_counts(
    python: str, module: str, is_there: bool, importable: Write
) -> None:
    importable(flow(f"def later():\n    import {module}"))
    warnings = warnings_of("job.flow.handler", Target(python=python, machine="aarch64"))
    assert (warnings == {}) == is_there


def test_a_file_that_this_python_cannot_read_is_a_warning(importable: Write) -> None:
    """It may be written for a later Python than the one that synthesizes."""
    deep = "x = " + "+".join(["1"] * 5000)
    importable(
        {
            **flow("import job.new", "import job.deep"),
            "job/new.py": "typo X = int\n",
            "job/deep.py": deep,
        }
    )
    warnings = warnings_of("job.flow.handler")
    assert warnings.keys() == {"fan_out:unread:job.new", "fan_out:unread:job.deep"}
    assert "cannot be read by this Python, and its imports" in warnings["fan_out:unread:job.new"]


INSTALLED = {
    "regular/__init__.py": "",
    "single.py": "",
    "fast.cpython-314-aarch64-linux-gnu.so": "",
    "limited.abi3.so": "",
    "google/cloud/storage/__init__.py": "",
    "frozen.pyc": "",
    "setuptools/__init__.py": "",
}


@pytest.fixture
def requirement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package of all kinds of modules, which pip installs without a network."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with zipfile.ZipFile(tmp_path / "needed-1.0-py3-none-any.whl", "w") as archive:
        for path, text in INSTALLED.items():
            archive.writestr(path, text)
        info = "needed-1.0.dist-info"
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: needed\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "".join(f"{path},,\n" for path in INSTALLED))


def test_what_the_requirements_bring_is_there_in_every_form(
    importable: Write, requirement: None
) -> None:
    good = (
        "import regular.made.at.run_time, single, fast, limited, google.cloud.storage, frozen",
        "from google.cloud import storage",
        "from google.cloud.storage import Client",
        "from setuptools import setup",
        "from distutils.core import Extension",
    )
    importable({**flow(*good), "job/requirements.txt": "needed==1.0\n"})
    assert warnings_of("job.flow.handler") == {}


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("from google.cloud import bigquery", "google.cloud.bigquery"),
        ("import google.protobuf", "google.protobuf"),
    ],
)
def test_a_namespace_package_brings_what_is_in_it_and_no_more(
    line: str, name: str, importable: Write, requirement: None
) -> None:
    importable({**flow(line), "job/requirements.txt": "needed==1.0\n"})
    with pytest.raises(ValueError, match=f"imports '{name}', which"):
        own_files("job.flow.handler")


def test_a_mere_folder_beside_the_code_gives_way_to_a_requirement(
    importable: Write, requirement: None
) -> None:
    importable(
        {
            **flow("import regular"),
            "job/requirements.txt": "needed==1.0\n",
            "regular/Dockerfile": "",
        }
    )
    assert "regular/Dockerfile" not in own_files("job.flow.handler")


def layer_options(scope: cdk.Stack, folder: Path, form: str, text: str = "") -> OPTIONS:
    """A layer with the module ``nowhere``, known or not."""
    content = folder / "content"
    inner = "python/lib/python3.14/site-packages" if form == "site-packages" else "python"
    (content / inner / "nowhere").mkdir(parents=True)
    (content / inner / "nowhere" / "__init__.py").write_text(text)
    if form == "zip":
        with zipfile.ZipFile(folder / "layer.zip", "w") as archive:
            archive.write(content / inner / "nowhere/__init__.py", f"{inner}/nowhere/__init__.py")
        content = folder / "layer.zip"
    if form == "imported":
        arn = "arn:aws:lambda:us-east-1:123456789012:layer:nowhere:1"
        layer = lambda_.LayerVersion.from_layer_version_arn(scope, "Layer", arn)
    else:
        layer = lambda_.LayerVersion(scope, "Layer", code=lambda_.Code.from_asset(str(content)))
    return OPTIONS(layers=[layer])


@pytest.mark.parametrize("form", ["folder", "zip", "site-packages"])
def test_a_layer_of_the_app_brings_what_is_in_it(
    form: str, importable: Write, tmp_path: Path
) -> None:
    for module, is_there in (("nowhere", True), ("nothing", False)):
        stack = cdk.Stack(cdk.App(), "Stack")
        folder = tmp_path / module
        folder.mkdir()
        options = layer_options(stack, folder, form)
        importable(flow(f"import {module}"))
        given: dict[str, Any] = {"worker": "job.flow.handler", "worker_options": options}
        if is_there:
            FanOut(stack, "Job", chunk_size=1, **given)
            assertions.Annotations.from_stack(stack).has_no_warning(
                "*", assertions.Match.any_value()
            )
        else:
            with pytest.raises(ValueError, match="imports 'nothing', which nothing brings"):
                FanOut(stack, "Job", chunk_size=1, **given)


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_layers_count_towards_what_lambda_unpacks(
    form: str, importable: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = cdk.Stack(cdk.App(), "Stack")
    options = layer_options(stack, tmp_path, form, text="#" * 300_000)
    monkeypatch.setattr(quotas, "LAMBDA_UNPACKED_BYTES", 300_000)
    importable(flow("import nowhere"))
    with pytest.raises(ValueError, match="zip and the layers of job.flow.handler must unpack to"):
        FanOut(stack, "Job", worker="job.flow.handler", chunk_size=1, worker_options=options)


def test_a_layer_that_is_neither_a_folder_nor_an_archive_is_not_known(tmp_path: Path) -> None:
    (tmp_path / "layer.jar").write_text("no archive")
    code = lambda_.Code.from_asset(str(tmp_path / "layer.jar"))
    layer = lambda_.LayerVersion(cdk.Stack(cdk.App(), "Stack"), "Layer", code=code)
    assert layers_of({"layers": [layer], "environment": {}}, "3.14") == Layers(all_known=False)


@pytest.mark.parametrize("unknown", ["imported", "PYTHONPATH"])
def test_where_code_may_come_from_an_unknown_place_a_missing_import_is_a_warning(
    unknown: str, importable: Write, tmp_path: Path
) -> None:
    stack = cdk.Stack(cdk.App(), "Stack")
    if unknown == "imported":
        options = layer_options(stack, tmp_path, unknown)
    else:
        options = OPTIONS(environment={"PYTHONPATH": "/mnt/code"})
    importable(flow("import nowhere"))
    FanOut(stack, "Job", worker="job.flow.handler", chunk_size=1, worker_options=options)
    worker = stack.node.find_child("Job").node.find_child("Worker")
    (warning,) = [one for one in worker.node.metadata if one.type == "aws:cdk:warning"]
    assert "line 1 imports 'nowhere', which nothing brings to Lambda" in warning.data
    assert "[ack: fan_out:import:nowhere]" in warning.data


def test_a_warning_can_be_acknowledged(importable: Write) -> None:
    stack = cdk.Stack(cdk.App(), "Stack")
    importable(flow("def later():\n    import nowhere"))
    FanOut(stack, "Job", worker="job.flow.handler", chunk_size=1)
    cdk.Annotations.of(stack).acknowledge_warning("fan_out:import:nowhere")
    assertions.Annotations.from_stack(stack).has_no_warning("*", assertions.Match.any_value())
    assert ARM.python == "3.14"
