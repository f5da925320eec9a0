"""A request in the one form in which client and server sign it, however it came over the wire.

"Create a canonical request", AWS IAM User Guide. Text is in Latin-1, as bytes come: what it means
is not looked at.
"""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote, unquote_to_bytes

from fan_out.local.gate.request import Request


def canonical_request(request: Request, headers: Sequence[str], body: str, *, s3: bool) -> str:
    """The text that is signed. ``headers`` are the names of those in it; ``body`` stands for it."""
    path = _path_of_s3(request.path) if s3 else _path(request.path)
    lines = [f"{name}:{_trimmed(request.header(name))}" for name in headers]
    return "\n".join(
        [request.method, path, _query(request.query), *lines, "", ";".join(headers), body]
    )


def _path_of_s3(path: str) -> str:
    """The path as it is: a key may have empty parts, and parts of dots."""
    return quote(unquote_to_bytes(path.encode("latin-1")), safe="/~")


def _path(path: str) -> str:
    """The path without empty parts and dots, and encoded once more."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    end = "/" if parts and path.endswith("/") else ""
    return quote(f"/{'/'.join(parts)}{end}", safe="/~", encoding="latin-1")


def _query(query: Iterable[tuple[str, str]]) -> str:
    pairs = sorted(
        (_encoded(name), _encoded(value)) for name, value in query if name != "X-Amz-Signature"
    )
    return "&".join(f"{name}={value}" for name, value in pairs)


def _encoded(text: str) -> str:
    return quote(text, safe="~", encoding="latin-1")


def _trimmed(value: str | None) -> str:
    # not str.split: in Latin-1 it would also split where UTF-8 has a byte that is a space there
    return re.sub("[ \t]+", " ", value or "").strip(" \t")
