"""The first process of an execution environment: starts its runtime, and ends all that it leaves.

Run as a script, ``launcher.py LIFELINE``, with the request that ``launch`` describes on standard
input. LIFELINE is one end of a socket pair whose other end the Lambda service holds. Three
processes come of it:

- the guard, this one, which ends when init does, or when the service lets go of the lifeline, and
  kills every process of the environment first. Orphans become its children, so that none is missed.
- init, process 1 where the environment has namespaces, so that the kernel kills all the others with
  it. It reaps orphans, and writes to the lifeline how the runtime ended, as ``Popen.returncode``.
- the runtime.

Python 3.11 has neither ``os.unshare`` nor ``mount``. ctypes calls the kernel in the process that is
there anyway; the programs ``unshare`` and ``mount`` are not on every machine, and cost a process
for each of some 60 mounts. No module is imported that loads slowly: this is part of a cold start.
"""

# pathlib loads slowly
# ruff: noqa: PTH103, PTH110, PTH112, PTH120, PTH123, PTH208, PTH211

import _signal as signal  # type: ignore[import-not-found]  # signal without its enums: 4 ms
import fcntl
import marshal
import os
import select
import sys

USER, GROUP = 993, 990
"""Those of sbx_user1051, who runs functions in Lambda."""

NEW_MOUNTS, NEW_USER, NEW_PROCESSES = 0x20000, 0x10000000, 0x20000000
PARENT_DEATH_SIGNAL, CHILD_SUBREAPER = 1, 36
READ_ONLY, NO_SETUID, NO_DEVICES, NO_PROGRAMS = 1, 2, 4, 8
REMOUNT, BIND, RECURSIVE, PRIVATE, DETACH = 0x20, 0x1000, 0x4000, 0x40000, 2
KEPT = 0b1100_0000_1110
"""Of a mount's flags, those that statvfs and mount write alike, and a remount must not drop."""
RELATIVE_TIMES, STRICT_TIMES, ST_RELATIVE_TIMES = 1 << 21, 1 << 24, 1 << 12


def main(lifeline: int) -> None:  # pragma: no cover - in another process, as all of this file
    """Be the guard."""
    request = marshal.load(sys.stdin.buffer)  # noqa: S302 - the service wrote it
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.set_inheritable(lifeline, False)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    _prctl(CHILD_SUBREAPER, 1)
    if request["mounts"]:
        _be_another_user()
    init = os.fork()
    if not init:
        _init(lifeline, request)
    _end_with(lifeline)
    _wait_for(init)
    _end()


def _init(lifeline: int, request: dict) -> None:  # type: ignore[type-arg]  # pragma: no cover
    """Run the runtime, and tell how it ended."""
    try:
        _prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL)
        if request["mounts"]:
            _take_files(**request["mounts"])
        runtime = os.fork()
        if not runtime:
            _run(request)
        status = _wait_for(runtime)
        os.write(lifeline, str(os.waitstatus_to_exitcode(status)).encode())
    except Exception as error:
        os.write(2, f"the environment could not be started: {error}\n".encode())
    finally:
        os._exit(1)


def _run(request: dict) -> None:  # type: ignore[type-arg]  # pragma: no cover
    """Become the runtime, with nothing inherited of the service's signals."""
    if _prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL):
        os.setsid()  # what it sends to its own group is not for init and the guard
    for number in signal.valid_signals():
        if number not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    os.chdir(request["cwd"])
    command = request["arguments"]
    os.execve(command[0], command, request["variables"])  # noqa: S606


def _end_with(lifeline: int) -> None:  # pragma: no cover
    """End once the other end of ``lifeline`` is closed, also because the service was killed."""
    signal.signal(signal.SIGIO, _end)
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    flags = fcntl.fcntl(lifeline, fcntl.F_GETFL)
    fcntl.fcntl(lifeline, fcntl.F_SETFL, flags | os.O_ASYNC)
    if select.select([lifeline], [], [], 0)[0]:  # it was closed before we listened
        _end()


def _end(*_: object) -> None:  # pragma: no cover
    """Kill every process of the environment, the guard last."""
    signal.signal(signal.SIGIO, signal.SIG_IGN)
    while left := [pid for pid in _children() if _kill(pid)]:
        for pid in left:  # what it leaves is our child then, for the next round
            os.waitpid(pid, 0)
    os.killpg(0, signal.SIGKILL)


def _children() -> list[int]:  # pragma: no cover
    children = []
    for name in os.listdir("/proc") if sys.platform == "linux" else ():
        if name.isdecimal():
            try:
                with open(f"/proc/{name}/stat", "rb") as status:
                    parent = status.read().rpartition(b")")[2].split()[1]
            except OSError:  # it has just ended
                continue
            if int(parent) == os.getpid():
                children.append(int(name))
    return children


def _kill(pid: int) -> bool:  # pragma: no cover
    try:
        os.kill(pid, signal.SIGKILL)
    except PermissionError:  # it has become another user
        return False
    return True


def _wait_for(child: int) -> int:  # pragma: no cover
    """Answer the status of ``child``, and reap the others that end before it."""
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == child:
            return status


def _be_another_user() -> None:  # pragma: no cover
    """Let our user be Lambda's in here, and our next child be process 1."""
    user, group = os.geteuid(), os.getegid()
    _call("unshare", NEW_USER | NEW_PROCESSES)
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{USER} {user} 1")
    _write("/proc/self/gid_map", f"{GROUP} {group} 1")


def _take_files(  # pragma: no cover
    root: str,
    folders: list[str],
    binds: list[tuple[str, str]],
    links: list[tuple[str, str]],
    writable: str,
) -> None:
    """Have no other files than those of ``binds``, pairs of a source and a target, parents first.

    ``root`` is an empty folder; ``links`` are pairs of a target and a place.
    """
    _call("unshare", NEW_MOUNTS)
    _mount("none", "/", flags=RECURSIVE | PRIVATE)
    _mount("tmpfs", root, "tmpfs", NO_SETUID | NO_DEVICES)
    for folder in folders:
        os.makedirs(root + folder, exist_ok=True)
    for source, target in binds:
        place = root + target
        if os.path.isdir(source):
            os.makedirs(place, exist_ok=True)
        elif not os.path.exists(place):
            os.makedirs(os.path.dirname(place), exist_ok=True)
            os.close(os.open(place, os.O_CREAT | os.O_WRONLY))
        _mount(source, place, flags=BIND | RECURSIVE)
        if target != writable:  # at once: no later mount point is made in a folder of the machine
            _make_read_only(place)
    for target, place in links:
        os.makedirs(os.path.dirname(root + place), exist_ok=True)
        os.symlink(target, root + place)
    os.makedirs(f"{root}/proc")
    _mount("proc", f"{root}/proc", "proc", NO_SETUID | NO_DEVICES | NO_PROGRAMS)
    for place in _mounted_below(root):
        if place != root + writable and not os.statvfs(place).f_flag & READ_ONLY:
            _make_read_only(place)
    os.chdir(root)
    _call("pivot_root", b".", b".")
    _call("umount2", b".", DETACH)
    os.chdir("/")


def _mounted_below(root: str) -> list[str]:  # pragma: no cover
    with open("/proc/self/mountinfo", "rb") as lines:
        # a space is written as \040
        places = [line.split()[4].decode("unicode_escape") for line in lines]
    places = [place.encode("latin-1").decode(errors="surrogateescape") for place in places]
    return [place for place in places if place == root or place.startswith(f"{root}/")]


def _make_read_only(place: str) -> None:  # pragma: no cover
    has = os.statvfs(place).f_flag
    times = RELATIVE_TIMES if has & ST_RELATIVE_TIMES else 0 if has & 1024 else STRICT_TIMES
    _mount("none", place, flags=REMOUNT | BIND | READ_ONLY | has & KEPT | times)


def _mount(source: str, place: str, kind: str = "", flags: int = 0) -> None:  # pragma: no cover
    _call("mount", os.fsencode(source), os.fsencode(place), kind.encode(), flags, None)


def _prctl(option: int, value: int) -> bool:  # pragma: no cover
    """Ask Linux to look after orphans; elsewhere, the process group is all that there is."""
    if sys.platform != "linux":
        return False
    try:
        _call("prctl", option, value, 0, 0, 0)
    except ImportError:  # a Python without ctypes
        return False
    return True


def _call(name: str, *arguments: object) -> None:  # pragma: no cover
    """Call a function of the C library. Raises OSError."""
    import ctypes

    library = ctypes.CDLL(None, use_errno=True)
    given = [
        ctypes.c_ulong(argument) if isinstance(argument, int) else argument
        for argument in arguments
    ]
    if getattr(library, name)(*given) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")


def _write(path: str, text: str) -> None:  # pragma: no cover
    with open(path, "w") as file:
        file.write(text)


if __name__ == "__main__":  # pragma: no cover
    main(int(sys.argv[1]))
