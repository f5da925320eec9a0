"""What an environment with namespaces has of this machine: Lambda's folders, and no one's files.

Lambda's own are the function's code in /var/task, its layers in /opt, the runtime in /var/runtime,
a /tmp, and a read-only rest. In its place stand the system's programs and libraries, and the
interpreter that runs us, wherever that lies.
"""

import os
import select
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from fan_out.local.lambda_service.launch import Launch, Mounts
from fan_out.local.lambda_service.launcher import GROUP, USER
from fan_out.local.lambda_service.process import RuntimeProcess
from fan_out.local.lambda_service.runtime_directory import RuntimeDirectory
from fan_out.local.lambda_service.variables import TEMPORARY, Place

OFF = "FAN_OUT_NO_NAMESPACES"
"""An environment variable of ours: where it is set, environments have none. For tests."""

SEEN = Place(Path("/var/task"), Path("/opt"), TEMPORARY)
RUNTIME = RuntimeDirectory(Path("/var/runtime"))
HOME = Path("/home/sbx_user1051")

SYSTEM = (
    *("/bin", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/sbin", "/usr"),
    *("/gnu", "/nix", "/home/linuxbrew/.linuxbrew"),  # of other package managers
    "/sys/devices/system",  # the processors
    "/var/lib/ca-certificates",  # where openSUSE has them
)
LINKED_FROM_ETC = ("hosts", "localtime", "nsswitch.conf", "resolv.conf", "ssl/certs")
"""What /etc may have elsewhere, such as in /run."""

DEVICES = ("full", "null", "random", "urandom", "zero")
LINKS = (
    ("/proc/self/fd", "/dev/fd"),
    ("/proc/self/fd/0", "/dev/stdin"),
    ("/proc/self/fd/1", "/dev/stdout"),
    ("/proc/self/fd/2", "/dev/stderr"),
)
ACCOUNTS = {
    "passwd": f"root:x:0:0::/root:/bin/sh\nsbx_user1051:x:{USER}:{GROUP}::{HOME}:/sbin/nologin\n",
    "group": f"root:x:0:\nsbx_user1051:x:{GROUP}:\n",
}

SECONDS_TO_TRY = 10


@dataclass(frozen=True)
class Isolation:
    """The files that all environments of a service have, at their places in the environment."""

    root: Path
    binds: Mapping[str, str]
    links: Sequence[tuple[str, str]]

    @classmethod
    def where_allowed(cls, directory: Path, runtime: RuntimeDirectory) -> Self | None:
        """Try it: None where the kernel does not allow it, or Python does not run in it."""
        if sys.platform != "linux" or os.environ.get(OFF):
            return None
        isolation = cls.of(directory, runtime)
        with TemporaryDirectory(dir=directory) as folder:
            empty = Path(folder)
            mounts = isolation.mounts(Place(empty, empty, empty))
            python = str(RUNTIME.python)
            launch = Launch([python, "-I", "-S", "-c", "import ctypes"], "/var/task", {}, mounts)
            return isolation if _succeeds(launch) else None

    @classmethod
    def of(cls, directory: Path, runtime: RuntimeDirectory) -> Self:
        """Make what it needs in ``directory``, the service's own."""
        root = directory / "root"
        root.mkdir()
        for name, text in ACCOUNTS.items():
            (directory / name).write_text(text)
        accounts = {f"/etc/{name}": str(directory / name) for name in ACCOUNTS}
        links = [(str(Path(path).readlink()), path) for path in SYSTEM if Path(path).is_symlink()]
        return cls(root, {**dict(_machine()), **dict(_runtime(runtime)), **accounts}, links)

    def mounts(self, place: Place) -> Mounts:
        """Answer the files of one environment."""
        layers = [(layer, str(SEEN.opt / layer.name)) for layer in place.opt.iterdir()]
        binds = {
            **self.binds,
            **{target: str(layer) for layer, target in layers if not layer.is_symlink()},
            str(SEEN.task_root): str(place.task_root),
            str(SEEN.temporary): str(place.temporary),
        }
        links = [(str(layer.readlink()), target) for layer, target in layers if layer.is_symlink()]
        return Mounts(
            root=str(self.root),
            folders=[str(SEEN.opt), str(HOME)],
            # sorted, a folder comes before what it holds
            binds=[(binds[target], target) for target in sorted(binds)],
            links=[*LINKS, *self.links, *links],
            writable=str(SEEN.temporary),
        )


def _machine() -> Iterator[tuple[str, str]]:
    """Pairs of a path in the environment and the one on the machine that is there."""
    bound = [path for path in SYSTEM if Path(path).exists()]
    for path in bound:
        if not Path(path).is_symlink():
            yield path, path
    wanted = [os.path.realpath(f"/etc/{name}") for name in LINKED_FROM_ETC]
    wanted += [path for part in _interpreter() for path in (part, os.path.realpath(part))]
    for path in wanted:
        if Path(path).exists() and not any(Path(path).is_relative_to(folder) for folder in bound):
            yield path, os.path.realpath(path)
    for name in DEVICES:
        yield f"/dev/{name}", f"/dev/{name}"


def _runtime(runtime: RuntimeDirectory) -> Iterator[tuple[str, str]]:
    """The same for the runtime, whose packages are links to ours."""
    for name in ("aws-config", "bin", "bootstrap.py", "pyvenv.cfg"):
        yield str(RUNTIME.path / name), str(runtime.path / name)
    for package in runtime.packages.iterdir():
        yield str(RUNTIME.packages / package.name), os.path.realpath(package)


def _interpreter() -> Iterator[str]:
    """What Python needs to run; none of it may be the developer's whole home."""
    home = Path("~").expanduser()
    for path in (sys.base_prefix, sys.base_exec_prefix, getattr(sys, "_base_executable", "")):
        if path and not home.is_relative_to(path):
            yield path


def _succeeds(launch: Launch) -> bool:
    with Path(os.devnull).open("wb") as output:
        process = RuntimeProcess(launch, output=output.fileno())
        try:
            select.select([process], [], [], SECONDS_TO_TRY)
        finally:
            status = process.end()
    return status == 0
