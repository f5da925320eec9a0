"""A folder of folders, each made once for its key; the least recently used ones go."""

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

SECONDS_IN_USE = 60 * 60
"""What was used within that time stays: another process may be reading it."""


@dataclass(frozen=True)
class Cache:
    """Keeps at most ``most`` entries in ``folder``, and those of the last hour."""

    folder: Path
    most: int

    def get(self, key: object) -> Path | None:
        """Answer the entry of a key, JSON; None where there is none."""
        entry = self._entry(key)
        try:
            os.utime(entry)
        except OSError:
            return None
        return entry

    def put(self, key: object, fill: Callable[[Path], None]) -> Path:
        """Make the entry of a key, or none: ``fill`` gets a new folder of another name."""
        entry = self._entry(key)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            unfinished = tempfile.TemporaryDirectory(dir=self.folder, prefix="unfinished-")
        except OSError as error:
            raise ValueError(f"the cache of packages cannot be written: {error}") from None
        with unfinished as folder:
            made = Path(folder, "made")
            made.mkdir()
            fill(made)
            _move(made, entry)
        self._tidy()
        return entry

    def _entry(self, key: object) -> Path:
        return self.folder / hashlib.sha256(json.dumps(key).encode()).hexdigest()

    def _tidy(self) -> None:
        by_age = sorted(self.folder.iterdir(), key=_last_used, reverse=True)
        for entry in by_age[self.most :]:
            if _last_used(entry) < time.time() - SECONDS_IN_USE:
                _remove(entry)


def _last_used(entry: Path) -> float:
    try:
        return entry.stat().st_mtime
    except FileNotFoundError:  # another process tidies, too
        return time.time()


def _move(made: Path, entry: Path) -> None:
    try:
        made.rename(entry)
    except OSError:
        if not entry.is_dir():  # else another synth has just put the same there
            raise


def _remove(entry: Path) -> None:
    """Remove an entry, which is there as a whole or not at all."""
    with suppress(OSError), tempfile.TemporaryDirectory(dir=entry.parent) as leaving:
        entry.rename(Path(leaving, "left"))
        shutil.rmtree(Path(leaving, "left"), ignore_errors=True)
