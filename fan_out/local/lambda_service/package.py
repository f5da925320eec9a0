"""The files of a function: its code and its layers, each unpacked once for the same content."""

import compileall
import hashlib
import re
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path

from fan_out.local.lambda_service.configuration import FunctionConfiguration
from fan_out.local.lambda_service.unpack import check_unpacked_size, unpack

TESTS = re.compile(r"/tests?/")
"""Not compiled: nobody imports them, and some packages are mostly tests."""


class Packages:
    """Unpacks zips below ``directory``; thread safe."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = threading.Lock()

    def task_root(self, function: FunctionConfiguration) -> Path:
        """Answer the folder of the function's code. Raises InvalidPackage, also for its layers."""
        check_unpacked_size(function.code, function.layers)
        return self._unpacked(
            "code", function.code_sha256.encode(), [function.code], f"the code of {function.name}"
        )

    def opt(self, function: FunctionConfiguration) -> Path:
        """Answer the folder that is /opt: the layers one over the other. Raises InvalidPackage."""
        # the digests, not the layers: two of them must not be taken for one
        content = b"".join(hashlib.sha256(layer).digest() for layer in function.layers)
        return self._unpacked("opt", content, function.layers, f"a layer of {function.name}")

    def _unpacked(self, kind: str, content: bytes, zips: Sequence[bytes], what: str) -> Path:
        folder = self._directory / kind / hashlib.sha256(content).hexdigest()
        with self._lock:
            if not folder.exists():
                unfinished = folder.with_suffix(".unfinished")
                unfinished.mkdir(parents=True)
                try:
                    unpack(zips, unfinished, what)
                    unfinished.rename(folder)
                finally:
                    shutil.rmtree(unfinished, ignore_errors=True)
                # Lambda's is read-only, so that no cold start could keep what it compiled
                compileall.compile_dir(folder, quiet=2, rx=TESTS)
        return folder
