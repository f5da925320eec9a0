"""Read a definition: a whitelist, which refuses what is unknown here, with its place."""

import re
from collections.abc import Callable
from typing import Any

from fan_out.local.step_functions.choices import moment_of, read_condition
from fan_out.local.step_functions.definition import (
    PATTERNS,
    Amount,
    Catcher,
    Choice,
    Fail,
    Integration,
    Machine,
    Map,
    Parallel,
    Pass,
    Retrier,
    Rule,
    State,
    States,
    Succeed,
    Task,
    Wait,
)
from fan_out.local.step_functions.errors import ALL
from fan_out.local.step_functions.fields import Fields, InvalidDefinition, refused
from fan_out.local.step_functions.json_text import read_json
from fan_out.local.step_functions.jsonata import is_expression, read_expression
from fan_out.local.step_functions.paths import Path, read_path, read_reference
from fan_out.local.step_functions.templates import (
    Constant,
    Template,
    read_jsonata,
    read_payload,
    read_reference_expression,
)

DEFINITION_BYTES = 1_048_576
"""The longest definition. "Step Functions service quotas", as in runtime.budget."""

NAME_CHARACTERS = 80
"""Of a state. As above."""

MOST_SECONDS = 99_999_999
"""Of a timeout, an interval and a wait. Amazon States Language."""

MOST_DELAY_SECONDS = 31_622_400

_VARIABLE = re.compile(r"[^\W\d]\w{0,79}")
_FUNCTION = re.compile(r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[\w-]+(:[\w$-]+)?")
_SERVICE = re.compile(r"arn:aws[a-z-]*:states:::([^:]+(?::[^:.]+)?):([^.:]+)((?:\.[\w:]+)?)")
_OF_A_DISTRIBUTED_MAP = ("ItemReader", "ItemBatcher", "ResultWriter", "Label")
_IGNORED_INLINE = (
    "ToleratedFailureCount",
    "ToleratedFailureCountPath",
    "ToleratedFailurePercentage",
    "ToleratedFailurePercentagePath",
)


def read_definition(text: str) -> Machine:
    """Read a definition. Raises InvalidDefinition, which names the state and the field."""
    size = len(text.encode(errors="surrogatepass"))
    if size > DEFINITION_BYTES:
        raise InvalidDefinition(
            f"Invalid State Machine Definition: it may take {DEFINITION_BYTES} bytes, got {size}"
        )
    try:
        given = read_json(text, strict=True)
    except ValueError as error:
        raise refused(
            f"the definition is not JSON: {error}", "/", "INVALID_JSON_DESCRIPTION"
        ) from None
    fields = Fields(given, "")
    if fields.text("Version") not in (None, "1.0"):
        raise fields.wrong("Expected 1.0", "Version")
    reader = _Reader(jsonata=_language(fields, jsonata=False))
    timeout = fields.whole("TimeoutSeconds", least=1, most=MOST_SECONDS)
    try:
        return Machine(reader.states(fields, frozenset()), timeout, given)
    except RecursionError:
        raise refused("the definition is nested too deep", "/") from None


class _Reader:
    """Reads one definition; knows the names of the states that it has met."""

    def __init__(self, *, jsonata: bool) -> None:
        self._jsonata = jsonata
        """The machine's language, which each state has that names none of its own."""
        self._names: set[str] = set()

    def states(self, fields: Fields, outer: frozenset[str]) -> States:
        """Read StartAt and States; ``outer`` are the variables of the scopes around."""
        fields.need("StartAt", "States")
        start_at = fields.text("StartAt") or ""
        given = fields.take("States")
        by_name = Fields(given, f"{fields.place}/States")
        fields.nothing_else()
        if not given:
            raise refused("There must be a state", by_name.place)
        scope = outer | _assigned(given, outer, by_name.place)
        read = {
            name: self._state(name, Fields(state, f"{by_name.place}/{name}"), scope)
            for name, state in given.items()
        }
        _check_targets(start_at, given, fields.place)
        return States(start_at, read)

    def _state(self, name: str, fields: Fields, scope: frozenset[str]) -> State:
        if not 1 <= len(name) <= NAME_CHARACTERS:
            raise refused(f"A state's name has 1 to {NAME_CHARACTERS} characters", fields.place)
        if name in self._names:
            raise refused(f"Duplicate state name: {name}", fields.place, "DUPLICATE_STATE_NAME")
        self._names.add(name)
        kind = fields.needed("Type")
        if not isinstance(kind, str) or kind not in _KINDS:
            raise fields.wrong(f"Expected one of {', '.join(_KINDS)}", "Type")
        jsonata = _language(fields, self._jsonata)
        common: dict[str, Any] = {
            "name": name,
            "jsonata": jsonata,
            **_common(fields, kind, jsonata),
        }
        state = _KINDS[kind](self, fields, jsonata, scope, common)
        fields.nothing_else()
        return state

    def pass_(self, fields: Fields, jsonata: bool, scope: Any, common: Any) -> State:
        own: dict[str, Any] = {"result_path": None}
        if not jsonata:
            own = _result_path(fields) | {"parameters": fields.read("Parameters", read_payload)}
            if fields.has("Result"):
                own["result"] = Constant(fields.take("Result"))
        return Pass(**common, **own)

    def succeed(self, fields: Fields, jsonata: bool, scope: Any, common: Any) -> State:
        return Succeed(**common)

    def fail(self, fields: Fields, jsonata: bool, scope: Any, common: Any) -> State:
        error, cause = (_text(fields, key, jsonata) for key in ("Error", "Cause"))
        return Fail(**common, error=error, cause=cause)

    def wait(self, fields: Fields, jsonata: bool, scope: Any, common: Any) -> State:
        names = ["Seconds", "Timestamp"] + ([] if jsonata else ["SecondsPath", "TimestampPath"])
        chosen = fields.one_of(*names)
        if chosen is None:
            raise refused(f"One of [{', '.join(names)}] is required", fields.place)
        seconds = _amount(fields, "Seconds", jsonata, least=0)
        return Wait(**common, seconds=seconds, timestamp=_timestamp(fields, jsonata))

    def choice(self, fields: Fields, jsonata: bool, scope: Any, common: Any) -> State:
        rules = []
        for rule in fields.each("Choices"):
            condition = read_condition(rule, jsonata=jsonata)
            rules.append(
                Rule(
                    applies=condition,
                    next=_needed_text(rule, "Next"),
                    assign=_template(rule, "Assign", jsonata),
                    output=_template(rule, "Output", jsonata) if jsonata else None,
                )
            )
            rule.nothing_else()
        return Choice(**common, rules=tuple(rules), default=fields.text("Default"))

    def task(self, fields: Fields, jsonata: bool, scope: Any, common: Any) -> State:
        fields.not_here("heartbeats", "HeartbeatSeconds", "HeartbeatSecondsPath")
        fields.not_here("task credentials", "Credentials")
        integration = _integration(fields)
        name = "Arguments" if jsonata else "Parameters"
        own = _work(fields, jsonata, name)
        _check_arguments(integration, fields, name)
        return Task(
            **common,
            **own,
            integration=integration,
            timeout=_amount(fields, "TimeoutSeconds", jsonata, least=1),
        )

    def map(self, fields: Fields, jsonata: bool, scope: frozenset[str], common: Any) -> State:
        fields.not_here("Distributed Map", *_OF_A_DISTRIBUTED_MAP)
        for name in _IGNORED_INLINE:
            fields.take(name)
        selector = "ItemSelector" if jsonata else fields.one_of("ItemSelector", "Parameters")
        own = _work(fields, jsonata, None)
        own["item_selector"] = _template(fields, selector or "ItemSelector", jsonata)
        own["items"] = _items(fields, jsonata)
        own["max_concurrency"] = _amount(fields, "MaxConcurrency", jsonata, least=0)
        processor = fields.one_of("ItemProcessor", "Iterator")
        if processor is None:
            raise refused("These fields are required: [ItemProcessor]", fields.place)
        inner = Fields(fields.take(processor), f"{fields.place}/{processor}")
        _check_mode(inner)
        return Map(**common, **own, processor=self.states(inner, scope))

    def parallel(self, fields: Fields, jsonata: bool, scope: frozenset[str], common: Any) -> State:
        own = _work(fields, jsonata, "Arguments" if jsonata else "Parameters")
        branches = [self.states(branch, scope) for branch in fields.each("Branches")]
        return Parallel(**common, **own, branches=tuple(branches))


_KINDS: dict[str, Callable[[_Reader, Fields, bool, frozenset[str], Any], State]] = {
    "Pass": _Reader.pass_,
    "Task": _Reader.task,
    "Choice": _Reader.choice,
    "Wait": _Reader.wait,
    "Succeed": _Reader.succeed,
    "Fail": _Reader.fail,
    "Parallel": _Reader.parallel,
    "Map": _Reader.map,
}


def _language(fields: Fields, jsonata: bool) -> bool:
    """Whether the object's language is JSONata; ``jsonata`` says so of what is around it."""
    name = fields.take("QueryLanguage", "JSONata" if jsonata else "JSONPath")
    if name not in ("JSONata", "JSONPath"):
        raise fields.wrong("Expected JSONPath or JSONata", "QueryLanguage")
    if jsonata and name == "JSONPath":
        raise refused(
            "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine",
            fields.place,
        )
    return bool(name == "JSONata")


def _common(fields: Fields, kind: str, jsonata: bool) -> dict[str, Any]:
    own: dict[str, Any] = {"input_path": None, "output_path": None}
    if kind not in ("Choice", "Succeed", "Fail"):
        own["next"] = _transition(fields)
    if kind != "Fail" and not jsonata:
        own |= {
            "input_path": _path(fields, "InputPath"),
            "output_path": _path(fields, "OutputPath"),
        }
    if kind != "Fail" and jsonata:
        own["output"] = _template(fields, "Output", jsonata)
    if kind not in ("Succeed", "Fail"):
        own["assign"] = _template(fields, "Assign", jsonata)
    return own


def _needed_text(fields: Fields, name: str) -> str:
    fields.need(name)
    return fields.text(name) or ""


def _transition(fields: Fields) -> str | None:
    chosen = fields.one_of("Next", "End")
    if chosen == "Next":
        return fields.text("Next")
    if chosen is None or fields.take("End") is not True:
        raise refused("A state needs Next, or End with the value true", fields.place)
    return None


def _path(fields: Fields, name: str) -> Path | None:
    if not fields.has(name):
        return read_path("$")
    return fields.read(name, lambda value: None if value is None else read_path(_str(value)))


def _result_path(fields: Fields) -> dict[str, Any]:
    if not fields.has("ResultPath"):
        return {"result_path": read_reference("$")}
    read = fields.read(
        "ResultPath", lambda value: None if value is None else read_reference(_str(value))
    )
    return {"result_path": read}


def _str(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("Expected value of type String")
    return value


def _template(fields: Fields, name: str, jsonata: bool) -> Template | None:
    if name == "Assign" and fields.has(name) and not isinstance(fields.take(name), dict):
        raise fields.wrong("Expected value of type Object", name)
    return fields.read(
        name, lambda value: read_jsonata(value, name) if jsonata else read_payload(value)
    )


def _work(fields: Fields, jsonata: bool, parameters: str | None) -> dict[str, Any]:
    own: dict[str, Any] = {"result_path": None}
    if not jsonata:
        own = _result_path(fields)
        own["result_selector"] = fields.read("ResultSelector", read_payload)
    if parameters is not None:
        own["parameters"] = _template(fields, parameters, jsonata)
    if fields.has("Retry"):
        own["retry"] = tuple(_retriers(fields))
    if fields.has("Catch"):
        own["catch"] = tuple(_catchers(fields, jsonata))
    return own


def _retriers(fields: Fields) -> list[Retrier]:
    found = []
    for one in fields.each("Retry"):
        backoff = one.take("BackoffRate", 2.0)
        if isinstance(backoff, bool) or not isinstance(backoff, int | float) or backoff < 1:
            raise one.wrong("Expected a number of 1 or more", "BackoffRate")
        jitter = one.take("JitterStrategy", "NONE")
        if jitter not in ("NONE", "FULL"):
            raise one.wrong("Expected NONE or FULL", "JitterStrategy")
        interval = one.whole("IntervalSeconds", least=1, most=MOST_SECONDS)
        attempts = one.whole("MaxAttempts", least=0, most=MOST_SECONDS)
        found.append(
            Retrier(
                errors=_errors(one),
                interval_seconds=1 if interval is None else interval,
                max_attempts=3 if attempts is None else attempts,
                backoff_rate=float(backoff),
                max_delay_seconds=one.whole("MaxDelaySeconds", least=1, most=MOST_DELAY_SECONDS),
                full_jitter=jitter == "FULL",
            )
        )
        one.nothing_else()
    _check_that_all_is_last([one.errors for one in found], fields, "Retry")
    return found


def _catchers(fields: Fields, jsonata: bool) -> list[Catcher]:
    found = []
    for one in fields.each("Catch"):
        own = {"result_path": None} if jsonata else _result_path(one)
        found.append(
            Catcher(
                errors=_errors(one),
                next=_needed_text(one, "Next"),
                **own,
                assign=_template(one, "Assign", jsonata),
                output=_template(one, "Output", jsonata) if jsonata else None,
            )
        )
        one.nothing_else()
    _check_that_all_is_last([one.errors for one in found], fields, "Catch")
    return found


def _errors(fields: Fields) -> tuple[str, ...]:
    names = fields.needed("ErrorEquals")
    if not isinstance(names, list) or not names or not all(isinstance(n, str) for n in names):
        raise fields.wrong("Expected a non-empty Array of Strings", "ErrorEquals")
    if ALL in names and len(names) > 1:
        raise fields.wrong(f"{ALL} must be alone", "ErrorEquals")
    return tuple(names)


def _check_that_all_is_last(every: list[tuple[str, ...]], fields: Fields, name: str) -> None:
    if any(ALL in names for names in every[:-1]):
        raise fields.wrong(f"{ALL} must be the last", name)


def _amount(fields: Fields, name: str, jsonata: bool, *, least: int) -> Amount:
    """A whole number, an expression for one, or a path to one in the field with Path."""
    if jsonata and isinstance(fields.take(name), str):
        return fields.read(name, lambda text: read_expression(text, name))
    if not jsonata and fields.one_of(name, f"{name}Path") == f"{name}Path":
        return fields.read(f"{name}Path", lambda text: read_path(_str(text)))
    return fields.whole(name, least=least, most=MOST_SECONDS)


def _timestamp(fields: Fields, jsonata: bool) -> Amount:
    if not jsonata and fields.has("TimestampPath"):
        return fields.read("TimestampPath", lambda text: read_path(_str(text)))
    text = fields.text("Timestamp")
    if text is None:
        return None
    if jsonata and is_expression(text):
        return fields.read("Timestamp", lambda value: read_expression(value, "Timestamp"))
    if moment_of(text) is None:
        raise fields.wrong("Expected a timestamp of RFC 3339", "Timestamp")
    return text


def _text(fields: Fields, name: str, jsonata: bool) -> Template | None:
    """The Error or Cause of a Fail state."""
    if jsonata:
        return _template(fields, name, jsonata) if fields.text(name) is not None else None
    if fields.one_of(name, f"{name}Path") == f"{name}Path":
        return fields.read(f"{name}Path", lambda text: read_reference_expression(_str(text)))
    text = fields.text(name)
    return None if text is None else Constant(text)


def _items(fields: Fields, jsonata: bool) -> Path | Template | None:
    if jsonata:
        items = _template(fields, "Items", jsonata)
        if isinstance(items, Constant) and not isinstance(items.value, list):
            raise fields.wrong("Expected value of type Array, or a JSONata expression", "Items")
        return items
    return _path(fields, "ItemsPath")


def _check_mode(fields: Fields) -> None:
    config = Fields(fields.take("ProcessorConfig", {}), f"{fields.place}/ProcessorConfig")
    mode = config.take("Mode", "INLINE")
    if mode == "DISTRIBUTED":
        raise InvalidDefinition(
            f"the embedded AWS has no Distributed Map: Mode DISTRIBUTED at {config.place}/Mode"
        )
    if mode != "INLINE":
        raise config.wrong("Expected INLINE or DISTRIBUTED", "Mode")
    config.nothing_else()


def _integration(fields: Fields) -> Integration:
    arn = str(fields.needed("Resource"))
    if _FUNCTION.fullmatch(arn):
        return Integration("lambda", "function", function=arn)
    service = _SERVICE.fullmatch(arn)
    if service is None:
        raise fields.wrong(
            f"The resource provided {arn} not recognized. The value is not a valid resource ARN, "
            "or the resource is not available in this region.",
            "Resource",
        )
    name, action, pattern = service.groups()
    if pattern not in PATTERNS.get((name, action), set()):
        raise InvalidDefinition(
            f"the embedded AWS has no integration with {name}:{action}{pattern}: it has "
            f"lambda:invoke, a function's ARN, and states:startExecution (.sync, .sync:2), "
            f"at {fields.place}/Resource"
        )
    return Integration(name, action, pattern)


def _check_arguments(integration: Integration, fields: Fields, name: str) -> None:
    """Refuse what a service does not take, where it stands in the definition."""
    given = fields.take(name, {})
    if integration.function is not None or not isinstance(given, dict):
        return
    problem = integration.problem({key.removesuffix(".$") for key in given})
    if problem is not None:
        raise refused(problem, f"{fields.place}/{name}")


def _assigned(states: Any, outer: frozenset[str], place: str) -> frozenset[str]:
    """The variables that the states of one scope assign. An outer scope's cannot be assigned."""
    found: set[str] = set()
    for name, state in states.items() if isinstance(states, dict) else ():
        if not isinstance(state, dict):
            continue
        inner = [*_listed(state.get("Choices")), *_listed(state.get("Catch"))]
        for holder in (state, *(one for one in inner if isinstance(one, dict))):
            for key in holder.get("Assign") or {} if isinstance(holder.get("Assign"), dict) else {}:
                variable = key.removesuffix(".$")
                where = f"{place}/{name}/Assign/{key}"
                if not _VARIABLE.fullmatch(variable) or variable == "states":
                    raise refused(f"'{variable}' is not a valid variable name", where)
                if variable in outer:
                    raise refused(f"'{variable}' is a variable of an outer scope", where)
                found.add(variable)
    return frozenset(found)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _check_targets(start_at: str, states: Any, place: str) -> None:
    """Refuse a StartAt, Next or Default that names no state, and a state that nothing leads to."""
    targets = {start_at: (f"{place}/StartAt", "StartAt")}
    for name, state in states.items():
        where = f"{place}/States/{name}"
        for key in ("Next", "Default"):
            if key in state:
                targets.setdefault(state[key], (f"{where}/{key}", key))
        for key in ("Choices", "Catch"):
            for number, one in enumerate(_listed(state.get(key))):
                targets.setdefault(one["Next"], (f"{where}/{key}[{number}]/Next", "Next"))
    for target, (where, key) in targets.items():
        if target not in states:
            raise refused(f"Missing '{key}' target: {target}", where, "MISSING_TRANSITION_TARGET")
    for name in states:
        if name not in targets:
            raise refused(
                f"State '{name}' is not reachable",
                f"{place}/States/{name}",
                "MISSING_TRANSITION_TARGET",
            )
