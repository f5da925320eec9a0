"""The audit finds what is wrong: else a table in which all holds would say nothing."""

import json
from collections import Counter

import pytest
from audit import Ended, Findings, audit_report, audit_telling, audit_whole, audit_work
from told_history import ToldHistory

DONE = "succeeded after 0.1 s, 2 of 2 chunks done"
HALF = "failed after 0.1 s, 1 of 2 chunks done, 1 failed\nerror: chunk 2 of 2 failed "


def history(done: int = 4, failed: int = 0, status: str = "SUCCEEDED") -> ToldHistory:
    """Four records in two chunks, each tried once."""
    told = ToldHistory(status)
    told.planned.update(range(4))
    told.attempts.update(range(4))
    told.done, told.failed = set(range(done)), set(range(4 - failed, 4))
    told.spoilt.update(told.failed)
    told.chunks.update(planned=2, done=done // 2, failed=failed // 2)
    return told


def work(did: list[int], *chain: ToldHistory) -> Findings:
    found = Findings()
    audit_work(found, Counter(did), chain, [])
    return found


def report(ended: Ended, told: ToldHistory) -> Findings:
    found = Findings()
    audit_report(found, ended, told, 4)
    return found


def test_what_is_right_is_not_found_fault_with() -> None:
    assert not work([0, 1, 2, 3], history())
    assert not report(Ended(0, "[[0,2],[4,6]]", DONE), history())
    failed = history(2, 2, "FAILED")
    assert not work([0, 1, 2], failed)
    assert not report(Ended(1, "", f"{HALF}(offset 2, count 2): ValueError"), failed)


def test_a_record_that_nobody_did_is_lost() -> None:
    assert work([0, 1, 3], history()).lost == {2}


def test_a_record_that_is_not_resumed_is_lost_and_one_that_was_done_already_is_doubled() -> None:
    rest = ToldHistory("SUCCEEDED")
    for counter in (rest.planned, rest.attempts):
        counter.update([1, 3])
    rest.done = {1, 3}
    found = work([0, 1, 1, 3], history(2, 2, "FAILED"), rest)
    assert (found.lost, found.doubled) == ({2}, {1})


@pytest.mark.parametrize("did", [[0, 0, 1, 2, 3], [0, 1, 2, 3, 9]])
def test_a_record_that_was_done_without_a_call_is_doubled(did: list[int]) -> None:
    assert work(did, history()).doubled == {0} or work(did, history()).doubled == {9}


def test_a_failed_try_is_a_reason_to_do_a_record_again_and_but_once() -> None:
    tried_twice = history()
    tried_twice.attempts[3], tried_twice.spoilt[3] = 2, 1
    assert not work([0, 1, 2, 3, 3], tried_twice)
    assert work([0, 1, 2, 3, 3, 3], tried_twice).doubled == {3}


@pytest.mark.parametrize(
    ("ended", "told"),
    [
        (Ended(1, "", DONE), history()),
        (Ended(0, "[[0,2],[4,6]]", DONE), history(2, 2)),
        (Ended(0, "[[0,2],[4]]", DONE), history()),
        (Ended(0, "[[0,2],[4,6]]", "succeeded"), history()),
        (Ended(1, "", f"{HALF}(offset 0, count 2): ValueError"), history(2, 2, "FAILED")),
        (Ended(1, "[]", f"{HALF}(offset 2, count 2): ValueError"), history(2, 2, "FAILED")),
        (Ended(1, "", HALF.replace("error", "oops")), history(2, 2, "FAILED")),
    ],
)
def test_what_is_told_otherwise_than_it_is_is_misreported(ended: Ended, told: ToldHistory) -> None:
    assert report(ended, told).misreported


def test_a_tolerant_runs_failures_and_counts_are_the_histories() -> None:
    output = {
        "results": [[0, 2]],
        "failures": [{"chunk": {"oneJobProcessingCount": 2, "offset": 2}}],
        "counts": {"records": 4, "recordsSucceeded": 2},
    }
    said = "succeeded after 0.1 s, 1 of 2 chunks done, 1 failed"
    assert not report(Ended(0, json.dumps(output), said), history(2, 2))
    output["failures"] = []
    assert report(Ended(0, json.dumps(output), said), history(2, 2)).misreported


def test_the_whole_is_all_records_and_what_the_table_says_is_said() -> None:
    found = Findings()
    audit_whole(found, '{"records": 4, "sum": 12}', range(4))
    audit_whole(found, '{"results": [[0, 2, 4, 6]], "failures": []}', range(4))
    audit_telling(found, "error: [x] record 7 is bad", "[x] record * is bad")
    assert not found
    audit_whole(found, "[[0, 2, 4]]", range(4))
    audit_telling(found, "all is well", "record * is bad")
    assert len(found.misreported) == 2
