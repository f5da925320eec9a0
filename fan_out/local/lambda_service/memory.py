"""How much memory an environment has used at its peak."""

import os
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

MB = 1024 * 1024


Children = Mapping[int, Sequence[int]]
"""The numbers of processes by that of their parent."""


class PeakMemory:
    """The most resident memory, in bytes, that a runtime and its other processes have had.

    Linux keeps the peak of each process (VmHWM, proc(5)), so that a short one is seen however late
    one looks; elsewhere it is the highest of what was seen.
    """

    def __init__(self) -> None:
        self.peak = 0
        """As of the last look."""
        self._pid = 0
        self._status = -1

    def of_all(self, pids: Sequence[int]) -> int:
        """Look at all processes of an environment, the runtime first, and answer the peak."""
        if pids and not self._pid:
            self._follow(pids[0])
        if len(pids) > 1:
            share = _proportional if self._status >= 0 else _resident
            self._note(sum(share(pid) for pid in pids))
        return self.of_process()

    def of_process(self) -> int:
        """Look at the runtime alone, once it is known, and answer the peak: some 20 µs on Linux."""
        if self._status >= 0:
            with suppress(ProcessLookupError):
                self._note(_bytes(b"VmHWM:", os.pread(self._status, 4096, 0)))
        elif self._pid:
            self._note(_resident(self._pid))
        return self.peak

    def close(self) -> None:
        """Close the process's file."""
        if self._status >= 0:
            os.close(self._status)

    def _follow(self, pid: int) -> None:
        self._pid = pid
        if sys.platform == "linux":
            with suppress(OSError):  # it has just ended
                self._status = os.open(f"/proc/{pid}/status", os.O_RDONLY | os.O_CLOEXEC)

    def _note(self, used: int) -> None:
        self.peak = max(self.peak, used)


def children_of_all() -> Children:
    """Answer the children of all of the machine's processes: 1 ms for a hundred of them."""
    children = defaultdict(list)
    for pid in psutil.pids():
        with suppress(OSError, psutil.Error):  # it has just ended
            children[_parent(pid)].append(pid)
    return children


def processes_of(launcher: int, children: Children) -> Sequence[int]:
    """Answer the processes of an environment, the runtime first; launcher and init are ours.

    Orphans are among them: they become children of init, or of the launcher.
    """
    init = list(children.get(launcher, ())[:1])
    found = [child for parent in (*init, launcher) for child in children.get(parent, ())]
    found = [pid for pid in found if pid not in init]
    for pid in found:
        found += children.get(pid, ())
    return found


def _parent(pid: int) -> int:
    if sys.platform != "linux":
        return psutil.Process(pid).ppid()
    status = Path(f"/proc/{pid}/stat").read_bytes()
    return int(status.rpartition(b")")[2].split(maxsplit=2)[1])


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
