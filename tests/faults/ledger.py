"""What the workers talk to: it tells what goes wrong, and keeps count of what was done.

It lives in the test, so that what a worker told it is known whatever becomes of the worker, of the
command, or of the whole embedded AWS.
"""

import random
import socketserver
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from faulty_job import FINE

from bounded import eventually


@dataclass
class Script:
    """What goes wrong in one rehearsal, until it is mended, and what was done in it.

    ``faults`` names the fault by where it happens: at ``"record 7"``, ``"control"``, ``"collect"``.
    A ``chance`` of 1 means always; of less, that often, as the ``seed`` has it.
    """

    faults: dict[str, str]
    chance: float = 1.0
    seed: int = 0
    mended: bool = False
    done: Counter[int] = field(default_factory=Counter)
    reached: threading.Event = field(default_factory=threading.Event)
    gate: threading.Event = field(default_factory=threading.Event)
    _asked: Counter[str] = field(default_factory=Counter)
    _lines: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, words: str) -> str:
        """Answer what an invocation says."""
        if words == "wait":
            self.reached.set()
            self.gate.wait(120)
            return FINE
        with self._lock:
            kind, _, number = words.partition(" ")
            if kind == "did":
                self.done[int(number)] += 1
                return FINE
            self._asked[words] += 1
            return self._fault(words)

    def _fault(self, where: str) -> str:
        fault = self.faults.get(where, FINE)
        if self.mended or fault == FINE:
            return FINE
        draw = random.Random(f"{self.seed} {where} {self._asked[where]}").random()
        return fault if draw < self.chance else FINE

    @contextmanager
    def line(self) -> Iterator[None]:
        """Held open by each invocation."""
        with self._lock:
            self._lines += 1
        try:
            yield
        finally:
            with self._lock:
                self._lines -= 1

    def settle(self) -> None:
        """Wait until no invocation is under way: one goes on when its execution is stopped."""
        self.gate.set()
        eventually(lambda: self._lines == 0)


class _Talk(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        server = self.server
        assert isinstance(server, Ledger)
        script = server.script
        with script.line():
            try:
                for words in self.rfile:
                    self.wfile.write(f"{script.answer(words.decode().strip())}\n".encode())
            except OSError:  # the worker is gone
                return


class Ledger(socketserver.ThreadingTCPServer):
    """Listens on a loopback port of its own; ``script`` is that of the rehearsal under way."""

    daemon_threads = True
    request_queue_size = 100

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.script = Script({})
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        """The number of its port."""
        return int(self.server_address[1])
