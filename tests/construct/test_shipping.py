"""The zip holds what the handler's own code imports, whole packages of it, and no more."""

import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_
from zips import HANDLER, dist_info, importing, own_files, write

from fan_out import FanOut
from fan_out.requirements import LOCAL_PYTHON_VARIABLE
from fan_out.shipping import source

Write = Callable[[dict[str, str]], Path]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(LOCAL_PYTHON_VARIABLE, raising=False)


@pytest.mark.parametrize(
    "line",
    [
        "import common",
        "import common.tables",
        "import common.tables as t",
        "from common import tables",
        "from common.tables import rows",
        "from common import *",
        "try:\n    import common\nexcept ImportError:\n    common = None",
        "if rare():\n    import common",
        "class Lazy:\n    from common import tables",
        "import importlib\nimportlib.import_module('common.tables')",
        "__import__('common')",
        "def later():\n    from common.tables import rows",
        "from job import beside",
        "from . import beside",
        "from .beside import tables",
        "from .deep.down import tables",
        "from .deep import down as d",
        "import job.deep.down",
        "import importlib\nimportlib.import_module('.beside', __package__)",
        "import importlib\nimportlib.import_module('.beside', package=__package__)",
        "import other",
    ],
)
def test_what_the_code_imports_from_the_same_path_ships_whole(line: str, importable: Write) -> None:
    importable(
        {
            "job/__init__.py": "",
            "job/flow.py": importing("rare = bool", line),
            "job/beside.py": "from common import tables\n",
            "job/deep/__init__.py": "",
            "job/deep/down.py": "from ...job import beside\nfrom ..beside import tables\n",
            "common/__init__.py": "",
            "common/tables.py": "rows = []\n",
            "common/data/rows.csv": "",
            "other.py": "from common import tables\n",
            "unrelated/__init__.py": "",
            "flat.py": "",
        }
    )
    job = {"__init__.py", "flow.py", "beside.py", "deep/__init__.py", "deep/down.py"}
    common = {"common/__init__.py", "common/tables.py", "common/data/rows.csv"}
    flat = {"other.py"} if line == "import other" else set()
    assert own_files("job.flow.handler") == {f"job/{name}" for name in job} | common | flat


@pytest.mark.parametrize(
    "line",
    [
        "TYPE_CHECKING = False\nif TYPE_CHECKING:\n    import common",
        "import typing\nif typing.TYPE_CHECKING:\n    import common",
        "import sys\nif sys.platform == 'win32':\n    import common",
        "if __name__ == '__main__':\n    import common",
        "# import common",
        "'import common'",
    ],
)
def test_what_is_never_imported_in_lambda_does_not_ship(line: str, importable: Write) -> None:
    importable({"flow.py": importing(line), "common.py": ""})
    assert own_files("flow.handler") == {"flow.py"}


def test_a_flat_module_ships_with_the_flat_modules_that_it_imports(importable: Write) -> None:
    importable(
        {
            "worker.py": importing("import helpers"),
            "helpers.py": "import queue, more\n",
            "more.py": "import worker\n",  # a circle
            "queue.py": "",  # shadows the standard library, here and in Lambda
            "app.py": "import worker\n",
            "secrets.json": "{}",
        }
    )
    assert own_files("worker.handler") == {"worker.py", "helpers.py", "more.py", "queue.py"}


@pytest.mark.parametrize(
    ("made_up", "more"),
    [
        ("import_module(f'job.steps.{name}')", {"common.py"}),
        ("import_module('job.steps.' + name)", {"common.py"}),
        ("import_module('job.steps.%s' % name)", {"common.py"}),
        ("import_module(name)", {"common.py"}),
        ("import_module(f'{name}.steps')", {"common.py"}),
        ("import_module('.' + name, __package__)", {"common.py"}),
        ("iter_modules(name)", {"common.py"}),
        ("import_module(f'plugins.{name}')", {"plugins/excel.py"}),
        ("import_module(f'nowhere.{name}')", set()),
        ("import_nothing(name)", set()),
    ],
)
def test_modules_that_are_imported_by_made_up_names_ship_with_what_they_import(
    made_up: str, more: set[str], importable: Write
) -> None:
    """Those of the package that the name begins with, or else of the code's own."""
    importable(
        {
            "job/flow.py": importing(f"load = lambda name: {made_up}"),
            "job/steps/one.py": "import common\n",
            "job/steps/test_one.py": "import pytest\nimport not_here\n",
            "job/steps/one_test.py": "from unittest import TestCase\nimport not_here\n",
            "job/steps/conftest.py": "import not_here\n",
            "plugins/excel.py": "",
            "common.py": "",
        }
    )
    assert own_files("job.flow.handler") == {"job/flow.py", "job/steps/one.py"} | more


def test_a_step_that_is_called_as_a_test_is_none_if_it_runs_no_tests(importable: Write) -> None:
    importable(
        {
            "job/flow.py": importing("load = lambda name: import_module(f'job.steps.{name}')"),
            "job/steps/ab_test.py": "import common\n",
            "job/steps/test_load.py": "",
            "common.py": "",
        }
    )
    steps = {"job/steps/ab_test.py", "job/steps/test_load.py"}
    assert own_files("job.flow.handler") == {"job/flow.py", "common.py"} | steps


@pytest.mark.parametrize(
    ("files", "handler"),
    [
        ({"job/test_worker.py": HANDLER}, "job.test_worker.handler"),
        ({"ab_test.py": HANDLER}, "ab_test.handler"),
        ({"job/ab_test.py": HANDLER}, "job.ab_test.handler"),
        ({"test/work.py": HANDLER, "test/__init__.py": ""}, "test.work.handler"),
        ({"tests/work.py": HANDLER, "tests/data.json": ""}, "tests.work.handler"),
        (
            {"job/w.py": importing("import job.test_data"), "job/test_data.py": ""},
            "job.w.handler",
        ),
        (
            {"job/w.py": importing("from . import conftest"), "job/conftest.py": ""},
            "job.w.handler",
        ),
        (
            {
                "job/w.py": importing("from .tests import a"),
                "job/tests/a.py": "",
                "job/tests/b.csv": "",
            },
            "job.w.handler",
        ),
        (
            {"w.py": importing("from tests import a"), "tests/a.py": "", "tests/__init__.py": ""},
            "w.handler",
        ),
        (
            {"job/w.py": HANDLER, "job/test_cases.json": "{}", "job/test.csv": ""},
            "job.w.handler",
        ),
        ({"job/w.py": HANDLER, "job/tests/blood.csv": ""}, "job.w.handler"),
        ({"job/w.py": HANDLER, "job/test/blood.py": ""}, "job.w.handler"),
        ({"job/w.py": HANDLER, "job/build/a.py": "", "job/dist/env/b": ""}, "job.w.handler"),
        ({"job/w.py": importing("import job.venv.a"), "job/venv/a.py": ""}, "job.w.handler"),
        ({"job/w.py": HANDLER, "job/data/requirements.txt": ""}, "job.w.handler"),
        ({"job/w.py": importing("import lib"), "lib.pyc": ""}, "job.w.handler"),
        (
            {"job/w.py": HANDLER, "job/fast.cpython-314-aarch64-linux-gnu.so": ""},
            "job.w.handler",
        ),
    ],
)
def test_nothing_that_is_needed_is_left_out_for_its_name(
    files: dict[str, str], handler: str, importable: Write
) -> None:
    importable(files)
    assert own_files(handler) == set(files)


@pytest.mark.parametrize(
    "left_out",
    [
        "job/.env",
        "job/.mypy_cache/x.json",
        "job/.venv/lib/x.py",
        "job/__pycache__/w.cpython-311.pyc",
        "job/w.pyc",
        "job/venv/lib/x.py",
        "job/node_modules/x/index.js",
        "job/cdk.out/manifest.json",
        "job/test_w.py",
        "job/w_test.py",
        "job/conftest.py",
        "job/deep/test_w.py",
    ],
)
def test_dotfiles_caches_tools_and_tests_that_nobody_imports_stay_out(
    left_out: str, importable: Write
) -> None:
    importable({"job/w.py": HANDLER, left_out: "", "job/deep/x.py": ""})
    assert own_files("job.w.handler") == {"job/w.py", "job/deep/x.py"}


@pytest.mark.parametrize(
    ("folder", "mark"),
    [
        ("job/py", "pyvenv.cfg"),
        ("job/py", "conda-meta/history"),
        ("job/out", "cdk.out"),
        ("job/tests", "test_w.py"),
        ("job/test", "unit/test_w.py"),
        ("job/tests", "conftest.py"),
    ],
)
def test_folders_of_tools_and_of_tests_stay_out_whole(
    folder: str, mark: str, importable: Write
) -> None:
    importable({"job/w.py": HANDLER, f"{folder}/{mark}": "", f"{folder}/more/x.json": "{}"})
    assert own_files("job.w.handler") == {"job/w.py"}


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    """A second folder at the end of the import path."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    sys.path.append(str(folder))
    yield folder
    sys.path.remove(str(folder))


def test_own_code_from_another_folder_of_the_import_path_ships(
    importable: Write, elsewhere: Path
) -> None:
    write(elsewhere, {"shared/__init__.py": "", "shared/x.py": ""})
    importable({"job/flow.py": importing("import shared")})
    assert own_files("job.flow.handler") == {"job/flow.py", "shared/__init__.py", "shared/x.py"}


def test_a_namespace_package_ships_the_folders_that_are_imported_from(
    importable: Write, elsewhere: Path
) -> None:
    write(elsewhere, {"acme/common/__init__.py": "", "acme/common/x.py": ""})
    importable({"acme/job/flow.py": importing("from acme.common import x"), "acme/b.py": ""})
    assert own_files("acme.job.flow.handler") == {
        "acme/job/flow.py",
        "acme/b.py",
        "acme/common/__init__.py",
        "acme/common/x.py",
    }
    absent = "try:\n    import acme.absent\nexcept ImportError: ..."
    importable({"acme/job/flow.py": importing(absent)})
    assert own_files("acme.job.flow.handler") == {"acme/job/flow.py", "acme/b.py"}


def test_what_is_installed_ships_by_requirements_alone(importable: Write, elsewhere: Path) -> None:
    """In ``site-packages``, or by ``pip install --target`` beside the user's own code."""
    site = elsewhere / "site-packages"
    write(site, {"third/__init__.py": ""})
    sys.path.append(str(site))
    try:
        importable(
            {
                "job/flow.py": importing(
                    "import helpers", "try:\n    import third, beside\nexcept ImportError: ..."
                ),
                "helpers.py": "",
                "beside/__init__.py": "",
                **dist_info("beside", "beside/__init__.py", "beside-1.0.dist-info/RECORD"),
            }
        )
        assert own_files("job.flow.handler") == {"job/flow.py", "helpers.py"}
    finally:
        sys.path.remove(str(site))


def test_a_handler_that_is_installed_itself_ships_with_its_package(elsewhere: Path) -> None:
    site = elsewhere / "site-packages"
    write(
        site, {"third/__init__.py": "", "third/w.py": importing("import third.x"), "third/x.py": ""}
    )
    sys.path.append(str(site))
    try:
        importlib.invalidate_caches()
        shipped = {"third/__init__.py", "third/w.py", "third/x.py"}
        assert own_files("third.w.handler") == shipped
    finally:
        sys.path.remove(str(site))


def test_an_editable_install_is_the_users_own_code(importable: Write, tmp_path: Path) -> None:
    """setuptools finds one by a finder of its own, also where the folder has another name."""
    source = tmp_path / "another_name"
    write(source, {"__init__.py": "", "x.py": ""})
    spec = importlib.util.spec_from_file_location(
        "editable", source / "__init__.py", submodule_search_locations=[str(source)]
    )

    class Finder:
        @staticmethod
        def find_spec(name: str, path: object, target: object = None) -> object:
            return spec if name == "editable" else None

    importable({"job/flow.py": importing("from editable import x")})
    sys.meta_path.append(Finder)  # type: ignore[arg-type]
    try:
        shipped = {"job/flow.py", "editable/__init__.py", "editable/x.py"}
        assert own_files("job.flow.handler") == shipped
    finally:
        sys.meta_path.remove(Finder)  # type: ignore[arg-type]


def test_a_source_is_read_once_by_all_functions(importable: Write) -> None:
    importable({"job/flow.py": importing("from job import a, b"), "job/a.py": "", "job/b.py": ""})
    own_files("job.flow.handler")
    read = source._read.cache_info().misses
    own_files("job.flow.handler")
    assert source._read.cache_info().misses == read


def test_include_needs_a_handler_to_package() -> None:
    stack = cdk.Stack(cdk.App(), "Stack")
    existing = lambda_.Function(
        stack,
        "Existing",
        runtime=lambda_.Runtime.PYTHON_3_14,
        handler="index.handler",
        code=lambda_.Code.from_inline(HANDLER),
    )
    with pytest.raises(ValueError, match="include needs a handler to package, got existing func"):
        FanOut(stack, "Job", worker=existing, control=existing, include=["common"])


def test_an_edit_is_seen_by_the_next_synth(importable: Write) -> None:
    importable({"flow.py": HANDLER, "helpers.py": ""})
    assert own_files("flow.handler") == {"flow.py"}
    importable({"flow.py": importing("import helpers")})
    assert own_files("flow.handler") == {"flow.py", "helpers.py"}


@pytest.mark.parametrize(
    ("include", "more"),
    [
        (["common"], {"common/__init__.py", "common/x.py", "util.py"}),
        (["common.x"], {"common/__init__.py", "common/x.py", "util.py"}),
        (["common/x.py"], {"common/__init__.py", "common/x.py", "util.py"}),
        (["common/"], {"common/__init__.py", "common/x.py", "util.py"}),
        (["util"], {"util.py"}),
        (["util.py", "data"], {"util.py", "data/a.csv", "data/tests/test_b.csv"}),
        (["data/a.csv"], {"data/a.csv"}),
        (["job/tests"], {"job/tests/test_w.py", "job/tests/a.csv"}),
        (["job.tests.test_w"], {"job/tests/test_w.py", "job/tests/a.csv"}),
        (["job/.schema.json"], {"job/.schema.json"}),
        (["settings.json"], {"settings.json"}),
        ([], set()),
    ],
)
def test_include_names_what_no_import_shows(
    include: list[str], more: set[str], importable: Write
) -> None:
    importable(
        {
            "job/flow.py": HANDLER,
            "job/tests/test_w.py": "",
            "job/tests/a.csv": "",
            "job/.schema.json": "{}",
            "common/__init__.py": "",
            "common/x.py": "import util\n",
            "util.py": "",
            "data/a.csv": "",
            "data/tests/test_b.csv": "",
            "settings.json": "{}",
        }
    )
    assert own_files("job.flow.handler", include) == {"job/flow.py"} | more


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("commom", "include: there is no such module, file or folder on the import path, got 'com"),
        ("job.nothing", "include: there is no such module, file or folder on the import path"),
        ("job/nothing.csv", "include: there is no such module, file or folder on the import path"),
        ("rich", "include: what is installed ships if requirements.txt names it, got 'rich'"),
        ("json", "include: what is installed ships if requirements.txt names it, got 'json'"),
    ],
)
def test_include_of_what_is_not_there_is_refused(
    entry: str, message: str, importable: Write
) -> None:
    importable({"job/flow.py": HANDLER})
    with pytest.raises(ValueError, match=message):
        own_files("job.flow.handler", [entry])
