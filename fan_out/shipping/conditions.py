"""Whether the test of an ``if`` holds in Lambda, as far as reading it can tell."""

import ast
import operator
from collections.abc import Callable
from typing import Any

COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda value, among: value in among,
    ast.NotIn: lambda value, among: value not in among,
}


def holds(test: ast.expr, python: tuple[int, int]) -> bool | None:
    """Whether ``test`` is true in Lambda's Linux and this version of Python; None if unknown."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = holds(operand, python)
            return None if inner is None else not inner
        case ast.BoolOp(op=op, values=values):
            decisive = isinstance(op, ast.Or)
            known = [holds(value, python) for value in values]
            if decisive in known:
                return decisive
            return None if None in known else not decisive
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return _compared(left, op, right, python)
        case ast.Call(func=ast.Attribute(value=text, attr="startswith"), args=[start]):
            try:
                return str(_value(text, python)).startswith(_value(start, python))
            except (LookupError, TypeError):
                return None
        case ast.Constant(value=constant):
            return bool(constant)
    # a name that cannot be told, but for this one, which every type checker knows
    return False if _name(test).rpartition(".")[2] == "TYPE_CHECKING" else None


def _compared(
    left: ast.expr, op: ast.cmpop, right: ast.expr, python: tuple[int, int]
) -> bool | None:
    try:
        return bool(COMPARE[type(op)](_value(left, python), _value(right, python)))
    except (LookupError, TypeError):
        return None


def _value(node: ast.expr, python: tuple[int, int]) -> Any:
    """The value of an expression in Lambda; LookupError where that is not known."""
    known = {
        "__name__": "the name of a module that is imported",
        "os.name": "posix",
        "sys.platform": "linux",
        "sys.version_info": (*python, 0, "final", 0),
        "sys.version_info.major": python[0],
        "sys.version_info.minor": python[1],
    }
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Tuple(elts=elements) | ast.List(elts=elements) | ast.Set(elts=elements):
            return tuple(_value(element, python) for element in elements)
        case ast.Subscript(value=value, slice=ast.Slice(lower=None, upper=upper, step=None)):
            return _value(value, python)[: _value(upper, python) if upper else None]
        case ast.Subscript(value=value, slice=index):
            return _value(value, python)[_value(index, python)]
    return known[_name(node)]


def _name(node: ast.expr) -> str:
    """``"sys.platform"`` for a name or an attribute of one; otherwise an empty string."""
    if isinstance(node, ast.Attribute):
        return f"{_name(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""
