"""How much memory processes use, on Linux and where there is no /proc."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from bounded import ending
from fan_out.local.lambda_service.memory import MB, PeakMemory, children_of_all, processes_of

HOLD = """
import sys
memory = b"x" * (int(sys.argv[1]) << 20)
print("held", flush=True)
sys.stdin.read(1)
del memory
print("freed", flush=True)
sys.stdin.read()
"""


@pytest.fixture(params=["linux", "elsewhere"])
def holder(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[subprocess.Popen[str]]:
    """A process that holds 100 MB, until it is told to let go of them."""
    if request.param != sys.platform:
        monkeypatch.setattr(sys, "platform", request.param)
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, "100"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with ending(process):
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.stdin.close()


def let_go(holder: subprocess.Popen[str]) -> None:
    assert holder.stdin is not None
    assert holder.stdout is not None
    holder.stdin.write("\n")
    holder.stdin.flush()
    assert holder.stdout.readline() == "freed\n"


def test_the_peak_stays_when_the_memory_is_let_go(holder: subprocess.Popen[str]) -> None:
    memory = PeakMemory()

    held = memory.of_all([holder.pid])
    let_go(holder)

    assert 100 * MB < held < 150 * MB
    assert memory.of_process() == memory.peak >= held
    memory.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps it")
@pytest.mark.parametrize("holder", ["linux"], indirect=True)
def test_a_peak_that_nobody_saw_is_known_afterwards(holder: subprocess.Popen[str]) -> None:
    let_go(holder)

    memory = PeakMemory()
    assert 100 * MB < memory.of_all([holder.pid]) < 150 * MB
    memory.close()


def test_a_process_that_has_ended_has_the_peak_that_was_seen(
    holder: subprocess.Popen[str],
) -> None:
    memory = PeakMemory()
    held = memory.of_all([holder.pid])
    holder.kill()
    holder.wait(60)

    assert memory.of_process() == held
    assert memory.of_all([holder.pid, holder.pid]) == held
    memory.close()


def test_the_processes_of_an_environment_count_together(holder: subprocess.Popen[str]) -> None:
    memory = PeakMemory()

    assert holder.pid in children_of_all()[os.getpid()]
    assert memory.of_all([holder.pid]) < 150 * MB
    assert memory.of_all([holder.pid, holder.pid]) > 180 * MB
    memory.close()


def test_a_process_that_has_ended_before_it_was_looked_at_has_used_nothing() -> None:
    memory = PeakMemory()

    assert memory.of_all([]) == memory.of_process() == 0
    assert memory.of_all([2**22 + 1]) == 0  # over the most that Linux numbers
    memory.close()


def test_an_environment_s_processes_are_the_runtime_first_then_all_below_or_orphaned() -> None:
    launcher, init, runtime, child, grandchild, orphan_of_init, orphan = range(2, 9)
    children = {
        1: [launcher, 99],
        launcher: [init, orphan],
        init: [runtime, orphan_of_init],
        runtime: [child],
        child: [grandchild],
    }

    found = processes_of(launcher, children)

    assert found[0] == runtime
    assert set(found) == {runtime, child, grandchild, orphan_of_init, orphan}
    assert len(found) == 5
    assert processes_of(99, children) == []
