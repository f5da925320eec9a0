"""Where a handler's requirements stand."""

from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from fan_out.requirements.lines import read_lines

NAME = "requirements.txt"

OF_THE_APP = {"aws-cdk-lib", "constructs", "fan-out"}
"""What synth needs, not a handler. Of fan_out, the runtime ships by itself."""


def find_requirements(file: Path, root: Path) -> Path | None:
    """Find the requirements file of the handler in ``file``: the nearest one, up to ``root``.

    ``root`` is the folder on the import path. What lies there is passed over where it lists what
    the app needs to synthesize, unless the handler lies there too.
    """
    folder = file.parent
    for place in [folder, *folder.parents]:
        found = place / NAME
        if found.is_file() and (place != root or place == folder or not _is_the_apps(found)):
            return found
        if place == root:
            break
    return None


def _is_the_apps(path: Path) -> bool:
    return any(name_in(line) in OF_THE_APP for _, line in read_lines(path))


def name_in(line: str) -> str:
    """The name of the package that a line requires; empty where it is none, or says none."""
    try:
        return canonicalize_name(Requirement(line.partition(" --")[0]).name)
    except InvalidRequirement:
        return ""
