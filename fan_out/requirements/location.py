"""The URLs and paths that requirements name."""

import re
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from urllib.request import url2pathname

from packaging.utils import canonicalize_name

ARCHIVES = (
    ".whl",
    ".zip",
    ".tar",
    ".tar.gz",
    ".tgz",
    ".tar.bz2",
    ".tbz",
    ".tar.xz",
    ".txz",
    ".tar.lz",
    ".tlz",
    ".tar.lzma",
)
"""How the name of an archive ends that pip installs."""

URL = re.compile(r"(https?|ftp|file|(git|hg|svn|bzr)(\+\w+)?):", re.IGNORECASE)


def is_url(text: str) -> bool:
    """Whether pip takes it for a URL."""
    return URL.match(text) is not None


def is_wheel(location: str) -> bool:
    """Whether a path or URL names a wheel, which installs without running code."""
    path = urlsplit(location).path if is_url(location) else location
    return path.lower().endswith(".whl") and "+" not in location.partition(":")[0]


def located(text: str, folder: Path) -> str:
    """Answer a URL as it is, and for what is on this machine its absolute path.

    A relative path is looked for in ``folder``, that of the requirements file, and then, as pip
    does, in the current one. Raises ValueError where it is in neither.
    """
    within = ""
    if text.lower().startswith("file:"):
        url = urlsplit(text)
        said = parse_qs(url.fragment)
        if unknown := said.keys() - {"egg", "subdirectory"}:
            raise ValueError(f"{text} must say egg and subdirectory alone, got {min(unknown)}")
        within = "".join(said.get("subdirectory", []))
        text = url2pathname(url.path)
    elif is_url(text):
        return text
    for place in (folder, Path.cwd()):
        path = (place / text / within).resolve()
        if path.exists():
            return str(path)
    raise ValueError(f"there is no {text} in {folder}, nor in {Path.cwd()}")


def name_of_archive(location: str) -> str:
    """Answer the name of the package in an archive or repository; empty where nothing says it."""
    url = urlsplit(location) if is_url(location) else urlsplit("")
    if egg := parse_qs(url.fragment).get("egg"):
        return canonicalize_name(egg[0].partition("[")[0])
    file = Path(unquote(url.path) if is_url(location) else location).name
    ending = max((end for end in ARCHIVES if file.lower().endswith(end)), key=len, default="")
    if not ending:
        return ""
    stem = file[: -len(ending)]
    return canonicalize_name(stem.split("-")[0] if ending == ".whl" else stem.rpartition("-")[0])
