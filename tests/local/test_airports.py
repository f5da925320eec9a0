"""The example's own functions: they read the part of the object that they need, and no more."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "airports"


@pytest.fixture(scope="module")
def example() -> Iterator[Any]:
    """The example's modules, importable as they are in its folder."""
    sys.path.insert(0, str(EXAMPLE))
    import data
    import run
    from airports import collect, control, nearest, storage, worker

    yield type(
        "Example",
        (),
        {
            "data": data,
            "run": run,
            "collect": collect,
            "control": control,
            "nearest": nearest,
            "storage": storage,
            "worker": worker,
        },
    )
    sys.path.remove(str(EXAMPLE))


@pytest.fixture(scope="module")
def expected(example: Any) -> list[str | None]:
    return example.run.direct()  # type: ignore[no-any-return]


@pytest.fixture
def in_s3(
    example: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[dict[str, Any]]]:
    """The prepared files in a bucket; yields what was asked of S3."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    example.data.prepare(tmp_path)
    asked: list[dict[str, Any]] = []
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="airports")
        for name in (example.data.AIRPORTS, example.data.COUNTRIES):
            s3.upload_file(str(tmp_path / name), "airports", name)
        monkeypatch.setenv("BUCKET", "airports")
        monkeypatch.setenv("AIRPORTS_KEY", example.data.AIRPORTS)
        monkeypatch.setenv("COUNTRIES_KEY", example.data.COUNTRIES)
        read = example.storage._get

        def watched(key: str, **arguments: Any) -> Any:
            asked.append({"key": key, **arguments})
            return read(key, **arguments)

        monkeypatch.setattr(example.storage, "_get", watched)
        yield asked


def test_the_control_counts_every_airport(example: Any, in_s3: object) -> None:
    plan = example.control.handler({"oneJobProcessMaxCount": 1000}, None)
    assert sum(chunk["oneJobProcessingCount"] for chunk in plan) == len(example.data.load())


@pytest.mark.parametrize(("offset", "count"), [(0, 60), (28_000, 298), (5_000, 700)])
def test_a_chunk_answers_as_the_direct_computation_does(
    offset: int,
    count: int,
    example: Any,
    expected: list[str | None],
    in_s3: list[dict[str, Any]],
) -> None:
    answer = example.worker.handler({"oneJobProcessingCount": count, "offset": offset}, None)
    assert answer == expected[offset : offset + count]
    (ranges,) = [request["Range"] for request in in_s3 if request["key"] == "AIRPORTS_KEY"]
    first, last = map(int, ranges.removeprefix("bytes=").split("-"))
    assert last - first < 1_000_000, "a part of the object, not the whole"


def test_a_chunk_in_two_rounds_answers_as_in_one(
    example: Any,
    expected: list[str | None],
    in_s3: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Clock:
        """Lambda's context: time for a hundred records."""

        looks = 100

        def get_remaining_time_in_millis(self) -> int:
            self.looks -= 1
            return 10_000 if self.looks >= 0 else 0

    monkeypatch.setenv("FAN_OUT_CARRY_ON_SECONDS", "1")
    event = {"oneJobProcessingCount": 150, "offset": 5_000, "round": 1}
    rest = example.worker.handler(event, Clock())
    assert rest["carryOn"]["oneJobProcessingCount"] == 50
    assert example.worker.handler(rest, Clock()) == expected[5_000:5_150]


def test_the_answer_of_the_run_is_one_list(example: Any) -> None:
    assert example.collect.handler([["NZAA", None], [], ["NFFN"]], None) == ["NZAA", None, "NFFN"]


def test_the_nearest_airport_is_the_one_that_a_plain_search_finds(example: Any) -> None:
    nearest = example.nearest
    rows = [row for row in example.data.load() if row["country"] in {"NZ", "FJ", "IS"}]
    for country in ("NZ", "FJ", "IS"):
        airports = [
            nearest.Airport(row["icao"], float(row["lat"]), float(row["lon"]))
            for row in rows
            if row["country"] == country
        ]
        searched = nearest.Country(airports)
        for one in airports:
            others = [other for other in airports if other.code != one.code]
            plain = min((nearest.kilometres(one, other), other.code) for other in others)
            assert searched.nearest(one) == plain[1]


def test_an_airport_alone_in_its_country_has_no_neighbour(example: Any) -> None:
    alone = example.nearest.Airport("ANYN", -0.5, 166.9)
    assert example.nearest.Country([alone]).nearest(alone) is None
