"""The table of docs/embedded-aws.md: how many cases there are of a kind, and their sources."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from case import SOURCES, Case, read_cases

DOCUMENT = Path(__file__).parents[2] / "docs" / "embedded-aws.md"
BEGIN, END = "<!-- cases -->", "<!-- end of cases -->"


def table(cases: Sequence[Case]) -> str:
    """The table, in Markdown, between its marks."""
    groups = sorted({case.group for case in cases}, key=lambda group: int(group.partition("-")[0]))
    rows = [(_title(group), [case for case in cases if case.group == group]) for group in groups]
    head = ["kind", "cases", *SOURCES]
    lines = [head, ["---", *["---:"] * (len(head) - 1)]]
    lines += [_row(title, chosen) for title, chosen in [*rows, ("**all**", list(cases))]]
    return "\n".join([BEGIN, *(f"| {' | '.join(line)} |" for line in lines), END])


def _row(title: str, cases: Sequence[Case]) -> list[str]:
    counts = Counter(case.given["source"] for case in cases)
    return [title, str(len(cases)), *(str(counts[source] or "") for source in SOURCES)]


def _title(group: str) -> str:
    return group.partition("-")[2].replace("-", ", ")


if __name__ == "__main__":
    text = DOCUMENT.read_text()
    written = re.sub(f"{BEGIN}.*{END}", lambda _: table(read_cases()), text, flags=re.DOTALL)
    DOCUMENT.write_text(written)
