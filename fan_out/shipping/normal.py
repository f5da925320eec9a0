"""Make a staged folder the same on every machine: CDK deploys again what differs in a byte."""

from pathlib import Path

EXECUTABLE = 0o111


def normalize(folder: Path) -> None:
    """Set the modes that Lambda's user needs, and take out what pip notes of this machine."""
    for info in folder.glob("*.dist-info"):
        _forget_this_machine(info)
    for path in [folder, *folder.rglob("*")]:
        # a program that ships must stay one
        program = path.is_dir() or path.stat().st_mode & EXECUTABLE
        path.chmod(0o755 if program else 0o644)


def _forget_this_machine(info: Path) -> None:
    """Remove where a package came from, and the digests of its scripts, which name this Python."""
    (info / "direct_url.json").unlink(missing_ok=True)
    record = info / "RECORD"
    if record.is_file():
        lines = record.read_text(encoding="utf-8").splitlines(keepends=True)
        foreign = ("../", "bin/", f"{info.name}/direct_url.json")
        record.write_text("".join(line for line in lines if not line.startswith(foreign)), "utf-8")
