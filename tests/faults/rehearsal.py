"""One row of the table, done for real: run with its fault, audited, mended, resumed, audited."""

import contextlib
import io
import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

from audit import Ended, Findings
from fault_stack import STACK
from fault_table import Fault
from ledger import Ledger, Script
from told_history import ToldHistory, read_history

import bounded
from fan_out.cli.main import main
from fan_out.local import EmbeddedAws

SECONDS_TO_END = 240
"""What no command takes, not even one whose AWS is gone: it tries again for two minutes."""


@dataclass
class World:
    """The embedded AWS with the stack in it, and the ledger that its workers talk to."""

    aws: EmbeddedAws
    ledger: Ledger
    assembly: Path
    outputs: dict[str, str]

    @cached_property
    def states(self) -> Any:
        """A Step Functions client."""
        return self.aws.session().client("stepfunctions")

    @cached_property
    def functions(self) -> Any:
        """A Lambda client."""
        return self.aws.session().client("lambda")

    @property
    def environ(self) -> dict[str, str]:
        """The environment variables of the commands."""
        kept = {name: value for name, value in os.environ.items() if name not in self.aws.UNSET}
        return {**kept, **self.aws.environ(), "COLUMNS": "200"}

    def command(self, *arguments: str) -> Ended:
        """Run ``fan-out`` to its end, in this process."""
        out, err = io.StringIO(), io.StringIO()
        with (
            mock.patch.dict(os.environ, self.environ, clear=True),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = main(arguments)
        return Ended(code, out.getvalue(), err.getvalue())


class Command:
    """``fan-out`` in a process of its own; what it says goes to files, so that it never waits."""

    def __init__(self, world: World, folder: Path, *arguments: str) -> None:
        folder.mkdir()
        self._out, self._err = folder / "out", folder / "err"
        with self._out.open("w") as out, self._err.open("w") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "fan_out", *arguments],
                env=world.environ,
                stdout=out,
                stderr=err,
            )

    @property
    def said(self) -> str:
        """What it has said on standard error."""
        return self._err.read_text()

    def ended(self) -> Ended:
        """Wait for its end."""
        code = self.process.wait(SECONDS_TO_END)
        return Ended(code, self._out.read_text(), self.said)


@dataclass
class Rehearsal:
    """A row under way: its script, the execution input, and what is found.

    ``resuming`` are the executions that went on where the first one, or the one before, had ended;
    ``others`` those that ran beside it.
    """

    world: World
    row: Fault
    records: int
    seed: int
    folder: Path
    found: Findings = field(default_factory=Findings)
    resuming: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)

    @property
    def chunk_size(self) -> int:
        """Records in a chunk."""
        return self.row.plan[1] if self.row.plan else max(4, self.records // 100)

    @cached_property
    def bad(self) -> list[int]:
        """The records at which something happens: one in each of so many chunks."""
        draw = random.Random(f"{self.seed} {self.row.name}")
        starts = range(0, self.records, self.chunk_size)
        chosen = draw.sample(starts, min(self.row.chunks, len(starts)))
        ends = ((start, min(start + self.chunk_size, self.records)) for start in chosen)
        return sorted(draw.randrange(start, end) for start, end in ends)

    @cached_property
    def script(self) -> Script:
        row = self.row
        places = [f"record {record}" for record in self.bad] if row.at == "worker" else [row.at]
        faults = dict.fromkeys(places, row.inject) if row.inject else {}
        return Script(faults, row.chance, self.seed)

    @property
    def machine(self) -> str:
        """The ARN of the state machine."""
        return self.world.outputs[f"{self.row.machine}Machine"]

    @property
    def worker(self) -> str:
        """The name of the worker function."""
        return self.world.outputs[f"{self.row.machine}Worker"]

    @property
    def input(self) -> dict[str, Any]:
        """The execution input."""
        return {
            "totalProcessRecordCount": self.records,
            "oneJobProcessMaxCount": self.chunk_size,
        }

    def run_options(self, **changes: Any) -> list[str]:
        """The arguments of ``fan-out run``."""
        text = json.dumps({**self.input, **changes})
        machine = f"{self.row.machine}Machine"
        return ["run", "--stack", STACK, "--machine", machine, "--json", "--input", text]

    def execution(self, said: str) -> str:
        """The ARN of the execution that a command says it has started."""
        match = re.search(r"^running .*, execution (\S+)$", said, flags=re.MULTILINE)
        assert match is not None, said
        return f"{self.machine.replace(':stateMachine:', ':execution:')}:{match[1]}"

    @contextmanager
    def started(self, *arguments: str) -> Iterator[Command]:
        """A command in a process of its own."""
        folder = self.folder / f"command-{len(list(self.folder.iterdir()))}"
        command = Command(self.world, folder, *(arguments or self.run_options()))
        with bounded.ending(command.process, SECONDS_TO_END):
            yield command

    @contextmanager
    def waiting(self, *arguments: str) -> Iterator[Command]:
        """A command whose run is in the middle: a worker waits for the gate to open."""
        with self.started(*arguments) as command:
            assert self.script.reached.wait(bounded.A_MINUTE), command.said
            yield command

    def history_of(self, execution: str) -> ToldHistory:
        """Wait for its end, and read it."""
        bounded.ended(self.world.states, execution)
        return read_history(self.world.states, execution)


@contextmanager
def rehearsal(world: World, row: Fault, records: int, seed: int) -> Iterator[Rehearsal]:
    """Set the ledger to the row's script, and wait in the end until no worker is under way."""
    with TemporaryDirectory(prefix="fan-out-rehearsal-") as folder:
        made = Rehearsal(world, row, row.plan[0] if row.plan else records, seed, Path(folder))
        world.ledger.script = made.script
        try:
            yield made
        finally:
            made.script.settle()
