"""How much memory processes use, on Linux and where there is no /proc."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from bounded import ending
from fan_out.local.lambda_service.memory import MB, PeakMemory, process_groups

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
    memory = PeakMemory(holder.pid)

    held = memory.of_process()
    let_go(holder)

    assert 100 * MB < held < 150 * MB
    assert memory.of_process() == memory.peak >= held
    memory.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps it")
@pytest.mark.parametrize("holder", ["linux"], indirect=True)
def test_a_peak_that_nobody_saw_is_known_afterwards(holder: subprocess.Popen[str]) -> None:
    let_go(holder)

    memory = PeakMemory(holder.pid)
    assert 100 * MB < memory.of_process() < 150 * MB
    memory.close()


def test_a_process_that_has_ended_has_the_peak_that_was_seen(
    holder: subprocess.Popen[str],
) -> None:
    memory = PeakMemory(holder.pid)
    held = memory.of_process()
    holder.kill()
    holder.wait(60)

    assert memory.of_process() == held
    assert memory.of_group([holder.pid, holder.pid]) == held
    memory.close()


def test_the_processes_of_a_group_count_together(holder: subprocess.Popen[str]) -> None:
    memory = PeakMemory(holder.pid)

    assert memory.of_group(process_groups()[holder.pid]) < 150 * MB
    assert memory.of_group([holder.pid, holder.pid]) > 180 * MB
    memory.close()
