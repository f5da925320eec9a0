"""The event loop of all executions, in a thread of its own."""

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

Result = TypeVar("Result")


LOGGER = logging.getLogger(__name__)


class EventLoop:
    """Runs from when it is made until it is closed; its methods are for other threads."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="state machines", daemon=True
        )
        self._thread.start()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Let it run, without waiting for its end; an error goes into the log."""
        asyncio.run_coroutine_threadsafe(work, self._loop).add_done_callback(_log_error)

    def wait(self, work: Coroutine[Any, Any, object]) -> None:
        """Let it run, and wait for its end."""
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def call(self, function: Callable[[], Result]) -> Result:
        """Call a function in the loop's thread, and answer its result."""

        async def called() -> Result:
            return function()

        return asyncio.run_coroutine_threadsafe(called(), self._loop).result()

    def close(self) -> None:
        """End it, and whatever still runs in it."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()


def _log_error(work: Future[None]) -> None:
    if not work.cancelled() and (error := work.exception()):
        LOGGER.error("an execution's work broke off", exc_info=error)
