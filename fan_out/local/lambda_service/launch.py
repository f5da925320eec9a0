"""What a launcher is asked for: a command, its variables, and the files that it sees."""

import marshal
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Mounts:
    """The files of an environment that has namespaces: these, and no others.

    ``root`` is an empty folder of the machine. ``binds`` are pairs of a path on the machine and one
    in the environment, parents first; all are read-only but ``writable``. ``links`` are pairs of a
    target and a place, ``folders`` are made.
    """

    root: str
    folders: Sequence[str]
    binds: Sequence[tuple[str, str]]
    links: Sequence[tuple[str, str]]
    writable: str


@dataclass(frozen=True)
class Launch:
    """A command with its folder and variables; without ``mounts`` it has our user and our files."""

    arguments: Sequence[str]
    cwd: str
    variables: Mapping[str, str]
    mounts: Mounts | None

    def request(self, **more_variables: str) -> bytes:
        """What ``launcher`` reads. Raises ValueError where a variable cannot be one."""
        variables = {**self.variables, **more_variables}
        for name, value in variables.items():
            if "\0" in name + value:
                raise ValueError(f"environment variable {name!r} must have no null character")
        # both ends are the same Python, and nothing has to be imported there
        return marshal.dumps({**asdict(self), "variables": variables})
