"""The gate: a WSGI application that passes on what is signed, and refuses the rest."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from fan_out.local.gate import refusal
from fan_out.local.gate.authentication import authenticate
from fan_out.local.gate.credentials import FindCredentials
from fan_out.local.gate.refusal import Refused
from fan_out.local.gate.request import Request

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Gate:
    """Serves ``application`` on ``port`` to those who sign with credentials that ``find`` knows."""

    def __init__(self, application: Application, *, port: int, find: FindCredentials) -> None:
        self._application = application
        self._name = f"localhost:{port}"
        self._host = re.compile(rf"(?:([a-z0-9_-]+(?:\.[a-z0-9_-]+)*)\.)?{self._name}", re.I)
        self._find = find

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Serve or refuse one request."""
        request = Request(environ)
        try:
            _refuse_web_pages(request)
            authenticate(request, self._bucket(request), self._find)
        except Refused as refused:
            kind, body = refused.answer(request)
            headers = [("Content-Type", kind), ("Content-Length", str(len(body)))]
            start_response("403 Forbidden", headers)
            return [] if request.method == "HEAD" else [body]
        return self._application(environ, start_response)

    def _bucket(self, request: Request) -> str | None:
        """What stands before ``localhost`` in the host: for S3, a bucket. Raises Refused.

        A page under a name of its own, which its owner lets lead to this machine, sends that name.
        """
        host = request.header("host")
        named = self._host.fullmatch(host or "")
        if named is None or not request.target.startswith("/"):
            raise Refused(
                refusal.NOT_FROM_HERE,
                f"this is {self._name} and the names below it: got the host {host!r}",
            )
        bucket: str | None = named[1]
        return bucket


def _refuse_web_pages(request: Request) -> None:
    """Refuse what a web page sends, preflights too. A user may open a presigned URL: ``none``."""
    for name, allowed in {"origin": None, "sec-fetch-site": "none"}.items():
        value = request.header(name)
        if value not in (None, allowed):
            raise Refused(refusal.NOT_FROM_HERE, f"web pages are not served: got {name} {value!r}")
