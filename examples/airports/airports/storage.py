"""What is read from S3: the lines to count, and the countries that a chunk lies in."""

import csv
import json
import os
from collections.abc import Iterator
from typing import Any, NamedTuple

from airports.nearest import Airport
from fan_out.runtime import Chunk


class Place(NamedTuple):
    """Where a country stands: record numbers, and bytes of the object."""

    first: int
    count: int
    start: int
    end: int


def count_lines() -> int:
    """Stream the whole object once."""
    body = _get("AIRPORTS_KEY")
    return sum(1 for _ in body.iter_lines())


def countries_of(chunk: Chunk) -> Iterator[tuple[Place, list[Airport]]]:
    """Read the countries that the chunk's records belong to, and no other byte."""
    places = [Place(**place) for place in json.load(_get("COUNTRIES_KEY"))]
    wanted = [
        place
        for place in places
        if place.first < chunk.offset + chunk.count and chunk.offset < place.first + place.count
    ]
    start = wanted[0].start
    data = _get("AIRPORTS_KEY", Range=f"bytes={start}-{wanted[-1].end - 1}").read()
    for place in wanted:
        lines = data[place.start - start : place.end - start].decode().splitlines()
        rows = csv.reader(lines)
        yield place, [Airport(code, float(lat), float(lon)) for code, _, lat, lon in rows]


def _get(key: str, **arguments: Any) -> Any:
    import boto3  # Lambda has it; a test of the pure part needs none

    s3 = boto3.client("s3")
    bucket = os.environ["BUCKET"]
    return s3.get_object(Bucket=bucket, Key=os.environ[key], **arguments)["Body"]
