"""The nearest airports of one chunk."""

from typing import Any

from airports import storage
from airports.nearest import Country
from fan_out.runtime import Chunk, worker


@worker
def handler(chunk: Chunk, context: Any) -> list[str | None]:
    """Answer, for each record, the code of the nearest airport in its country."""
    found: list[str | None] = []
    countries = storage.countries_of(chunk)
    place, airports = next(countries)
    country = Country(airports)
    for record in chunk:
        if record == place.first + place.count:
            place, airports = next(countries)
            country = Country(airports)
        found.append(country.nearest(airports[record - place.first]))
    return found
