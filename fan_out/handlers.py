"""Find a handler: from a Python function, or its dotted name, to the file that defines it.

Nothing is imported here: a handler's own imports (a database driver, say) need not be installed
where the app is synthesized, and a dotted name says all there is to know.
"""

import ast
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fan_out.identity import NO_ASYNC, NOT_IN_MAIN, name_of, names_bound
from fan_out.shipping.modules import find, on_the_import_path


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
        module, function = name_of(parameter, given)
    file, top = _locate(parameter, module)
    if isinstance(given, str):
        _check_defined(parameter, file, module, function)
    elif (loaded := Path(sys.modules[module].__file__ or "").resolve()) != file.resolve():
        raise ValueError(
            f"{parameter}: {module!r} on the import path is {file}, but the function given "
            f"comes from {loaded}"
        )
    return Handler(module=module, function=function, file=file, top=top)


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
    except (SyntaxError, ValueError, OSError) as error:
        raise ValueError(f"{parameter}: {file} cannot be read as Python: {error}") from None
    kinds = {name: node for node in body for name in names_bound(node)}
    node = kinds.get(function)
    if node is None and "*" not in kinds:
        raise ValueError(f"{parameter}: {module} ({file}) has no {function!r}")
    if isinstance(node, ast.ClassDef):
        raise ValueError(f"{parameter} must be a function, got the class {module}.{function}")
    if isinstance(node, ast.AsyncFunctionDef):
        raise ValueError(f"{parameter}: {NO_ASYNC}, got {module}.{function}")
