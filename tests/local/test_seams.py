"""The places of moto that adaptations take: a newer moto that changed one of them fails here."""

import json
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from fan_out.local.adaptations.seam import SeamError, adds, replaces

INSTALL = """
import hashlib, json
from types import SimpleNamespace
from fan_out.local import adaptations
from fan_out.local.adaptations.seam import seams
adaptations.install(SimpleNamespace(max_environments=1))
print(json.dumps({seam.name: hashlib.sha256(seam.source().encode()).hexdigest() for seam in seams()
                  if seam.moto is None or seam.moto.__module__.startswith("moto.")}))
"""

CHECKED = Path(__file__).with_name("moto_5_2_5_seams.json")
"""Each place, and the digest of the source of what moto 5.2.5 has there: of nothing where it has
none."""


def test_each_adaptation_stands_on_the_moto_that_it_was_checked_with() -> None:
    """A difference: read what moto does there now, then the adaptation, then write it down here."""
    done = subprocess.run(
        [sys.executable, "-c", INSTALL], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == json.loads(CHECKED.read_text())


class Theirs:
    """Stands for a class of moto."""

    def method(self, a: int, b: int = 1) -> str:
        return "theirs"

    @classmethod
    def of_the_class(cls, a: int) -> str:
        return "theirs"

    @staticmethod
    def alone(a: int) -> str:
        return "theirs"

    @property
    def shown(self) -> str:
        return "theirs"


@pytest.fixture
def theirs() -> Any:
    return type("Theirs", (), dict(vars(Theirs)))


def test_a_replacement_is_of_the_kind_that_was_there(theirs: Any) -> None:
    replaces(theirs, "method")(lambda self, a, b=1: f"ours {a}")
    replaces(theirs, "of_the_class")(lambda cls, a: f"{cls.__name__} {a}")
    replaces(theirs, "alone")(lambda a: f"ours {a}")
    replaces(theirs, "shown")(lambda self: "ours")
    made = theirs()
    assert made.method(1) == "ours 1"
    assert theirs.of_the_class(2) == "Theirs 2"
    assert theirs.alone(3) == "ours 3"
    assert made.shown == "ours"


def test_what_takes_other_parameters_is_not_replaced(theirs: Any) -> None:
    with pytest.raises(SeamError, match=r"method takes \['self', 'a', 'b'\]"):
        replaces(theirs, "method")(lambda self, a: "ours")
    assert theirs().method(1) == "theirs"


def test_what_is_not_there_is_not_replaced(theirs: Any) -> None:
    module = types.ModuleType("moto.module")
    with pytest.raises(SeamError, match=r"this moto has no moto\.module\.function"):
        replaces(module, "function")(lambda: None)
    with pytest.raises(SeamError, match="has no .*Theirs.gone"):
        replaces(theirs, "gone")(lambda self: None)


def test_what_is_there_by_now_is_not_added(theirs: Any) -> None:
    with pytest.raises(SeamError, match="can go"):
        adds(theirs, "method")(lambda self, a, b=1: "ours")
    adds(theirs, "other", property)(lambda self: "ours")
    assert theirs().other == "ours"


def test_what_overrides_its_parents_is_of_the_same_kind(theirs: Any) -> None:
    child = type("Child", (theirs,), {})
    adds(child, "of_the_class")(lambda cls, a: f"{cls.__name__} {a}")
    assert child.of_the_class(1) == "Child 1"
