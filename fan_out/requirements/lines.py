"""The lines of a requirements file, read as pip reads them.

"Requirements File Format", pip documentation.
"""

import codecs
import os
import re
from collections.abc import Iterator
from pathlib import Path

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins with UTF-16's
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),  # PowerShell's
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

CODING = re.compile(rb"coding[:=]\s*([-\w.]+)")
COMMENT = re.compile(r"(^|\s+)#.*$")
VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Answer each logical line that says something, and the number of its first line from 1.

    Lines that end with a backslash are joined, comments removed, and ``${NAME}`` is replaced by
    the environment variable. Raises ValueError where the file is no text.
    """
    for number, line in _joined(_decoded(path).splitlines()):
        if content := COMMENT.sub("", line).strip():
            yield number, VARIABLE.sub(_value, content)


def _decoded(path: Path) -> str:
    content = path.read_bytes()
    for mark, encoding in BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return _text(path, content.removeprefix(mark), encoding)
    for line in content.splitlines()[:2]:
        if line.startswith(b"#") and (said := CODING.search(line)):
            return _text(path, content, said[1].decode())
    return _text(path, content, "utf-8")


def _text(path: Path, content: bytes, encoding: str) -> str:
    try:
        text = content.decode(encoding)
    except (UnicodeError, LookupError) as error:
        raise ValueError(
            f"{path} must be UTF-8, or begin with a line such as '# -*- coding: latin-1 -*-': "
            f"{error}"
        ) from None
    if "\0" in text:
        raise ValueError(f"{path} must be text, got a NUL (UTF-16 needs a byte order mark)")
    return text


def _joined(lines: list[str]) -> Iterator[tuple[int, str]]:
    first, parts = 0, list[str]()
    for number, line in enumerate(lines, start=1):
        first = first if parts else number
        if line.endswith("\\") and not COMMENT.match(line):
            parts.append(line.strip("\\"))
            continue
        # the blank lets a comment that ends a joined line be seen as one
        yield first, "".join([*parts, " ", line])
        parts = []
    if parts:
        yield first, "".join(parts)


def _value(variable: re.Match[str]) -> str:
    return os.environ.get(variable[1]) or variable[0]
