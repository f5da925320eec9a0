"""The environments of all functions: used again when idle, and never more than so many."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace

from fan_out.local.lambda_service.configuration import FunctionConfiguration
from fan_out.local.lambda_service.environment import Environment
from fan_out.local.lambda_service.errors import ServiceClosed


class Pool:
    """Hands out environments; thread safe. ``make`` makes one, which starts with its first use."""

    def __init__(self, most: int, make: Callable[[FunctionConfiguration], Environment]) -> None:
        self._most = most
        self._make = make
        self._changed = threading.Condition()
        self._idle: list[Environment] = []
        """The one used last stands last."""
        self._busy: list[Environment] = []
        self._waiting: deque[_Turn] = deque()
        self._newest: dict[tuple[str, str], FunctionConfiguration] = {}
        self._closed = False

    def acquire(self, function: FunctionConfiguration) -> Environment:
        """Answer an environment of the function, after those who came before. Raises ServiceClosed.

        It is an idle one, or a new one if there is room; an idle one of another function makes
        room. Idle ones of an earlier configuration of the function are ended.
        """
        turn = _Turn(function)
        with self._changed:
            if self._closed:
                raise ServiceClosed("the Lambda service is closed")
            self._newest[function.arn, function.version] = function
            self._waiting.append(turn)
            self._serve()
        try:
            return turn.wait()
        except BaseException:
            self._abandon(turn)
            raise

    def release(self, environment: Environment) -> None:
        """Take an environment back; one that cannot be used again is ended."""
        with self._changed:
            function = environment.function
            newest = self._newest[function.arn, function.version]
            keep = environment.usable and function == newest and not self._closed
        try:
            if not keep:
                environment.close()
        finally:
            with self._changed:
                self._busy.remove(environment)
                if keep:
                    self._idle.append(environment)
                self._serve()
                self._changed.notify_all()

    def busy(self) -> Sequence[Environment]:
        """Answer those that run an invocation now."""
        with self._changed:
            return list(self._busy)

    def close(self) -> None:
        """End every environment; who waits for one, or is in the middle of one, hears of it."""
        with self._changed:
            self._closed = True
            for turn in self._waiting:
                turn.refuse()
            self._waiting.clear()
            for environment in self._busy:
                environment.kill()
            while self._busy:
                self._changed.wait()
            idle, self._idle = self._idle, []
        with ExitStack() as every:  # the others too where one cannot write its log
            for environment in idle:
                every.callback(environment.close)

    def _abandon(self, turn: "_Turn") -> None:
        """Give back what was meant for one who no longer waits."""
        with self._changed:
            if turn in self._waiting:
                self._waiting.remove(turn)
        for retired in turn.retired:
            retired.close()
        if turn.environment is not None:
            self.release(turn.environment)

    def _serve(self) -> None:
        """Give out what there is, first come, first served."""
        while self._waiting and not self._closed:
            found = self._find(self._waiting[0].function)
            if found is None:
                return
            self._busy.append(found[0])
            self._waiting.popleft().give(*found)

    def _find(
        self, function: FunctionConfiguration
    ) -> tuple[Environment, Sequence[Environment]] | None:
        """An environment, and those that must end before it runs; None where all are busy."""
        for environment in reversed(self._idle):
            if environment.function == function:
                self._idle.remove(environment)
                return environment, ()
        kept = [idle for idle in self._idle if not idle.function.is_same_function_as(function)]
        if len(kept) + len(self._busy) >= self._most:
            if not kept:
                return None
            kept.pop(0)
        retired = [idle for idle in self._idle if idle not in kept]
        self._idle = kept
        # as it is now: the caller's mapping may change under the same configuration
        function = replace(function, environment=dict(function.environment))
        return self._make(function), retired


class _Turn:
    """One who waits for an environment."""

    def __init__(self, function: FunctionConfiguration) -> None:
        self.function = function
        self.environment: Environment | None = None
        self.retired: Sequence[Environment] = ()
        self._over = threading.Event()

    def give(self, environment: Environment, retired: Sequence[Environment]) -> None:
        self.environment, self.retired = environment, retired
        self._over.set()

    def refuse(self) -> None:
        self._over.set()

    def wait(self) -> Environment:
        """Wait for the environment, and end first what had to make room for it."""
        self._over.wait()
        for retired in self.retired:
            retired.close()
        if self.environment is None:
            raise ServiceClosed("the Lambda service was closed while an invocation waited its turn")
        return self.environment
