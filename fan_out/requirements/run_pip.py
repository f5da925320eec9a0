"""Runs pip, as a script of its own: ``run_pip.py '{"markers": …, "builds": …}' install …``.

It adds to pip two things for which that has no option. With ``--platform`` and
``--python-version`` pip chooses wheels for another machine, but still takes environment markers
for this one's: ``markers`` says what they mean. And ``--only-binary=:all:`` holds for an index
alone; what a dependency's URL names, pip would build, and so run: without ``builds`` nothing is.
"""

import json
import runpy
import sys
from typing import Any

NO_BUILDS = "to build it runs its code at synth"


def main() -> None:
    """Do as the arguments say."""
    given = json.loads(sys.argv.pop(1))
    if given["markers"] is not None:
        _set_markers(given["markers"])
    if not given["builds"]:
        sys.addaudithook(_refuse_to_build)
    sys.argv[0] = "pip"
    runpy.run_module("pip", run_name="__main__", alter_sys=True)


def _set_markers(values: dict[str, str]) -> None:
    from pip._vendor.packaging import markers

    markers.default_environment = lambda: dict(values)
    if not markers.Marker(f"platform_machine == '{values['platform_machine']}'").evaluate():
        sys.exit("ERROR: this pip cannot be told what environment markers mean elsewhere")


def _refuse_to_build(event: str, arguments: tuple[Any, ...]) -> None:
    # pip builds in processes of its own interpreter, and starts none of these for a wheel
    if event == "subprocess.Popen" and list(arguments[1] or [])[:1] == [sys.executable]:
        raise PermissionError(NO_BUILDS)


if __name__ == "__main__":
    main()
