"""What must be true of every rehearsal: nothing lost, nothing doubled, nothing misreported."""

import fnmatch
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from told_history import ToldHistory

SUMMARY = re.compile(r"^.* (\d+) of (\d+) chunks done.*$", flags=re.MULTILINE)
NAMED = re.compile(r"chunk \d+ of \d+ failed \(offset (\d+), count (\d+)\)")


@dataclass
class Findings:
    """Records that were lost or doubled, and what was told wrongly; all empty where all is well."""

    lost: set[int] = field(default_factory=set)
    doubled: set[int] = field(default_factory=set)
    misreported: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.lost or self.doubled or self.misreported)

    def expect(self, told: Any, true: Any, what: str) -> None:
        """Note what is told otherwise than it is."""
        if told != true:
            self.misreported.append(f"{what}: told {told!r}, expected {true!r}")


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


def audit_work(
    found: Findings,
    done: Counter[int],
    chain: Sequence[ToldHistory],
    others: Sequence[ToldHistory],
) -> None:
    """Compare what the ledger knows with the histories of a run and of those that resumed it.

    ``others`` are runs of their own, whose work the ledger has counted, too.
    """
    histories = [*chain, *others]
    for history in histories:
        found.lost |= {record for record in history.done if not done[record]}
        found.doubled |= {record for record, times in history.planned.items() if times > 1}
    for record in set(done) | {record for history in histories for record in history.planned}:
        if done[record] > sum(_reasons(history, record) for history in histories):
            found.doubled.add(record)
    for before, after in pairwise(chain):
        if before.planned:
            found.lost |= before.left - set(after.planned)
            found.doubled |= set(after.planned) & before.done


def _reasons(history: ToldHistory, record: int) -> int:
    """How often a record may have been done: once, and once more for each try that failed. What
    a chunk has done in the rounds before it failed is done again, too."""
    if not history.attempts[record]:
        return int(history.full)  # there was no room to tell of the last calls
    return history.spoilt[record] + (record in history.done or not history.spoilt[record])


def audit_report(found: Findings, ended: Ended, history: ToldHistory, records: int) -> None:
    """Compare what the command said with what the history says."""
    if ended.code not in (0, 1):  # it was ended, and has not seen how the run ended
        return
    found.expect(ended.code == 0, history.status == "SUCCEEDED", "success")
    if history.planned:
        found.lost |= set(range(records)) - set(history.planned)
        _audit_summary(found, ended, history)
    if ended.code == 0:
        _audit_result(found, json.loads(ended.out), history)
    else:
        found.expect(ended.out, "", "standard output of a failure")
        errors = [line for line in ended.err.splitlines() if line.startswith("error: ")]
        found.expect(len(errors), 1, f"lines that begin with error: {errors}")
        for offset, count in NAMED.findall("".join(errors)):
            named = set(range(int(offset), int(offset) + int(count)))
            found.expect(named <= history.failed, True, f"that failed: {errors}")


def _audit_summary(found: Findings, ended: Ended, history: ToldHistory) -> None:
    match = SUMMARY.search(ended.err)
    if match is None:
        found.misreported.append(f"no counts of chunks in: {ended.err}")
        return
    failed, left = (re.search(rf"(\d+) {what}\b", match[0]) for what in ("failed", "not finished"))
    told = [int(match[1]), int(match[2]), int(failed[1] if failed else 0)]
    counted = [history.chunks[what] for what in ("done", "planned", "failed")]
    found.expect(told, counted, "chunks done, planned and failed")
    unfinished = counted[1] - counted[0] - counted[2]
    found.expect(int(left[1] if left else 0), unfinished, "chunks not finished")


def _audit_result(found: Findings, result: Any, history: ToldHistory) -> None:
    """The result is that of the records that are done, and tells those that are not."""
    done = sorted(history.done)
    if isinstance(result, dict) and "results" in result:
        counts = result["counts"]
        found.expect(_numbers(result["results"]), [2 * record for record in done], "results")
        found.expect(counts["records"], len(history.planned), "records")
        found.expect(counts["recordsSucceeded"], len(done), "recordsSucceeded")
        failed = [_records(failure["chunk"]) for failure in result["failures"]]
        found.expect(sorted(sum(failed, [])), sorted(history.left), "failures")
    else:
        _audit_answers(found, result, done)


def audit_whole(found: Findings, out: str, records: Sequence[int]) -> None:
    """The result is that of these records, all of them, and of no others."""
    _audit_answers(found, json.loads(out), records)


def _audit_answers(found: Findings, result: Any, done: Sequence[int]) -> None:
    right = [2 * record for record in done]
    if isinstance(result, dict) and "results" in result:
        found.expect(result["failures"], [], "failures")
        result = result["results"]
    if isinstance(result, dict):
        found.expect(result, {"records": len(right), "sum": sum(right)}, "collected")
    else:
        found.expect(_numbers(result), right, "result")


def audit_telling(found: Findings, said: str, pattern: str) -> None:
    """The command says what the table says that it does."""
    literal = pattern.replace("[", "[[]").replace("?", "[?]")
    if not fnmatch.fnmatchcase(said.lower(), f"*{literal.lower()}*"):
        found.misreported.append(f"nothing like {pattern!r} in: {said}")


def _records(chunk: dict[str, int]) -> list[int]:
    return list(range(chunk["offset"], chunk["offset"] + chunk["oneJobProcessingCount"]))


def _numbers(answers: Any) -> list[int]:
    return [
        number
        for answer in answers
        for number in (answer["answers"] if isinstance(answer, dict) else answer)
    ]
