"""The airports of the PyPI package ``airportsdata``, laid out so that a part can be read alone.

``airports.csv`` is sorted by country, and ``countries.json`` says where each country stands:
``{"first": <record number>, "count": <records>, "start": <byte>, "end": <byte after the last>}``.
"""

import csv
import io
import itertools
import json
from pathlib import Path

import airportsdata

AIRPORTS = "airports.csv"
COUNTRIES = "countries.json"


def load() -> list[dict[str, str]]:
    """All airports, sorted by country and code; coordinates in degrees."""
    rows = [{name: str(value) for name, value in row.items()} for row in _rows()]
    return sorted(rows, key=lambda row: (row["country"], row["icao"]))


def prepare(folder: Path) -> None:
    """Write the two files."""
    countries = []
    first = 0
    with (folder / AIRPORTS).open("wb") as file:
        for _, group in itertools.groupby(load(), key=lambda row: row["country"]):
            rows = list(group)
            start = file.tell()
            file.write(_as_csv(rows))
            place = {"first": first, "count": len(rows), "start": start, "end": file.tell()}
            countries.append(place)
            first += len(rows)
    (folder / COUNTRIES).write_text(json.dumps(countries))


def _rows() -> list[dict[str, object]]:
    return [dict(row) for row in airportsdata.load("ICAO").values()]


def _as_csv(rows: list[dict[str, str]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([row["icao"], row["name"], row["lat"], row["lon"]] for row in rows)
    return text.getvalue().encode()
