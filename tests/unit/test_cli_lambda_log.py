"""Each invocation's lines, picked out of the log of its environment."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded import REQUEST_ID

from fan_out.cli.lambda_log import Stream, mark
from fan_out.runtime.chunk_line import BEGINNING

IDS = [f"{number:08x}-3f0d-4d9e-9a3c-0c6a3c1b2d4e" for number in range(4)]
NOBODY = "ffffffff-3f0d-4d9e-9a3c-0c6a3c1b2d4e"
OTHER = IDS[0]


def start(request_id: str) -> str:
    return f"START RequestId: {request_id} Version: $LATEST\n"


def end(request_id: str) -> list[str]:
    return [
        f"END RequestId: {request_id}\n",
        f"REPORT RequestId: {request_id}\tDuration: 1.00 ms\n",
    ]


def lines_of(messages: list[str], request_id: str = REQUEST_ID) -> list[str]:
    return list(Stream(messages).invocation(request_id).lines)


@st.composite
def invocations(draw: st.DrawFn) -> list[tuple[str, list[str]]]:
    """Requests in their order, and what each prints: also what Lambda prints of it and of others,
    but the end of one that has ended, and the start of one that nobody knows yet."""
    made = []
    for place, request_id in enumerate(IDS[: draw(st.integers(1, len(IDS)))]):
        seen = st.sampled_from([NOBODY, *IDS[:place]])
        forged = st.one_of(
            st.sampled_from(end(request_id)),
            st.sampled_from(end(NOBODY)),
            seen.map(start),
            st.just(start(request_id)),
        )
        plain = st.sampled_from(["looking\n", "\n", "END of page\n", "REPORT: all\n", "START\n"])
        made.append((request_id, draw(st.lists(st.one_of(plain, forged), max_size=6))))
    return made


@given(invocations())
def test_an_invocations_lines_are_its_own_whatever_it_prints(
    made: list[tuple[str, list[str]]],
) -> None:
    messages: list[str] = []
    for request_id, printed in made:
        messages += [start(request_id), *printed, *end(request_id)]
    for request_id, printed in made:
        found = Stream(messages).invocation(request_id)
        assert list(found.lines) == [line.rstrip("\n") for line in printed]
        assert found.report == end(request_id)[1].rstrip()


@given(invocations())
def test_of_an_invocation_that_has_not_ended_all_is_its_own_that_follows(
    made: list[tuple[str, list[str]]],
) -> None:
    *before, (last, _) = made
    messages = [text for one, printed in before for text in (start(one), *printed, *end(one))]
    found = Stream([*messages, start(last), "so far\n", start(NOBODY)]).invocation(last)
    assert list(found.lines) == ["so far", start(NOBODY).rstrip()]
    assert found.report is None


def test_why_a_module_cannot_be_loaded_stands_before_the_start() -> None:
    """AWS loads it twice, and starts the invocation after that."""
    error = (
        "[ERROR] Runtime.ImportModuleError: No module named 'x'\nTraceback (most recent call last):"
    )
    report = "INIT_REPORT Init Duration: 90.00 ms\tPhase: init\tStatus: error"
    messages = ["INIT_START Runtime Version: python:3.14.v1\n", error, report, error]
    assert lines_of([*messages, start(REQUEST_ID), *end(REQUEST_ID)]) == [
        *error.splitlines(),
        report,
        *error.splitlines(),
    ]


def test_what_lambda_says_after_the_end_is_of_the_invocation_that_it_names() -> None:
    """As it used to of a timeout, and still may."""
    late = f"2026-01-02T03:04:05.678Z {OTHER} Task timed out after 3.00 seconds\n\n"
    messages = [start(OTHER), "working\n", *end(OTHER), late, "loaded\n", start(REQUEST_ID)]
    messages += ["fine\n", *end(REQUEST_ID)]
    assert lines_of(messages, OTHER) == ["working", late.rstrip()]
    assert lines_of(messages) == ["loaded", "fine"]


def test_an_invocation_whose_end_was_lost_has_no_part_in_the_next() -> None:
    messages = [start(OTHER), "of the other\n", start(REQUEST_ID), "own\n", *end(REQUEST_ID)]
    assert lines_of(messages) == ["own"]


def platform(kind: str, **record: Any) -> str:
    event = {"time": "2026-01-02T03:04:05.678Z", "type": f"platform.{kind}", "record": record}
    return json.dumps(event, separators=(",", ":"))


def test_a_log_of_the_format_json_is_taken_apart_too() -> None:
    error = {"level": "ERROR", "errorMessage": "bad", "requestId": REQUEST_ID}
    trace = ['  File "a.py", line 1, in f\n    raise', "  more\n"]
    messages = [
        platform("initStart", functionName="w"),
        platform("start", requestId=OTHER, version="$LATEST"),
        "not this\n",
        platform("report", requestId=OTHER, metrics={"durationMs": 1}),
        platform("start", requestId=REQUEST_ID, version="$LATEST"),
        "printed\n",
        '{"level":"INFO","message":"logged","stackTrace":null}\n',
        json.dumps({**error, "stackTrace": trace}),
        platform("runtimeDone", requestId=REQUEST_ID, status="error"),
        platform("report", requestId=REQUEST_ID, metrics={"durationMs": 1}),
    ]
    found = Stream(messages).invocation(REQUEST_ID)
    assert found.lines == (
        "printed",
        '{"level":"INFO","message":"logged","stackTrace":null}',
        json.dumps(error),
        '  File "a.py", line 1, in f',
        "    raise",
        "  more",
    )
    assert found.report == messages[-1]


def test_without_lambdas_own_lines_those_count_that_name_the_request() -> None:
    """Lambda can be told to log no more than warnings of its own."""
    named = json.dumps({"level": "ERROR", "message": "bad", "requestId": REQUEST_ID})
    assert lines_of(["somebody's\n", named]) == [named]


@pytest.mark.parametrize(
    "message",
    [
        "START RequestId: 1 Version: $LATEST",
        f"START RequestId: {REQUEST_ID}",
        f"END RequestId: {REQUEST_ID}0",
        f"  END RequestId: {REQUEST_ID}",
        '{"type": "platform.report", "record": 3}',
        '{"type": "platform.report", "record": {}}',
        '{"type": "platform.',
        '["platform.start"]',
        '{"type": "platform.logsDropped", "record": {"requestId": "1"}}',
    ],
)
def test_a_line_that_is_nearly_lambdas_own_is_none_of_it(message: str) -> None:
    assert mark(message) is None


def test_the_line_of_the_worker_tells_the_chunk_and_is_not_shown() -> None:
    """The first one is; what a handler prints of the kind is its own."""
    told = {"oneJobProcessingCount": 10, "offset": 50}
    first, again = f"{BEGINNING}{json.dumps(told)}\n", f"{BEGINNING}of a book\n"
    messages = [start(REQUEST_ID), again, first, first, *end(REQUEST_ID)]
    found = Stream(messages).invocation(REQUEST_ID)
    assert found.records == told
    assert found.lines == (again.rstrip(), first.rstrip())
