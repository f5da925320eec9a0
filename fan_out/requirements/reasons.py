"""Why pip did not do it, in one line."""

import re
import subprocess

BOILERPLATE = re.compile(
    r"ERROR: (ResolutionImpossible|Failed to build|Could not build wheels|Failed building wheel"
    r"|Failed to build installable wheels)"
)

UNREACHABLE = re.compile(r"Retrying .* after connection broken by '(.+)': ")

CONFLICT = re.compile(r"The conflict is caused by:\n((?: +\S.*\n)+)")


def reason_of(done: subprocess.CompletedProcess[str]) -> str:
    """Answer pip's last real reason, of what it printed."""
    if conflict := CONFLICT.search(done.stdout):
        parts = [line.strip() for line in conflict[1].splitlines()]
        return f"its lines exclude each other: {'; '.join(parts)}"
    lines = [line.rstrip() for line in done.stderr.splitlines() if line.strip()]
    if unreachable := [found[1] for line in lines if (found := UNREACHABLE.search(line))]:
        return f"the package index cannot be reached: {unreachable[-1]}"
    ends = [at for at, line in enumerate(lines) if line.strip(" │") == "[end of output]"]
    if ends and ends[-1] > 0:  # a build's own words: the last of them is its error
        return lines[ends[-1] - 1].strip(" │")
    errors = [at for at, line in enumerate(lines) if line.lstrip().startswith("ERROR:")]
    real = [at for at in errors if not BOILERPLATE.match(lines[at].lstrip())] or errors
    if not real:
        return lines[-1].strip() if lines else "pip gave no reason"
    details = []
    for line in lines[real[-1] + 1 :]:
        if not line.startswith("  "):
            break
        details.append(line.strip())
    return " ".join([lines[real[-1]].lstrip().removeprefix("ERROR: "), *details])
