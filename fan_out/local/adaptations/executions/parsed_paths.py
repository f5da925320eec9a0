"""A JSONPath is parsed once.

moto (5.2.5) parses the paths of a state again each time the state runs, with a parser that it also
builds anew: about 2 ms for each path that is not ``$``. A parsed path holds no state.
"""

import functools

import jsonpath_ng
import jsonpath_ng.ext.parser
import jsonpath_ng.parser
from moto.stepfunctions.parser.asl.component.common.path import result_path
from moto.stepfunctions.parser.asl.utils import json_path

from fan_out.local.adaptations.seam import replaces


def install() -> None:
    """Remember parsed paths, in moto's two dialects."""
    replaces(json_path, "parse")(extended)
    replaces(result_path, "parse")(plain)


@functools.lru_cache(maxsize=1_000)
def extended(path: str, debug: bool = False) -> jsonpath_ng.JSONPath:
    """Parse a path of the extended dialect: of inputs, outputs, parameters and items."""
    return jsonpath_ng.ext.parser.parse(path, debug)


@functools.lru_cache(maxsize=1_000)
def plain(string: str) -> jsonpath_ng.JSONPath:
    """Parse a path of the plain dialect: of results."""
    return jsonpath_ng.parser.parse(string)
