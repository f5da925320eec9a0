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
from fan_out.shipping.modules import find, is_installed, on_the_import_path

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
    """Module and name of an object, refusing what cannot be found by them."""
    if inspect.isclass(given) or not callable(given):
        what = f"the class {given.__name__}" if inspect.isclass(given) else described(given)
        raise ValueError(
            f"{parameter} must be a function, its dotted name or an existing lambda_.IFunction, "
            f"got {what}"
        )
    module = getattr(given, "__module__", None)
    own_name = getattr(given, "__qualname__", None) or described(given)
    if _is_async(given):
        raise ValueError(f"{parameter}: {NO_ASYNC}, got {module}.{own_name}")
    if (found := _find_by_identity(given)) is not None:
        return found
    raise ValueError(
        f"{parameter}: {_why_not_found(given, own_name)}; give it a name at the top of its module, "
        f"or give that as a dotted name ('lambdas.worker.handler'), got {module}.{own_name}"
    )


def _is_async(given: Any) -> bool:
    call = getattr(given, "__call__", None)  # noqa: B004 - the method itself is looked at
    return any(
        inspect.iscoroutinefunction(one) or inspect.isasyncgenfunction(one)
        for one in (given, inspect.unwrap(given), call)
    )


def _find_by_identity(given: Any) -> tuple[str, str] | None:
    """Where an object has a name of its own: in its module, or else where its name is made.

    A decorator without ``functools.wraps`` answers a function of the decorator's module, and a
    ``functools.partial`` has no module: they are found where they were assigned.
    """
    own_module, own_name = getattr(given, "__module__", None), getattr(given, "__qualname__", None)
    if own_module != "__main__" and own_module in sys.modules:
        names = vars(sys.modules[own_module])
        if own_name in names and names[own_name] is given:
            return own_module, own_name
    places = [
        (module != own_module, _imports_it(file, name), module, name)
        for module, file in _own_modules(own_module)
        for name, value in list(vars(sys.modules[module]).items())
        if _is_same(value, given)
    ]
    return min(places)[2:] if places else None


def _is_same(value: Any, given: Any) -> bool:
    # a bound method is made anew whenever it is asked for
    return value is given or bool(
        inspect.ismethod(value) and inspect.ismethod(given) and value == given
    )


def _own_modules(own_module: str | None) -> list[tuple[str, Path]]:
    """The loaded modules of the user's own code, and the handler's own, with their files."""
    files = {name: getattr(module, "__file__", None) for name, module in list(sys.modules.items())}
    return [
        (name, Path(file))
        for name, file in files.items()
        if name != "__main__"
        and file
        and file.endswith(".py")
        and (name == own_module or not is_installed(Path(file).parent))
    ]


def _imports_it(file: Path, name: str) -> bool:
    """Whether a module has a name from another: it is found in the one that defines it."""
    nodes = [node for node in ast.parse(file.read_bytes()).body if name in _names_bound(node)]
    return not nodes or isinstance(nodes[-1], ast.Import | ast.ImportFrom)


def _why_not_found(given: Any, name: str) -> str:
    in_main = any(_is_same(value, given) for value in vars(sys.modules["__main__"]).values())
    for broken, why in (
        (in_main or getattr(given, "__module__", None) == "__main__", NOT_IN_MAIN),
        ("<lambda>" in name, "a lambda has no name that Lambda could find it by"),
        ("<locals>" in name, "a nested function is not there when its module is imported"),
        (inspect.ismethod(given) or "." in name, "a method is not at the top of its module"),
    ):
        if broken:
            return why
    return "no module that is loaded has a name for this object"


def _locate(parameter: str, module: str) -> tuple[Path, Path]:
    """The file of a module and its top-level package or module, by looking at the files alone."""
    parts = module.split(".")
    tops = on_the_import_path(parts[0])
    if not tops:
        raise ValueError(f"{parameter}: there is no module {parts[0]!r} on the import path")
    found = find(parts, tops)
    file = dict(found.files).get(len(parts))
    if file is None:
        where = " or ".join(map(str, tops))
        raise ValueError(f"{parameter}: there is no module {module!r} below {where}")
    # a namespace package may lie in several folders
    return file, next(top for top in tops if file.is_relative_to(top))


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
