"""Packages made on the spot: pip installs and builds them without a network."""

import io
import tarfile
import zipfile
from pathlib import Path

BACKEND = """\
import os, pathlib, zipfile

pathlib.Path(os.environ["RAN"]).touch()  # the package's own code, on this machine

NAME, TAG, REQUIRES = {name!r}, {tag!r}, {requires!r}


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    pathlib.Path("build").mkdir(exist_ok=True)
    file = f"{{NAME}}-1.0-{{TAG}}.whl"
    info = f"{{NAME}}-1.0.dist-info"
    head = f"Metadata-Version: 2.1\\nName: {{NAME}}\\nVersion: 1.0\\n{{REQUIRES}}"
    with zipfile.ZipFile(os.path.join(wheel_directory, file), "w") as archive:
        for path in sorted(pathlib.Path(NAME).rglob("*.*")):
            archive.write(path, str(path))
        archive.writestr(f"{{info}}/METADATA", head)
        archive.writestr(f"{{info}}/WHEEL", f"Wheel-Version: 1.0\\nTag: {{TAG}}\\n")
        archive.writestr(f"{{info}}/RECORD", "")
    return file
"""

PYPROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""


def wheel(
    folder: Path,
    name: str,
    files: dict[str, str],
    tag: str = "py3-none-any",
    *,
    version: str = "1.0",
    metadata: str = "",
) -> Path:
    """Make a package that pip can install."""
    folder.mkdir(exist_ok=True)
    info = f"{name}-{version}.dist-info"
    head = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{metadata}"
    file = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(file, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
        archive.writestr(f"{info}/METADATA", head)
        archive.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nTag: {tag}\n")
        archive.writestr(f"{info}/RECORD", "".join(f"{path},,\n" for path in files))
    return file


def source(name: str, *, tag: str = "py3-none-any", requires: str = "") -> dict[str, str]:
    """The files of a package that must be built; its code touches the file RAN when it is."""
    return {
        "pyproject.toml": PYPROJECT,
        "backend.py": BACKEND.format(name=name, tag=tag, requires=requires),
        f"{name}/__init__.py": "",
        "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
    }


def project(folder: Path, name: str, *, tag: str = "py3-none-any", requires: str = "") -> Path:
    """Make a folder of the user's own that pip can build."""
    for path, text in source(name, tag=tag, requires=requires).items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


def sdist(folder: Path, name: str, *, tag: str = "py3-none-any") -> Path:
    """Make an archive of source."""
    folder.mkdir(exist_ok=True)
    file = folder / f"{name}-1.0.tar.gz"
    with tarfile.open(file, "w:gz") as archive:
        for path, text in source(name, tag=tag).items():
            info = tarfile.TarInfo(f"{name}-1.0/{path}")
            info.size = len(text.encode())
            info.mtime = 10**9
            archive.addfile(info, io.BytesIO(text.encode()))
    return file
