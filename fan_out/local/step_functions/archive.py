"""The histories of executions that have ended, on disk: the memory does not grow with them."""

import gzip
import json
import threading
import uuid
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

AT_HAND = 1
"""Histories that are kept in memory, too: who reads one reads it page by page."""


class Archive:
    """Keeps histories below ``directory``; thread safe."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._files: dict[str, Path] = {}
        self._at_hand: OrderedDict[str, Sequence[dict[str, Any]]] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, arn: str, events: Sequence[dict[str, Any]]) -> None:
        """Keep the history of an execution, in the place of an earlier one of it."""
        file = self._directory / f"{uuid.uuid4()}.json.gz"
        file.write_bytes(gzip.compress(json.dumps(events).encode(), compresslevel=1))
        with self._lock:
            earlier, self._files[arn] = self._files.get(arn), file
            if earlier is not None:
                earlier.unlink()
            self._remember(arn, events)

    def read(self, arn: str) -> Sequence[dict[str, Any]]:
        """Answer the history of an execution that is kept."""
        with self._lock:
            events = self._at_hand.get(arn)
            if events is None:
                events = json.loads(gzip.decompress(self._files[arn].read_bytes()))
            self._remember(arn, events)
            return events

    def _remember(self, arn: str, events: Sequence[dict[str, Any]]) -> None:
        self._at_hand[arn] = events
        self._at_hand.move_to_end(arn)
        while len(self._at_hand) > AT_HAND:
            self._at_hand.popitem(last=False)
