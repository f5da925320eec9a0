"""Great-circle neighbours; pure."""

from bisect import bisect_left
from collections.abc import Iterable
from math import asin, cos, radians, sin, sqrt
from typing import NamedTuple

EARTH_KM = 6371.0088
"""The mean radius of the Earth (IUGG)."""


class Airport(NamedTuple):
    """A code and its coordinates in degrees."""

    code: str
    latitude: float
    longitude: float


class Country:
    """The airports of one country, ready to be searched."""

    def __init__(self, airports: Iterable[Airport]) -> None:
        self._airports = sorted(airports, key=lambda airport: (airport.latitude, airport.code))
        self._latitudes = [airport.latitude for airport in self._airports]

    def nearest(self, airport: Airport) -> str | None:
        """The code of the nearest other airport, the first one of equals; None if it is alone."""
        best: tuple[float, str] | None = None
        here = bisect_left(self._latitudes, airport.latitude)
        north, south = range(here, len(self._airports)), range(here - 1, -1, -1)
        for side in (north, south):
            best = _nearest_on((self._airports[i] for i in side), airport, best)
        return None if best is None else best[1]


def _nearest_on(
    side: Iterable[Airport], airport: Airport, best: tuple[float, str] | None
) -> tuple[float, str] | None:
    """Walk away from the airport until the latitude alone is farther than the best so far."""
    for other in side:
        apart = EARTH_KM * radians(abs(other.latitude - airport.latitude))
        if best is not None and apart > best[0]:
            break
        if other.code != airport.code:
            candidate = (kilometres(airport, other), other.code)
            best = candidate if best is None else min(best, candidate)
    return best


def kilometres(one: Airport, other: Airport) -> float:
    """The great-circle distance (haversine formula)."""
    latitude, other_latitude = radians(one.latitude), radians(other.latitude)
    north = sin((other_latitude - latitude) / 2) ** 2
    east = sin(radians(other.longitude - one.longitude) / 2) ** 2
    root = north + cos(latitude) * cos(other_latitude) * east
    return 2 * EARTH_KM * asin(sqrt(min(1.0, root)))
