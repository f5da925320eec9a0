"""One case: read from its file, and compared with what a machine has done."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

CASES = Path(__file__).with_name("cases")
SOURCES = ("recording", "measured", "guide", "language", "analogy")
KEYS = {
    *("title", "source", "where", "definition", "machines", "input"),
    *("status", "output", "error", "cause", "events", "counts", "refused", "refused_here"),
}
_NAME = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True)
class Done:
    """What became of a machine: DescribeExecution's answer and the history, or the refusal."""

    described: dict[str, Any] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    refused: str | None = None


@dataclass(frozen=True)
class Case:
    """A case, by its file's path below ``cases/``."""

    name: str
    given: dict[str, Any]

    @property
    def group(self) -> str:
        """The folder that it is in: ``3-paths``."""
        return self.name.partition("/")[0]

    @property
    def number(self) -> int:
        """What its file's name begins with."""
        return int(self.name.partition("/")[2].partition("-")[0])

    @property
    def functions(self) -> set[str]:
        """The names of the functions that it needs."""
        texts = json.dumps([self.given["definition"], self.given.get("machines", {})])
        return set(_NAME.findall(texts)) - self.machines

    @property
    def machines(self) -> set[str]:
        """The names of the other state machines that it needs."""
        return set(self.given.get("machines", {}))

    @property
    def runs_in_aws(self) -> bool:
        """Whether AWS does what the case says: it takes what only the embedded AWS refuses."""
        return "refused_here" not in self.given

    def definition(self, arns: dict[str, str], machine: str | None = None) -> str:
        """The definition, or that of another machine, with the ARNs that stand for names in it."""
        definition = self.given["definition" if machine is None else "machines"]
        text = json.dumps(definition if machine is None else definition[machine])
        return _NAME.sub(lambda found: arns[found[1]], text)

    @property
    def input(self) -> str:
        """The execution's input."""
        return json.dumps(self.given.get("input", {}))

    def differences(self, done: Done) -> list[str]:
        """What is not as in AWS, a line each."""
        if self._refusal is not None or done.refused is not None:
            wanted = self._refusal
            if wanted is None or done.refused is None or wanted not in done.refused:
                return [f"refused: wanted {wanted!r}, got {done.refused!r}"]
            return []
        return [*self._outcome(done.described), *self._history(done.events)]

    @property
    def _refusal(self) -> str | None:
        refusal: str | None = self.given.get("refused", self.given.get("refused_here"))
        return refusal

    def _outcome(self, described: dict[str, Any]) -> list[str]:
        found = dict(described)
        if "output" in found:
            found["output"] = json.loads(found["output"])
        wrong = [
            f"{key}: wanted {self.given[key]!r}, got {found.get(key)!r}"
            for key in ("status", "output", "error")
            if key in self.given and self.given[key] != found.get(key)
        ]
        cause = self.given.get("cause")
        if cause is not None and cause not in (found.get("cause") or ""):
            wrong.append(f"cause: wanted {cause!r} in it, got {found.get('cause')!r}")
        return wrong

    def _history(self, events: list[dict[str, Any]]) -> list[str]:
        types = [event["type"] for event in events]
        wrong = [
            f"{type}: wanted {count}, got {types.count(type)}"
            for type, count in self.given.get("counts", {}).items()
            if types.count(type) != count
        ]
        if "events" not in self.given:
            return wrong
        wanted = [one if isinstance(one, list) else [one, {}] for one in self.given["events"]]
        got = [f"{event['id']}<{event['previousEventId']} {event['type']}" for event in events]
        if [line for line, _ in wanted] != got:
            return [*wrong, f"events: wanted {[line for line, _ in wanted]}, got {got}"]
        for (line, details), event in zip(wanted, events, strict=True):
            found = next((value for value in event.values() if isinstance(value, dict)), {})
            for key, value in details.items():
                if not _agrees(value, found.get(key)):
                    wrong.append(f"{line}, {key}: wanted {value!r}, got {found.get(key)!r}")
        return wrong


def _agrees(wanted: Any, got: Any) -> bool:
    """Whether a detail is as wanted: JSON text by its value, and a cause by a part of it."""
    if isinstance(wanted, str) and isinstance(got, str):
        return wanted in got
    if isinstance(got, str):
        try:
            return bool(json.loads(got) == wanted)
        except ValueError:
            return False
    return bool(wanted == got)


def read_cases() -> list[Case]:
    """All cases, in the order of their numbers."""
    files = [(str(file.relative_to(CASES)), file.read_text()) for file in CASES.rglob("*.yaml")]
    cases = [Case(name, yaml.safe_load(text)) for name, text in files]
    return sorted(cases, key=lambda case: case.number)
