"""What several folders of tests need; also puts this folder, and so ``article``, on the path."""

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import inherited
from fan_out.local import EmbeddedAws


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("faults", "tests/faults")
    group.addoption("--seed", type=int, default=1, help="decides which records are bad")
    group.addoption("--records", type=int, default=24, help="in each run; 1000 for all the rows")


def pytest_configure() -> None:
    """Before a test module is imported, which may read the environment already."""
    inherited.set_right()


@pytest.fixture(scope="session")
def shared_aws() -> Iterator[EmbeddedAws]:
    """An embedded AWS for the modules that need no settings of their own.

    Each names its stacks after itself, and leaves what it finds alone.
    """
    with EmbeddedAws(max_environments=8) as aws:
        yield aws


@pytest.fixture
def importable(tmp_path: Path) -> Iterator[Callable[[dict[str, str]], Path]]:
    """Write files to a folder on the import path; what was imported from it is forgotten after."""
    before = set(sys.modules)
    folder = tmp_path / "importable"
    folder.mkdir()

    def write(files: dict[str, str]) -> Path:
        for name, text in files.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        importlib.invalidate_caches()
        return folder

    sys.path.insert(0, str(folder))
    yield write
    sys.path.remove(str(folder))
    for name in set(sys.modules) - before:
        places = [getattr(sys.modules[name], "__file__", None)]
        places += getattr(sys.modules[name], "__path__", [])  # all that a namespace package has
        if any(str(place).startswith(str(folder)) for place in places):
            del sys.modules[name]
