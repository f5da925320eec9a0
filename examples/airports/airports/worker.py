"""The nearest airports of one chunk."""

from typing import Any

from airports import storage
from airports.nearest import Country
from fan_out.runtime import Chunk, worker


@worker
def handler(chunk: Chunk, context: Any) -> list[str | None]:
    """Answer, for each record, the code of the nearest airport in its country."""
    found: list[str | None] = []
    for place, airports in storage.countries_of(chunk):
        country = Country(airports)
        first = max(chunk.offset - place.first, 0)
        last = min(chunk.offset + chunk.count - place.first, place.count)
        found += [country.nearest(airport) for airport in airports[first:last]]
    return found
