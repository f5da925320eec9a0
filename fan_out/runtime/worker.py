"""The worker function: a chunk comes in, the answer for its records goes out."""

from __future__ import annotations

import functools
import os

from fan_out.runtime.answers import checked
from fan_out.runtime.bad_records import merged_answers, record_by_record
from fan_out.runtime.callables import check_callable
from fan_out.runtime.carry_on import MARGIN_VARIABLE, answer_of, can_carry_on
from fan_out.runtime.chunk import Chunk
from fan_out.runtime.chunk_line import log_chunk
from fan_out.runtime.numbers import described
from fan_out.runtime.role import made_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Literal, TypeVar, overload

    Answer = TypeVar("Answer")

    @overload
    def worker(function: Callable[[Chunk, Any], Answer]) -> Callable[[Any, Any], Answer]: ...
    @overload
    def worker(
        *, merge: Callable[[Any, Any], Any] | None = None, on_error: Literal["raise"] = "raise"
    ) -> Callable[[Callable[[Chunk, Any], Answer]], Callable[[Any, Any], Answer]]: ...
    @overload
    def worker(
        *, on_error: Literal["collect"]
    ) -> Callable[[Callable[..., Any]], Callable[[Any, Any], dict[str, list[Any]]]]: ...
    def worker(function: Any = None, *, merge: Any = None, on_error: Any = "raise") -> Any:
        """Stand for what is below, where types are checked: ``typing`` costs a cold start 10 ms."""

else:

    def worker(function=None, *, merge=None, on_error="raise"):
        """Turn a function of a :class:`Chunk` into the worker handler.

        ``function(chunk, context)`` answers JSON of at most 260,096 bytes, and is neither async nor
        a generator. The handler takes the event of the Map, or a ``Chunk``, so that a test can
        call it either way.

        With ``carry_on`` in the construct, iterating over the chunk ends before Lambda does, and
        the worker is started again with the rest. The answers of two rounds become one: lists are
        joined, numbers added, anything else is what ``merge(before, answer)`` makes of it.

        ``on_error="collect"`` takes a function of one record (or item) instead,
        ``function(record, context)``, and does a chunk record by record. One that raises, or whose
        answer is not JSON, is set aside, the others are done, and the answer is ``{"answers": […],
        "badRecords": [{"record", "error", "message"}, …]}``. Where the function has a keyword-only
        parameter ``key``, it is given the record's ``chunk.key``.

        Raises ValueError where the event is not a chunk, the answer is not JSON, or the function or
        an option is not one of these.
        """
        if on_error not in ("raise", "collect"):
            raise ValueError(f'on_error must be "raise" or "collect", got {described(on_error)}')
        if on_error == "collect" and merge is not None:
            raise ValueError('on_error="collect" merges by itself and takes no merge function')
        if merge is not None:
            check_callable("merge", merge)
        if function is None:
            return functools.partial(worker, merge=merge, on_error=on_error)
        check_callable("a worker", function)
        whole = function
        if on_error == "collect":
            whole, merge = record_by_record(function), merged_answers

        @functools.wraps(function)
        def handler(event, context):
            log_chunk(event)
            margin = os.environ.get(MARGIN_VARIABLE)
            # the function may be the worker of a machine that does not carry on, too
            if margin is None or not can_carry_on(event):
                return checked(whole(Chunk.from_event(event), context))
            return answer_of(whole, event, context, margin=float(margin), merge=merge)

        return made_for("worker", handler)
