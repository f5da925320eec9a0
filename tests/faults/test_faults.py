"""Whatever goes wrong: no record is lost, none is done twice, nothing is told that is not so.

``make faults`` runs every row of the table on 1,000 records; ``make test`` runs them on a few.
"""

import time
from collections.abc import Iterator

import pytest
from audit import audit_report, audit_telling, audit_whole, audit_work
from fault_report import LINES, Line
from fault_table import FAULTS, Fault
from meanwhile import resume, run
from rehearsal import Rehearsal, World, rehearsal

SHORT = 100
"""Up to so many records, the rows that are slow are left out."""


def rows() -> Iterator[object]:
    for row in FAULTS:
        marks = [pytest.mark.xfail(reason=row.until, strict=False)] if row.until else []
        yield pytest.param(row, id=row.name.replace(" ", "-"), marks=marks)


@pytest.fixture
def made(request: pytest.FixtureRequest, row: Fault) -> Iterator[Rehearsal]:
    """The row, with its world, the size, and the seed that were asked for."""
    records, seed = (request.config.getoption(name) for name in ("records", "seed"))
    if row.slow and records <= SHORT:
        pytest.skip("it is for `make faults`")
    world: World = request.getfixturevalue("own_world" if row.ends_the_aws else "world")
    began = time.monotonic()
    with rehearsal(world, row, records, seed) as made:
        yield made
    found = made.found
    line = Line(
        name=row.name,
        records=made.records,
        done=len(made.script.done),
        lost=len(found.lost),
        doubled=len(found.doubled),
        misreported=len(found.misreported),
        seconds=time.monotonic() - began,
        verdict="held" if not found else "not yet" if row.until else "FAULTY",
    )
    request.config.stash.setdefault(LINES, []).append(line)


@pytest.mark.parametrize("row", list(rows()))
def test_nothing_is_lost_doubled_or_misreported(made: Rehearsal, row: Fault) -> None:
    rehearse(made)
    found = made.found
    assert not found, (
        f"--seed {made.seed} --records {made.records}, bad records {made.bad}: lost "
        f"{sorted(found.lost)}, doubled {sorted(found.doubled)}\n" + "\n".join(found.misreported)
    )


def rehearse(made: Rehearsal) -> None:
    """Run the row with its fault, then mend what is wrong, and let the rest be done."""
    row, found, script = made.row, made.found, made.script
    ended = run(made)
    found.expect(ended.code, row.ends, f"exit code of the run, which said {ended.err!r}")
    tells = row.tells.replace("{record}", str(made.bad[0]) if made.bad else "")
    audit_telling(found, f"{ended.out}\n{ended.err}", tells)
    if row.ends_the_aws:
        return
    execution = made.execution(ended.err)
    script.settle()
    before = made.history_of(execution)
    audit_report(found, ended, before, made.records)
    others = [made.history_of(one) for one in made.others]
    audit_work(found, script.done, [before], others)
    if found:
        return
    script.mended = True
    audit_resumed(made, execution)
    after = [made.history_of(one) for one in made.resuming]
    script.settle()
    audit_work(found, script.done, [before, *after], others)


def audit_resumed(made: Rehearsal, execution: str) -> None:
    """Let the rest be done: the whole is then as if nothing had gone wrong."""
    found, done = made.found, made.script.done.total()
    resumed = resume(made, execution)
    if "\nrunning " in f"\n{resumed.err}":
        made.resuming.append(made.execution(resumed.err))
    if not made.row.resumes:
        found.expect(made.script.done.total(), done, "records done where nothing is left")
        return
    found.expect(resumed.code, 0, f"exit code of the resumed run, which said {resumed.err!r}")
    if resumed.code == 0:
        audit_whole(found, resumed.out, range(made.records))
        missing = {record for record in range(made.records) if not made.script.done[record]}
        found.lost |= missing
