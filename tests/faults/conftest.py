"""What the faults happen to, and the table of how it went, which ``make faults`` prints."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fault_report import LINES, table
from fault_stack import STACK, build
from ledger import Ledger
from rehearsal import World

from fan_out.local import EmbeddedAws
from fan_out.local.assembly import deploy


@pytest.fixture(scope="session")
def ledger() -> Iterator[Ledger]:
    with Ledger() as ledger:
        yield ledger
        ledger.shutdown()


@pytest.fixture(scope="session")
def assembly(ledger: Ledger, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("faults") / "cdk.out", ledger.port)


@pytest.fixture(scope="session")
def world(shared_aws: EmbeddedAws, ledger: Ledger, assembly: Path) -> World:
    outputs = deploy(assembly, shared_aws.session())[STACK]
    return World(shared_aws, ledger, assembly, outputs)


@pytest.fixture
def own_world(ledger: Ledger, assembly: Path) -> Iterator[World]:
    """For what an embedded AWS does not survive."""
    with EmbeddedAws(max_environments=8) as aws:
        yield World(aws, ledger, assembly, deploy(assembly, aws.session())[STACK])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    lines = terminalreporter.config.stash.get(LINES, [])
    if lines:
        seed = terminalreporter.config.getoption("seed")
        terminalreporter.section(f"faults, --seed {seed}")
        for line in table(lines):
            terminalreporter.line(line)
