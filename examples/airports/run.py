"""Run the example in the embedded AWS, and compare its answer with a direct computation."""

import json
import subprocess
import sys
from itertools import groupby
from pathlib import Path

import data
from airports.nearest import Airport, Country


def fanned_out() -> list[str | None]:
    """What the fan-out answers: the workers' lists, as its collect has joined them."""
    command = [sys.executable, "-m", "fan_out", "local", "run", "--json"]
    done = subprocess.run(command, cwd=Path(__file__).parent, stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        sys.exit(done.returncode)
    return list(json.loads(done.stdout))


def direct() -> list[str | None]:
    """The same in one process, from the package's own data."""
    found: list[str | None] = []
    for _, rows in groupby(data.load(), key=lambda row: row["country"]):
        airports = [Airport(row["icao"], float(row["lat"]), float(row["lon"])) for row in rows]
        country = Country(airports)
        found += [country.nearest(airport) for airport in airports]
    return found


def main() -> None:
    """Exit 0 where both agree on every airport, 1 where they do not."""
    answer, expected = fanned_out(), direct()
    wrong = [i for i, pair in enumerate(zip(answer, expected, strict=False)) if len(set(pair)) > 1]
    if len(answer) != len(expected) or wrong:
        sys.exit(f"they differ: {len(answer)} and {len(expected)} airports, at {wrong[:10]}")
    alone = expected.count(None)
    print(f"both computations agree on all {len(expected):,} airports ({alone} alone in a country)")


if __name__ == "__main__":
    main()
