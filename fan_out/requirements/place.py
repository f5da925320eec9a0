"""Where a handler's requirements stand."""

import re
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from fan_out.requirements.lines import read_lines

NAME = "requirements.txt"

OF_THE_APP = {"aws-cdk-lib", "constructs", "fan-out"}
"""What synth needs, not a handler. Of fan_out, the runtime ships by itself."""

OF_OTHER_FILES = re.compile(r"-[rce]|--(requirement|constraint|editable)\b")
"""What refers to other files is no handler's requirements."""


def find_requirements(file: Path, root: Path) -> Path | None:
    """Find the requirements file of the handler in ``file``: the nearest one, up to ``root``.

    ``root`` is the folder on the import path. What lies there is passed over where it is what the
    app needs to synthesize, or a developer, unless the handler lies there too.
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
    return any(
        _name_in(line) in OF_THE_APP or OF_OTHER_FILES.match(line) for _, line in read_lines(path)
    )


def _name_in(line: str) -> str:
    try:
        return canonicalize_name(Requirement(line.partition(" --")[0]).name)
    except InvalidRequirement:
        return ""
