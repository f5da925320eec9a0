"""A handler is found by its object or its name; what Lambda could not find is refused."""

import functools
import importlib
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fan_out.handlers import Handler, find_handler
from fan_out.runtime import worker as worker_decorator
from fan_out.runtime.control import count_from_input
from lambdas import control, worker

Write = Callable[[dict[str, str]], Path]

EXPLODES = "raise RuntimeError('imported')\n\ndef handler(event, context):\n    return event\n"


def at_the_top_of_this_module(event: object, context: object) -> None: ...


class AClass:
    def method(self, context: object) -> None: ...


async def a_coroutine(event: object, context: object) -> None: ...


@pytest.mark.parametrize("module", [control, worker])
def test_a_function_and_its_dotted_name_are_the_same_handler(module: object) -> None:
    name = module.__name__  # type: ignore[attr-defined]
    found = find_handler("worker", module.handler)  # type: ignore[attr-defined]
    assert found == find_handler("worker", f"{name}.handler")
    assert found.dotted_name == f"{name}.handler"
    assert found.top.name == "lambdas"


def test_the_runtimes_own_handler_is_found() -> None:
    assert find_handler("control", count_from_input) == find_handler(
        "control", "fan_out.runtime.control.count_from_input"
    )


def test_a_dotted_name_is_found_without_importing_it(importable: Write) -> None:
    folder = importable({"job/__init__.py": EXPLODES, "job/deep/work.py": EXPLODES})
    found = find_handler("worker", "job.deep.work.handler")
    assert found == Handler(
        module="job.deep.work",
        function="handler",
        file=folder / "job/deep/work.py",
        top=folder / "job",
    )
    assert "job" not in sys.modules


@pytest.mark.parametrize(
    ("files", "name", "top"),
    [
        ({"single.py": EXPLODES}, "single.handler", "single.py"),
        ({"spaced/work.py": EXPLODES}, "spaced.work.handler", "spaced"),
        ({"packed/__init__.py": EXPLODES}, "packed.handler", "packed"),
        ({"assigned.py": "handler = make()\n"}, "assigned.handler", "assigned.py"),
        ({"imported.py": "from a import b as handler\n"}, "imported.handler", "imported.py"),
        ({"starred.py": "from a import *\n"}, "starred.handler", "starred.py"),
        (
            {"guarded.py": "try:\n    import x\nexcept ImportError:\n    def handler(): ...\n"},
            "guarded.handler",
            "guarded.py",
        ),
    ],
)
def test_every_way_to_define_a_name_is_found(
    files: dict[str, str], name: str, top: str, importable: Write
) -> None:
    folder = importable(files)
    assert find_handler("worker", name).top == folder / top


def test_a_function_under_another_name_in_its_module_is_found_by_that(importable: Write) -> None:
    importable(
        {
            "renamed.py": "from fan_out.runtime import worker\n"
            "def work(chunk, context): ...\n"
            "handler = worker(work)\n"
        }
    )
    module = importlib.import_module("renamed")
    assert find_handler("worker", module.handler).dotted_name == "renamed.handler"


def test_a_module_beside_a_folder_of_its_name_is_found_as_python_finds_it(
    importable: Write,
) -> None:
    folder = importable({"job/work.py": EXPLODES, "job/work/data.json": "{}"})
    assert find_handler("worker", "job.work.handler").file == folder / "job/work.py"


def test_a_file_that_is_no_python_is_named(importable: Write) -> None:
    importable({"broken.py": "def handler(:"})
    with pytest.raises(ValueError, match=r"worker: .*broken\.py cannot be read as Python: "):
        find_handler("worker", "broken.handler")


def test_a_function_that_says_another_module_is_found_where_it_has_a_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(at_the_top_of_this_module, "__module__", "gone")
    found = find_handler("worker", at_the_top_of_this_module)
    assert found.dotted_name == f"{__name__}.at_the_top_of_this_module"


def nested() -> Callable[..., None]:
    def inner(event: object, context: object) -> None: ...

    return inner


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (lambda event, context: None, "a lambda has no name"),
        (nested(), "a nested function is not there when its module is imported"),
        (AClass.method, "a method is not at the top of its module"),
        (a_coroutine, "Lambda does not await an async function"),
        (worker_decorator(a_coroutine), "Lambda does not await an async function"),
        (AClass, "got the class AClass"),
        (AClass(), "must be a function, its dotted name or an existing lambda_.IFunction"),
        (functools.partial(print), "no module that is loaded has a name for this object"),
        (functools.partial(a_coroutine), "Lambda does not await an async function"),
        (len, "there is no module 'builtins' on the import path"),
        (str.upper, "a method is not at the top of its module"),
        (None, "got None"),
        (5, "got 5"),
        ("", "must be a dotted name such as 'lambdas.worker.handler', got ''"),
        ("handler", "must be a dotted name"),
        ("lambdas..handler", "must be a dotted name"),
        ("lambdas/worker.handler", "must be a dotted name"),
        ("nowhere.worker.handler", "there is no module 'nowhere' on the import path"),
        ("lambdas.nowhere.handler", "there is no module 'lambdas.nowhere' below"),
        ("lambdas.worker.nothing", "has no 'nothing'"),
        ("fan_out.runtime.chunk.Chunk", "got the class fan_out.runtime.chunk.Chunk"),
        ("sys.exit", "there is no module 'sys' on the import path"),
        (
            "__main__.handler",
            "__main__ has another name in Lambda, move the function to a module, got __main__",
        ),
    ],
)
def test_what_lambda_could_not_find_is_refused_in_one_line(given: object, message: str) -> None:
    with pytest.raises(ValueError) as error:
        find_handler("worker", given)
    assert str(error.value).startswith("worker")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_an_async_function_is_refused_by_its_name_too(importable: Write) -> None:
    importable({"waiting.py": "async def handler(event, context): ...\n"})
    with pytest.raises(ValueError, match="does not await an async function, got waiting.handler"):
        find_handler("worker", "waiting.handler")


def test_a_function_of_main_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(at_the_top_of_this_module, "__module__", "__main__")
    with pytest.raises(ValueError, match="__main__ has another name in Lambda"):
        find_handler("worker", at_the_top_of_this_module)


def test_a_function_without_a_name_in_its_module_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    function = at_the_top_of_this_module
    monkeypatch.setattr(function, "__qualname__", "gone")
    monkeypatch.delitem(globals(), "at_the_top_of_this_module")
    with pytest.raises(ValueError, match="has a name for this object; give it a name at the top"):
        find_handler("worker", function)


OBJECTS = """\
import functools
from decorated.plain import Callable, logged, shared

@logged
def wrapped(event, context):
    return event

def both(extra, event, context):
    return event

partly = functools.partial(both, 1)
instance = Callable()
bound = instance.handle
anonymous = lambda event, context: event
"""

PLAIN = """\
def logged(function):
    def inner(event, context):
        return function(event, context)
    return inner

class Callable:
    def __call__(self, event, context):
        return event
    def handle(self, event, context):
        return event

@logged
def shared(event, context):
    return event
"""


@pytest.mark.parametrize("name", ["wrapped", "partly", "instance", "bound", "anonymous"])
def test_an_object_without_a_name_of_its_own_is_found_where_it_was_given_one(
    name: str, importable: Write
) -> None:
    """Also when other modules import it: the name is that of the module which makes it."""
    importable(
        {
            "decorated/__init__.py": f"from decorated.work import {name}\n",
            "decorated/plain.py": PLAIN,
            "decorated/work.py": OBJECTS,
            "another.py": f"from decorated.work import {name}\n",
        }
    )
    module = importlib.import_module("another")
    found = find_handler("worker", getattr(module, name))
    assert found.dotted_name == f"decorated.work.{name}"
    assert found == find_handler("worker", found.dotted_name)


def test_a_bound_method_is_found_however_it_was_asked_for(importable: Write) -> None:
    importable({"decorated/plain.py": PLAIN, "decorated/work.py": OBJECTS})
    work = importlib.import_module("decorated.work")
    assert find_handler("worker", work.instance.handle).dotted_name == "decorated.work.bound"
    with pytest.raises(ValueError, match="a method is not at the top of its module; give it a"):
        find_handler("worker", importlib.import_module("decorated.plain").Callable().handle)


def test_an_object_of_the_apps_own_script_is_refused(
    importable: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    importable({"decorated/plain.py": PLAIN})
    logged = importlib.import_module("decorated.plain").logged
    given = logged(at_the_top_of_this_module)
    monkeypatch.setattr(sys.modules["__main__"], "handler", given, raising=False)
    with pytest.raises(ValueError, match="__main__ has another name in Lambda"):
        find_handler("worker", given)


def test_a_callable_that_is_async_is_refused(importable: Write) -> None:
    importable(
        {
            "waits.py": "class Waits:\n    async def __call__(self, event, context): ...\n"
            "handler = Waits()\n"
        }
    )
    with pytest.raises(ValueError, match="Lambda does not await an async function"):
        find_handler("worker", importlib.import_module("waits").handler)


def test_a_namespace_package_in_several_folders_is_found_in_the_one_with_the_handler(
    importable: Write, tmp_path: Path
) -> None:
    importable({"acme/common/__init__.py": "", "acme/other.py": ""})
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "acme" / "jobs").mkdir(parents=True)
    (elsewhere / "acme" / "jobs" / "flow.py").write_text(EXPLODES)
    sys.path.append(str(elsewhere))
    importlib.invalidate_caches()
    try:
        found = find_handler("worker", "acme.jobs.flow.handler")
        assert (found.file, found.top) == (elsewhere / "acme/jobs/flow.py", elsewhere / "acme")
        with pytest.raises(ValueError, match=r"'acme\.jobs\.none' below .*acme or .*acme$"):
            find_handler("worker", "acme.jobs.none.handler")
    finally:
        sys.path.remove(str(elsewhere))


def load(name: str, file: Path) -> object:
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def test_a_file_outside_the_import_path_is_refused(tmp_path: Path, importable: Write) -> None:
    file = tmp_path / "outside.py"
    file.write_text("def handler(event, context): ...\n")
    module = load("outside", file)
    try:
        with pytest.raises(ValueError, match="worker: there is no module 'outside' on the import"):
            find_handler("worker", module.handler)  # type: ignore[attr-defined]
        importable({"outside.py": "def handler(event, context): ...\n"})
        with pytest.raises(ValueError, match="but the function given comes from"):
            find_handler("worker", module.handler)  # type: ignore[attr-defined]
    finally:
        del sys.modules["outside"]


def test_another_file_of_the_same_name_on_the_import_path_is_refused(
    tmp_path: Path, importable: Write
) -> None:
    importable({"shadow/__init__.py": "", "shadow/work.py": "def handler(event, context): ...\n"})
    importlib.import_module("shadow")
    file = tmp_path / "work.py"
    file.write_text("def handler(event, context): ...\n")
    module = load("shadow.work", file)
    try:
        with pytest.raises(ValueError, match="but the function given comes from"):
            find_handler("worker", module.handler)  # type: ignore[attr-defined]
    finally:
        del sys.modules["shadow.work"]
