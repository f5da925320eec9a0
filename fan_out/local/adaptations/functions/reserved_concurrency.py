"""A function never runs more often at a time than its reserved concurrency.

moto (5.2.5) keeps the number and does not use it. AWS refuses the invocation that is one too many
with TooManyRequestsException, status 429; a reservation of 0 refuses all of them. It counts all
versions of a function together. "Configuring reserved concurrency", AWS Lambda Developer Guide.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.utils import get_backend

_running: Counter[tuple[str, str]] = Counter()
_lock = threading.Lock()


class TooManyRequestsError(LambdaClientError):
    """What Lambda answers where a reservation is used up."""

    code = 429

    def __init__(self) -> None:
        super().__init__("TooManyRequestsException", "Rate Exceeded.")


@contextmanager
def reserved(function: Any) -> Iterator[None]:
    """Hold one of the invocations that the function may have at a time.

    Raises TooManyRequestsError where there is none left.
    """
    key = (function.region, function.function_name)
    backend = get_backend(function.account_id, function.region)
    limit = backend.get_function(function.function_name).reserved_concurrency
    with _lock:
        if limit is not None and _running[key] >= int(limit):
            raise TooManyRequestsError
        _running[key] += 1
    try:
        yield
    finally:
        with _lock:
            _running[key] -= 1
