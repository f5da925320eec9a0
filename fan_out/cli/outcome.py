"""What becomes of an execution: its progress while it runs, its summary when it has ended.

Plain Step Functions calls (DescribeExecution, GetExecutionHistory), made sparingly: both are
throttled for the whole account.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fan_out.cli.failure import Failure, find_failure
from fan_out.cli.history import History
from fan_out.cli.steps import DONE, FAILED, RUNNING, Steps

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef

SHORTEST_WAIT, LONGEST_WAIT = 0.2, 2.0
"""Seconds between two looks at an execution."""

LOOKS_AFTER_THE_END = 5
"""The history is consistent in the end only: it may lack its last events for a while."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far an execution is. ``chunks`` is None until they are planned.

    ``further_rounds`` counts how often a worker was started again with what it had left.
    """

    chunks: int | None = None
    done: int = 0
    running: int = 0
    failed: int = 0
    retries: int = 0
    further_rounds: int = 0

    @property
    def unfinished(self) -> int:
        """The chunks that are neither done nor failed."""
        return (self.chunks or 0) - self.done - self.failed


@dataclass(frozen=True, kw_only=True)
class Summary:
    """How an execution ended.

    ``status`` is SUCCEEDED, FAILED, TIMED_OUT or ABORTED; ``output`` JSON text if it succeeded,
    ``failure`` why it did not; ``seconds`` from its start to its end.
    """

    status: str
    started: datetime
    progress: Progress
    seconds: float
    output: str | None
    failure: Failure | None


class Outcome:
    """Reads one execution with a boto3 ``stepfunctions`` client; each event only once."""

    def __init__(self, client: SFNClient, execution_arn: str) -> None:
        self._client = client
        self._arn = execution_arn
        self._history = History(client, execution_arn)
        self._steps = Steps()
        self._description: DescribeExecutionOutputTypeDef | None = None

    def look(self) -> Progress:
        """Read what is new, and answer how far the execution is."""
        self._description = self._client.describe_execution(executionArn=self._arn)
        for event in self._history.new_events():
            self._steps.feed(event)
        return self._progress()

    @property
    def ended(self) -> bool:
        """Whether the execution had ended at the last look."""
        return self._description is not None and self._description["status"] != "RUNNING"

    @property
    def complete(self) -> bool:
        """Whether the last event of an ended execution was there, too, at the last look."""
        return self.ended and self._steps.end is not None

    def watch(self, sleep: Callable[[float], object] = time.sleep) -> Iterator[Progress]:
        """Look again and again until the execution has ended, less often the longer it takes."""
        began, late = time.monotonic(), 0
        while not self.complete and late < LOOKS_AFTER_THE_END:
            look = time.monotonic()
            yield self.look()
            late += self.ended
            if not self.complete:
                now = time.monotonic()
                # four times a slow look's own time: never busy with looking alone
                wait = max((now - began) / 10, 4 * (now - look), SHORTEST_WAIT)
                sleep(min(wait, LONGEST_WAIT))

    def summary(self) -> Summary:
        """Answer how the execution ended. Raises RuntimeError where it has not."""
        description = self._description
        if description is None or not self.ended:
            raise RuntimeError(f"execution {self._arn} must have ended, and is running")
        stopped = description.get("stopDate") or datetime.now(UTC)
        return Summary(
            status=description["status"],
            started=description["startDate"],
            progress=self._progress(),
            seconds=(stopped - description["startDate"]).total_seconds(),
            output=description.get("output"),
            failure=self._failure(description),
        )

    def _progress(self) -> Progress:
        states = [state for visit in self._steps.maps for state in visit.iterations.values()]
        lengths = [visit.length for visit in self._steps.maps if visit.length is not None]
        return Progress(
            chunks=sum(lengths) if lengths else None,
            done=states.count(DONE),
            running=0 if self.ended else states.count(RUNNING),
            failed=states.count(FAILED),
            retries=self._steps.retries,
            further_rounds=self._steps.further_rounds,
        )

    def _failure(self, description: DescribeExecutionOutputTypeDef) -> Failure | None:
        if description["status"] == "SUCCEEDED":
            return None
        return find_failure(
            self._steps,
            status=description["status"],
            error=description.get("error"),
            cause=description.get("cause"),
        )
