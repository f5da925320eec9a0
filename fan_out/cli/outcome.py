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

from fan_out.cli.chunks import Chunks
from fan_out.cli.failure import Failure, find_failure
from fan_out.cli.history import History
from fan_out.cli.records import Records
from fan_out.cli.steps import DONE, FAILED, RUNNING, TOLERATED, Steps
from fan_out.cli.too_many import find_too_many

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef

SHORTEST_WAIT, LONGEST_WAIT = 0.2, 2.0
"""Seconds between two looks at an execution."""

LOOKS_AFTER_THE_END = 5
"""The history is consistent in the end only: it may lack its last events for a while."""

GOING_ON = {"RUNNING", "PENDING_REDRIVE"}
"""The status of an execution that has not ended."""


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
    ``failure`` why it did not; ``seconds`` from when it was last ``started`` to its end;
    ``records`` is None where its plan is none of chunks.
    """

    status: str
    started: datetime
    progress: Progress
    seconds: float
    output: str | None
    failure: Failure | None
    records: Records | None = None


class Outcome:
    """Reads one execution with a boto3 ``stepfunctions`` client; each event only once.

    ``steps`` and ``description`` are those of the last look. An end before the execution was
    redriven ``redrives`` times is no end.
    """

    def __init__(self, client: SFNClient, execution_arn: str, redrives: int = 0) -> None:
        self._client = client
        self._arn = execution_arn
        self._history = History(client, execution_arn)
        self._redrives = redrives
        self.steps = Steps()
        self.description: DescribeExecutionOutputTypeDef | None = None

    def look(self) -> Progress:
        """Read what is new, and answer how far the execution is."""
        self.description = self._client.describe_execution(executionArn=self._arn)
        for event in self._history.new_events():
            self.steps.feed(event)
        return self._progress()

    @property
    def ended(self) -> bool:
        """Whether the execution had ended at the last look."""
        description = self.description
        return (
            description is not None
            and description["status"] not in GOING_ON
            and description.get("redriveCount", 0) >= self._redrives
        )

    @property
    def complete(self) -> bool:
        """Whether the last event of an ended execution was there, too, at the last look."""
        seen = self.steps.end is not None and self.steps.redrives >= self._redrives
        return self.ended and seen

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
        description = self.description
        if description is None or not self.ended:
            raise RuntimeError(f"execution {self._arn} must have ended, and is running")
        started = description.get("redriveDate") or description["startDate"]
        stopped = description.get("stopDate") or datetime.now(UTC)
        chunks = Chunks.of(self.steps)
        return Summary(
            status=description["status"],
            started=started,
            progress=self._progress(),
            seconds=(stopped - started).total_seconds(),
            output=description.get("output"),
            failure=self._failure(description),
            records=Records.of(chunks.done, chunks.left) if chunks is not None else None,
        )

    def _progress(self) -> Progress:
        visit = self.steps.map
        states = [*visit.iterations.values()] if visit is not None else []
        return Progress(
            chunks=visit.length if visit is not None else None,
            done=states.count(DONE),
            running=0 if self.ended else states.count(RUNNING),
            failed=states.count(FAILED) + states.count(TOLERATED),
            retries=self.steps.retries,
            further_rounds=self.steps.further_rounds,
        )

    def _failure(self, description: DescribeExecutionOutputTypeDef) -> Failure | None:
        if description["status"] == "SUCCEEDED":
            return None
        error, cause = description.get("error"), description.get("cause")
        return find_too_many(self.steps, error=error, cause=cause) or find_failure(
            self.steps, status=description["status"], error=error, cause=cause
        )
