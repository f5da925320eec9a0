"""A request as it came over the wire, as far as signatures are made of it."""

import io
import re
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

AMZ = "HTTP_X_AMZ_"

S3 = frozenset({"s3", "s3express", "s3-object-lambda", "s3-outposts"})
"""The services that sign and fail by the rules of S3, by the name that a signature has for them."""


class Request:
    """A view of a WSGI ``environ``, of werkzeug's server: that keeps the target as it came."""

    def __init__(self, environ: dict[str, Any]) -> None:
        self.environ = environ
        self.method: str = environ["REQUEST_METHOD"]
        self.target: str = environ["RAW_URI"]
        self.path, _, self.query_string = self.target.partition("?")

    @cached_property
    def query(self) -> list[tuple[str, str]]:
        """The names and values of the query, decoded, in order."""
        return parse_qsl(
            self.query_string, keep_blank_values=True, encoding="latin-1", separator="&"
        )

    @cached_property
    def parameters(self) -> dict[str, str]:
        """Those of them that stand there once, or the last ones."""
        return dict(self.query)

    def header(self, name: str) -> str | None:
        """The value of a header; the values of one that came more than once, with commas."""
        key = name.upper().replace("-", "_")
        plain = key in ("CONTENT_TYPE", "CONTENT_LENGTH")
        value: str | None = self.environ.get(key if plain else f"HTTP_{key}")
        return value

    def amz_headers(self) -> dict[str, str]:
        """The headers that begin with ``x-amz-``, with - for _."""
        return {
            key.removeprefix("HTTP_").lower().replace("_", "-"): value
            for key, value in self.environ.items()
            if key.startswith(AMZ)
        }

    @cached_property
    def body(self) -> bytes:
        """All of it; who comes later can still read it. Raises ValueError where it has no end."""
        length = self.environ.get("CONTENT_LENGTH", "")
        if self.environ.get("wsgi.input_terminated"):
            content: bytes = self.environ["wsgi.input"].read()
        elif re.fullmatch("[0-9]{1,18}", length):
            content = self.environ["wsgi.input"].read(int(length))
        elif length:
            raise ValueError(f"Content-Length must be a number, got {length!r}")
        else:
            content = b""
        self.environ["wsgi.input"] = io.BytesIO(content)
        return content
