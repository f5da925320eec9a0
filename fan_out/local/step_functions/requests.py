"""What the requests of the API have in common: errors, names, ARNs and pages."""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

Item = TypeVar("Item")

DEFAULT_PAGE, LARGEST_PAGE = 100, 1_000
NAME_CHARACTERS = 80

_NAME = re.compile(rf"[^\s<>{{}}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{{1,{NAME_CHARACTERS}}}")
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/.+")


class ApiError(Exception):
    """What the API answers in place of a result: its ``code``, and a message of one line."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def invalid(message: str) -> ApiError:
    """A parameter that no request could have."""
    return ApiError("ValidationException", f"1 validation error detected: {message}")


def needed(request: Mapping[str, Any], name: str) -> str:
    """A parameter that must be there, a text."""
    value = request.get(name)
    if not isinstance(value, str) or not value:
        raise invalid(
            f"Value at '{name}' failed to satisfy constraint: Member must not be null, and be a "
            "string"
        )
    return value


def check_name(name: Any) -> str:
    """Answer a name of a machine or an execution if it can be one."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ApiError("InvalidName", f"Invalid Name: '{name}'")
    return name


def check_role(arn: str) -> str:
    """Answer the ARN of a role if it is one."""
    if not _ROLE.fullmatch(arn):
        raise ApiError("InvalidArn", f"Invalid Role Arn: '{arn}'")
    return arn


def one_of(request: Mapping[str, Any], name: str, *values: str) -> str | None:
    """A parameter that has one of these values, or is not there."""
    value: Any = request.get(name)
    if value is not None and value not in values:
        raise invalid(
            f"Value '{value}' at '{name}' failed to satisfy constraint: Member must satisfy enum "
            f"value set: [{', '.join(values)}]"
        )
    return None if value is None else str(value)


def refuse(request: Mapping[str, Any], *names: str) -> None:
    """Refuse parameters that AWS takes and that mean nothing here."""
    for name in names:
        if request.get(name):
            raise ApiError("NotImplemented", f"the embedded AWS has no {name}", 501)


def page_size(request: Mapping[str, Any]) -> int:
    """How many items a page has: ``maxResults``, up to 1,000; 0 is the default, 100."""
    size = request.get("maxResults") or DEFAULT_PAGE
    if type(size) is not int or not 1 <= size <= LARGEST_PAGE:
        raise invalid(f"maxResults must be 0 (for {DEFAULT_PAGE}) to {LARGEST_PAGE}, got {size}")
    return size


def token_for(place: int) -> str:
    """What stands for a place in a list, from which the next page goes on."""
    return base64.urlsafe_b64encode(f"from {place}".encode()).decode()


def place_of(token: Any) -> int:
    """The place that a token stands for. Raises ApiError, InvalidToken."""
    try:
        text = base64.urlsafe_b64decode(str(token).encode()).decode()
    except (binascii.Error, UnicodeError):
        text = ""
    found = re.fullmatch(r"from (\d{1,9})", text)
    if found is None:
        raise ApiError("InvalidToken", f"Invalid Token: '{token}'")
    return int(found[1])


def page_of(items: Sequence[Item], request: Mapping[str, Any], name: str) -> dict[str, Any]:
    """One page of a list, under ``name``, with a ``nextToken`` where there is more."""
    size, token = page_size(request), request.get("nextToken")
    start = 0 if token is None else place_of(token)
    answer: dict[str, Any] = {name: list(items[start : start + size])}
    if start + size < len(items):
        answer["nextToken"] = token_for(start + size)
    return answer
