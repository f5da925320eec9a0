"""Under which name Lambda finds an object: a function, or anything else that can be called."""

import ast
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fan_out.runtime.numbers import described
from fan_out.shipping.modules import is_installed

NO_ASYNC = "Lambda does not await an async function"
NOT_IN_MAIN = "__main__ has another name in Lambda, move the function to a module"


def name_of(parameter: str, given: Any) -> tuple[str, str]:
    """Module and name of an object. Raises ValueError for one that these do not lead to."""
    if inspect.isclass(given) or not callable(given):
        what = f"the class {given.__name__}" if inspect.isclass(given) else described(given)
        raise ValueError(
            f"{parameter} must be a function, its dotted name or an existing lambda_.IFunction, "
            f"got {what}"
        )
    module = getattr(given, "__module__", None)
    name = getattr(given, "__qualname__", "")
    shown = f"{module}.{name}" if name else described(given)
    for broken, why in ((_is_async(given), NO_ASYNC), (module == "__main__", NOT_IN_MAIN)):
        if broken:
            raise ValueError(f"{parameter}: {why}, got {shown}")
    if (found := _find_by_identity(given)) is not None:
        return found
    raise ValueError(
        f"{parameter}: {_why_not_found(given, name)}; give it a name at the top of its module, "
        f"or give that as a dotted name ('lambdas.worker.handler'), got {shown}"
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
    if own_module in sys.modules:
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
    # getattr would ask a module that loads its names when they are asked for
    files = {
        name: getattr(module, "__dict__", {}).get("__file__")
        for name, module in list(sys.modules.items())
    }
    return [
        (name, Path(file))
        for name, file in files.items()
        if name != "__main__"
        and file
        and file.endswith(".py")
        and (name == own_module or not is_installed(Path(file)))
    ]


def _imports_it(file: Path, name: str) -> bool:
    """Whether a module has a name from another: it is found in the one that defines it."""
    nodes = [node for node in ast.parse(file.read_bytes()).body if name in names_bound(node)]
    return not nodes or isinstance(nodes[-1], ast.Import | ast.ImportFrom)


def _why_not_found(given: Any, name: str) -> str:
    in_main = any(_is_same(value, given) for value in vars(sys.modules["__main__"]).values())
    for broken, why in (
        (in_main, NOT_IN_MAIN),
        ("<lambda>" in name, "a lambda has no name that Lambda could find it by"),
        ("<locals>" in name, "a nested function is not there when its module is imported"),
        (inspect.ismethod(given) or "." in name, "a method is not at the top of its module"),
    ):
        if broken:
            return why
    return "no module that is loaded has a name for this object"


def names_bound(node: ast.AST) -> Iterator[str]:
    """The names that a statement binds, also inside an if, try or with at the top of the module."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from (alias.asname or alias.name for alias in node.names)
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    else:
        for child in ast.iter_child_nodes(node):
            yield from names_bound(child)
