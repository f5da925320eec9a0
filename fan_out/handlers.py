"""Find a handler: from a Python function, or its dotted name, to the file that defines it.

Nothing is imported here: a handler's own imports (a database driver, say) need not be installed
where the app is synthesized, and a dotted name says all there is to know.
"""

import ast
import inspect
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fan_out.runtime.numbers import described

NO_ASYNC = "Lambda does not await an async function"
NOT_IN_MAIN = "__main__ has another name in Lambda, move the function to a module"


@dataclass(frozen=True)
class Handler:
    """A function that Lambda can find by its name.

    ``module`` is dotted (``"lambdas.worker"``), ``function`` its name in there, ``file`` the
    module's source, and ``top`` the whole top-level package (a folder) or module (a file).
    """

    module: str
    function: str
    file: Path
    top: Path

    @property
    def dotted_name(self) -> str:
        """What Lambda is told: ``"lambdas.worker.handler"``."""
        return f"{self.module}.{self.function}"


def find_handler(parameter: str, given: Any) -> Handler:
    """Find the handler that ``given`` is: a function, or a dotted name.

    Raises ValueError, naming ``parameter``, for anything that Lambda could not find by a name:
    a lambda, a nested function, a method, a class, a coroutine function, ``__main__``, a name
    that does not exist, or a file outside the import path.
    """
    if isinstance(given, str):
        module, _, function = given.rpartition(".")
        if not all(part.isidentifier() for part in given.split(".")) or not module:
            raise ValueError(
                f"{parameter} must be a dotted name such as 'lambdas.worker.handler', got {given!r}"
            )
        if module == "__main__":
            raise ValueError(f"{parameter}: {NOT_IN_MAIN}, got {given}")
    else:
        module, function = _name_of(parameter, given)
    file, top = _locate(parameter, module)
    if isinstance(given, str):
        _check_defined(parameter, file, module, function)
    elif (loaded := Path(sys.modules[module].__file__ or "").resolve()) != file.resolve():
        raise ValueError(
            f"{parameter}: {module!r} on the import path is {file}, but the function given "
            f"comes from {loaded}"
        )
    return Handler(module=module, function=function, file=file, top=top)


def _name_of(parameter: str, given: Any) -> tuple[str, str]:
    """Module and name of a function, refusing what cannot be found by them."""
    if not inspect.isfunction(given):
        what = f"the class {given.__name__}" if inspect.isclass(given) else described(given)
        raise ValueError(
            f"{parameter} must be a function, its dotted name or an existing lambda_.IFunction, "
            f"got {what}"
        )
    module, name = given.__module__, given.__qualname__
    for broken, why in (
        (given.__name__ == "<lambda>", "a lambda has no name that Lambda could find it by"),
        ("<locals>" in name, "a nested function is not there when its module is imported"),
        ("." in name, "a method is no handler; it must stand at the top of its module"),
        (module == "__main__", NOT_IN_MAIN),
        (inspect.iscoroutinefunction(inspect.unwrap(given)), NO_ASYNC),
    ):
        if broken:
            raise ValueError(f"{parameter}: {why}, got {module}.{name}")
    if module not in sys.modules:
        raise ValueError(f"{parameter}: the module {module!r} of the function given is not loaded")
    names = vars(sys.modules[module])
    if names.get(name) is not given:
        bound = [other for other, value in names.items() if value is given]
        if not bound:
            raise ValueError(f"{parameter}: {module} has no name for the function {name} given")
        name = bound[0]
    return module, name


def _locate(parameter: str, module: str) -> tuple[Path, Path]:
    """The file of a module and its top-level package or module, by looking at the files alone."""
    first, *rest = module.split(".")
    top = _top_level(first)
    if top is None:
        raise ValueError(
            f"{parameter}: there is no module {first!r} on the import path, or it is split over "
            f"several folders"
        )
    place = top
    for name in rest:
        inner, module_file = place / name, place / f"{name}.py"
        # as Python does: a folder without __init__.py gives way to a module of its name
        package = (inner / "__init__.py").is_file() or not module_file.is_file()
        place = inner if inner.is_dir() and package else module_file
    file = place / "__init__.py" if place.is_dir() else place
    if not file.is_file():
        raise ValueError(f"{parameter}: there is no module {module!r} below {top}")
    return file, top


def _top_level(name: str) -> Path | None:
    # importlib.util.find_spec would answer with a loaded module, from wherever that came
    specs = (finder.find_spec(name, None) for finder in sys.meta_path)
    spec = next((spec for spec in specs if spec is not None), None)
    if spec is None:
        return None
    if spec.submodule_search_locations is not None:
        folders = list(spec.submodule_search_locations)
        return Path(folders[0]) if len(folders) == 1 else None
    return Path(spec.origin) if spec.has_location and spec.origin else None


def _check_defined(parameter: str, file: Path, module: str, function: str) -> None:
    """Raise ValueError unless the module's source binds ``function`` to what may be a handler."""
    try:
        body = ast.parse(file.read_bytes(), filename=str(file)).body
    except (SyntaxError, ValueError) as error:
        raise ValueError(f"{parameter}: {file} is no Python: {error}") from None
    kinds = {name: node for node in body for name in _names_bound(node)}
    node = kinds.get(function)
    if node is None and "*" not in kinds:
        raise ValueError(f"{parameter}: {module} ({file}) has no {function!r}")
    if isinstance(node, ast.ClassDef):
        raise ValueError(f"{parameter} must be a function, got the class {module}.{function}")
    if isinstance(node, ast.AsyncFunctionDef):
        raise ValueError(f"{parameter}: {NO_ASYNC}, got {module}.{function}")


def _names_bound(node: ast.AST) -> Iterator[str]:
    """The names that a statement binds, also inside an if, try or with at the top of the module."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from (alias.asname or alias.name for alias in node.names)
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    else:
        for child in ast.iter_child_nodes(node):
            yield from _names_bound(child)
