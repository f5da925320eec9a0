"""Source files, each read once for all functions that it ships with."""

import ast
import functools
import warnings
from pathlib import Path

from fan_out.shipping.imports import Source, read_imports


def read_source(file: Path, package: str, python: tuple[int, int]) -> Source:
    """Read a file, once as long as it does not change.

    ``package`` is what its relative imports start from; ``python`` is the function's version.
    Raises ValueError in one line for a file that cannot be read.
    """
    try:
        status = file.stat()
        return _read(file, status.st_mtime_ns, status.st_size, package, python)
    except OSError as error:
        raise ValueError(f"{file} must be readable to be shipped: {error.strerror}") from None


@functools.lru_cache(maxsize=4096)
def _read(file: Path, _mtime: int, _size: int, package: str, python: tuple[int, int]) -> Source:
    if file.suffix != ".py":
        return Source()  # compiled
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape in a string, say
            tree = ast.parse(file.read_bytes(), filename=str(file))
        return read_imports(tree, package, python)
    except (SyntaxError, ValueError, RecursionError) as error:
        return Source(unread=str(error))
