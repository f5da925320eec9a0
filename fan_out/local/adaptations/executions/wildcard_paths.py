"""A path with a wildcard that finds nothing answers an empty list.

moto (5.2.5) knows that for one wildcard in a path, ``$[*].result``, and takes a path with two,
``$[*][*].result``, for one that must lead somewhere: the state fails.

In AWS a path that may lead to many places answers the list of what is there, also where that is
nothing. "Using JSONPath paths", AWS Step Functions Developer Guide.
"""

from moto.stepfunctions.parser.asl.utils import json_path

from fan_out.local.adaptations.seam import replaces

_moto_contains = json_path._contains_slice_or_wildcard_array


def install() -> None:
    """Let a wildcard be one wherever it stands."""
    replaces(json_path, "_contains_slice_or_wildcard_array")(_contains)


def _contains(path: str) -> bool:
    return "[*]" in path or _moto_contains(path)
