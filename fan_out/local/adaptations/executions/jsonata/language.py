"""A state's language is its own or that of the machine, and its text is JSON.

moto (5.2.5) takes a state inside a JSONata Map for JSONata, whatever the machine is; the languages
of all definitions that are read at a time are in one list, where a definition that cannot be read
leaves its own. What a definition writes with a backslash, a quote or an emoji, is taken with its
backslashes, or for two halves of a character.

"QueryLanguage", Amazon States Language.
"""

import json
from typing import Any

from moto.stepfunctions.parser.asl.antlr.runtime.ASLParser import ASLParser
from moto.stepfunctions.parser.asl.antlt4utils.antlr4utils import is_production
from moto.stepfunctions.parser.asl.component.common.query_language import (
    QueryLanguage,
    QueryLanguageMode,
)
from moto.stepfunctions.parser.asl.parse import preprocessor
from moto.stepfunctions.parser.asl.parse.preprocessor import Preprocessor

from fan_out.local.adaptations.seam import replaces


def install() -> None:
    """Let a definition be read as in AWS."""
    replaces(Preprocessor, "_open_query_language_scope")(_open_scope)
    replaces(Preprocessor, "_inner_string_of")(_text_of)
    replaces(preprocessor, "from_string_literal")(_text_of)


def _open_scope(self: Any, parse_tree: Any) -> None:
    scopes = vars(self).setdefault("_query_language_per_scope", [])
    language = declared = _declared(self, parse_tree)
    if scopes:
        language = declared or scopes[0]
        modes = (scopes[0].query_language_mode, language.query_language_mode)
        if modes == (QueryLanguageMode.JSONata, QueryLanguageMode.JSONPath):
            raise ValueError("QueryLanguage JSONPath in a definition with QueryLanguage JSONata")
    scopes.append(language or QueryLanguage())


def _declared(reader: Any, parse_tree: Any) -> Any:
    """The QueryLanguage that a state or a definition names, if it does."""
    production = is_production(parse_tree)
    for child in production.children if production is not None else ():
        for rule in (ASLParser.RULE_top_layer_stmt, ASLParser.RULE_state_stmt):
            if (statement := is_production(child, rule)) is not None:
                child = statement.children[0]
        if (found := is_production(child, ASLParser.RULE_query_language_decl)) is not None:
            return reader.visit(found)
    return None


def _text_of(parser_rule_context: Any) -> Any:
    text = parser_rule_context.getText()
    return json.loads(text) if text.startswith('"') or text == "null" else text
