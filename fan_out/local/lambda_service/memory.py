"""How much memory an environment has used at its peak."""

import os
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

MB = 1024 * 1024


class PeakMemory:
    """The most resident memory, in bytes, that a process and its process group have had.

    Linux keeps the peak of each process (VmHWM, proc(5)), so that a short one is seen however late
    one looks; elsewhere it is the highest of what was seen.
    """

    def __init__(self, pid: int) -> None:
        self.peak = 0
        """As of the last look."""
        self._pid = pid
        self._status = -1
        if sys.platform == "linux":
            self._status = os.open(f"/proc/{pid}/status", os.O_RDONLY | os.O_CLOEXEC)

    def of_process(self) -> int:
        """Look at the process alone, and answer the peak: some 20 µs on Linux."""
        if self._status < 0:
            self._note(_resident(self._pid))
        else:
            with suppress(ProcessLookupError):
                self._note(_bytes(b"VmHWM:", os.pread(self._status, 4096, 0)))
        return self.peak

    def of_group(self, pids: Sequence[int]) -> int:
        """Look at the process and at the others of its group, ``pids``, and answer the peak."""
        if len(pids) > 1:
            share = _proportional if self._status >= 0 else _resident
            self._note(sum(share(pid) for pid in pids))
        return self.of_process()

    def close(self) -> None:
        """Close the process's file."""
        if self._status >= 0:
            os.close(self._status)

    def _note(self, used: int) -> None:
        self.peak = max(self.peak, used)


def process_groups() -> Mapping[int, Sequence[int]]:
    """Answer the numbers of all processes by those of their groups: 1 ms for a few hundred."""
    groups = defaultdict(list)
    for pid in psutil.pids():
        with suppress(OSError):  # it has just ended
            groups[os.getpgid(pid)].append(pid)
    return groups


def _proportional(pid: int) -> int:
    """The resident memory of one of several: what a fork shares with its parent counts once."""
    with suppress(OSError):
        return _bytes(b"\nPss:", Path(f"/proc/{pid}/smaps_rollup").read_bytes())
    return 0


def _bytes(name: bytes, text: bytes) -> int:
    """What a line such as ``VmHWM:   10620 kB`` says; 0 where there is none."""
    _, _, rest = text.partition(name)
    return int(rest.split(maxsplit=1)[0]) * 1024 if rest else 0


def _resident(pid: int) -> int:
    with suppress(psutil.Error):
        return int(psutil.Process(pid).memory_info().rss)
    return 0
