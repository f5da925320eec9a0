"""Which modules a source imports, and how sure it is that it does: read, never imported."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntEnum

from fan_out.shipping.conditions import holds

IMPORT_ERRORS = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
IMPORTS_BY_NAME = {"import_module", "__import__"}
LOOKS_FOR_MODULES = {"iter_modules", "walk_packages", "resolve_name", "run_module", "run_path"}
MAY_NOT_RUN = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.Lambda,
    ast.For,
    ast.While,
    ast.Match,
    ast.IfExp,
)
PRESENT_PACKAGE = {"__package__", "__name__"}


class Surety(IntEnum):
    """What a missing module means for a function of which the code imports it."""

    GUARDED = 0
    """Nothing: the code is prepared for it."""
    PERHAPS = 1
    """It fails if it comes that far: inside a function, or under a condition."""
    CERTAIN = 2
    """It does not start."""


@dataclass(frozen=True)
class Import:
    """``import module`` or, with names, ``from module import names``; ``module`` is absolute.

    It takes place only where one of ``instead_of`` is missing, unless these are none.
    """

    module: str
    names: tuple[str, ...]
    line: int
    surety: Surety
    instead_of: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """What there is to know of a source file.

    ``dynamic`` are the packages of which it imports modules by names that only a run can tell;
    ``changes_path`` if it uses ``sys.path``; ``unread`` is why it could not be parsed, if so.
    """

    imports: tuple[Import, ...] = ()
    dynamic: frozenset[str] = frozenset()
    changes_path: bool = False
    unread: str = ""


def read_imports(tree: ast.Module, package: str, python: tuple[int, int]) -> Source:
    """Collect what a module imports; ``package`` is what its relative imports start from."""
    reader = _Reader(package, python)
    reader.visit(tree)
    return Source(tuple(reader.imports), frozenset(reader.dynamic), reader.changes_path)


class _Reader(ast.NodeVisitor):
    def __init__(self, package: str, python: tuple[int, int]) -> None:
        self.package, self.python = package, python
        self.surety = Surety.CERTAIN
        self.imports: list[Import] = []
        self.dynamic: set[str] = set()
        self.changes_path = False

    @property
    def _top(self) -> str:
        return self.package.partition(".")[0]

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._add(alias.name, (), node.lineno)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        names = tuple(alias.name for alias in node.names if alias.name != "*")
        self._add("." * node.level + (node.module or ""), names, node.lineno)

    def visit_Call(self, node: ast.Call) -> None:
        name = _last_name(node.func)
        if name in IMPORTS_BY_NAME:
            others = [*node.args[1:], *(keyword.value for keyword in node.keywords)]
            from_here = any(_last_name(other) in PRESENT_PACKAGE for other in others)
            match node.args:
                case [ast.Constant(value=str(module)), *_] if module[:1] != "." or from_here:
                    self._add(module, (), node.lineno)
                case [made_up, *_]:
                    self.dynamic.add(_package_of(made_up) or self._top)
        elif name in LOOKS_FOR_MODULES:
            self.dynamic.add(self._top)
        elif name == "addsitedir":
            self.changes_path = True
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if node.attr == "path" and isinstance(node.value, ast.Name) and node.value.id == "sys":
            self.changes_path = True
        self.generic_visit(node)

    def visit_If(self, node: ast.If) -> None:
        truth = holds(node.test, self.python)
        if truth is None:
            self.visit(node.test)
            asks = any(_last_name(part) == "find_spec" for part in ast.walk(node.test))
            branches = [*node.body, *node.orelse]
            self._visit_all(branches, Surety.GUARDED if asks else Surety.PERHAPS)
        else:
            self._visit_all(node.body if truth else node.orelse, Surety.CERTAIN)

    def visit_Try(self, node: ast.Try) -> None:
        self._visit_try(node)

    def visit_TryStar(self, node: ast.TryStar) -> None:
        self._visit_try(node)

    def _visit_try(self, node: ast.Try | ast.TryStar) -> None:
        prepared = any(
            _catches_import_errors(handler.type) and not _raises_again(handler)
            for handler in node.handlers
        )
        first = len(self.imports)
        self._visit_all(node.body, Surety.GUARDED if prepared else Surety.CERTAIN)
        tried = tuple(one.module for one in self.imports[first:]) if prepared else ()
        first = len(self.imports)
        self._visit_all(node.handlers, Surety.GUARDED if prepared and not tried else Surety.PERHAPS)
        self.imports[first:] = [replace(one, instead_of=tried) for one in self.imports[first:]]
        first = len(self.imports)
        self._visit_all(node.orelse, Surety.PERHAPS if tried else Surety.CERTAIN)
        # what comes of a package that was tried is not reached without it
        tops = {module.partition(".")[0] for module in tried}
        self.imports[first:] = [
            replace(one, surety=Surety.GUARDED) if one.module.partition(".")[0] in tops else one
            for one in self.imports[first:]
        ]
        self._visit_all(node.finalbody, Surety.CERTAIN)

    def visit_With(self, node: ast.With) -> None:
        prepared = any(
            isinstance(item.context_expr, ast.Call)
            and _last_name(item.context_expr.func) == "suppress"
            and any(_catches_import_errors(error) for error in item.context_expr.args)
            for item in node.items
        )
        self._visit_all(node.items, Surety.CERTAIN)
        self._visit_all(node.body, Surety.GUARDED if prepared else Surety.CERTAIN)

    def generic_visit(self, node: ast.AST) -> None:
        may_not_run = isinstance(node, MAY_NOT_RUN)
        at_most = Surety.PERHAPS if may_not_run else Surety.CERTAIN
        self._visit_all(ast.iter_child_nodes(node), at_most)

    def _visit_all(self, nodes: Iterable[ast.AST], at_most: Surety) -> None:
        before, self.surety = self.surety, min(self.surety, at_most)
        for node in nodes:
            self.visit(node)
        self.surety = before

    def _add(self, module: str, names: tuple[str, ...], line: int) -> None:
        """Note an import; one that leaves its top-level package is a fault of any run, not ours."""
        level = len(module) - len(module.lstrip("."))
        parents = self.package.split(".") if self.package else []
        if level > len(parents):
            return
        above = parents[: len(parents) - level + 1] if level else []
        absolute = ".".join([*above, *filter(None, [module.lstrip(".")])])
        if absolute:
            self.imports.append(Import(absolute, names, line, self.surety))


def _package_of(made_up: ast.expr) -> str:
    """``"jobs.steps"`` for ``f"jobs.steps.{name}"``, or the same with ``+`` or ``%``."""
    match made_up:
        case ast.JoinedStr(values=[ast.Constant(value=str(start)), *_]):
            return start.rpartition(".")[0]
        case ast.BinOp(left=ast.Constant(value=str(start))):
            return start.partition("%")[0].rpartition(".")[0]
    return ""


def _catches_import_errors(error: ast.expr | None) -> bool:
    if isinstance(error, ast.Tuple):
        return any(_catches_import_errors(one) for one in error.elts)
    return error is None or _last_name(error) in IMPORT_ERRORS


def _raises_again(handler: ast.ExceptHandler) -> bool:
    """Whether a handler, whatever else it does, ends with an error."""
    return isinstance(handler.body[-1], ast.Raise)


def _last_name(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
