"""What is shown of an execution, to the letter."""

import io
import json
import re
import shlex
from typing import Any

import pytest
from recorded import ARN, FUNCTION, REQUEST_ID, START, chunk, failure
from rich.console import Console

from fan_out.cli.display import bar, report, result
from fan_out.cli.display.screen import Screen, duration
from fan_out.cli.display.steps import step
from fan_out.cli.failure import Failure, TooMany
from fan_out.cli.fate import Fate
from fan_out.cli.outcome import Progress, Summary
from fan_out.cli.output import Output
from fan_out.cli.records import Records
from fan_out.cli.steps import TOLERATED


class Shown(Screen):
    """A screen to look at; a terminal of a width, or none."""

    def __init__(self, width: int | None = None) -> None:
        self.out, self.err = (
            Console(
                file=io.StringIO(),
                width=width,
                force_terminal=width is not None,
                color_system=None,
                markup=False,
                highlight=False,
            )
            for _ in "oe"
        )

    @property
    def lines(self) -> list[str]:
        assert isinstance(self.out.file, io.StringIO)
        return self.out.file.getvalue().splitlines()

    @property
    def told(self) -> list[str]:
        assert isinstance(self.err.file, io.StringIO)
        return self.err.file.getvalue().splitlines()


def summary(status: str, progress: Progress, records: Records | None = None) -> Summary:
    return Summary(
        status=status,
        started=START,
        progress=progress,
        seconds=12.5,
        output=None,
        failure=None,
        records=records,
    )


@pytest.mark.parametrize(
    ("status", "progress", "line"),
    [
        (
            "SUCCEEDED",
            Progress(chunks=2, done=2, further_rounds=3),
            "succeeded after 12.5 s, 2 of 2 chunks done, 3 further rounds "
            "(smaller chunks need fewer)",
        ),
        (
            "SUCCEEDED",
            Progress(chunks=11, done=11, retries=1),
            "succeeded after 12.5 s, 11 of 11 chunks done, 1 retry",
        ),
        (
            "FAILED",
            Progress(chunks=11, done=4, failed=1, retries=2),
            "failed after 12.5 s, 4 of 11 chunks done, 1 failed, 6 not finished, 2 retries",
        ),
        (
            "SUCCEEDED",
            Progress(chunks=100, done=95, failed=5),
            "succeeded after 12.5 s, 95 of 100 chunks done, 5 failed",
        ),
        ("FAILED", Progress(), "failed after 12.5 s"),
        (
            "TIMED_OUT",
            Progress(chunks=1),
            "timed out after 12.5 s, 0 of 1 chunks done, 1 not finished",
        ),
    ],
)
def test_a_summary_is_one_line(status: str, progress: Progress, line: str) -> None:
    assert report.summary_line(summary(status, progress)) == line


@pytest.mark.parametrize(
    ("records", "said"),
    [
        (Records(105, 105), "105 of 105 records"),
        (Records(0, 0), "0 of 0 records"),
        (Records(105, 93, (1, 2)), "93 of 105 records, 2 set aside"),
    ],
)
def test_a_summary_counts_the_records(records: Records, said: str) -> None:
    one = summary("SUCCEEDED", Progress(chunks=11, done=10, failed=1, retries=1), records)
    line = f"succeeded after 12.5 s, 10 of 11 chunks done, 1 failed, {said}, 1 retry"
    assert report.summary_line(one) == line
    assert report.summary_line(one, records) == f"{line}; the whole job: {said}"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.0 s"),
        (59.9, "59.9 s"),
        (59.96, "1 min 00 s"),
        (185, "3 min 05 s"),
        (3_599.6, "1 h 00 min"),
        (7_260, "2 h 01 min"),
    ],
)
def test_a_duration_is_as_exact_as_it_is_useful(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def answers(values: list[Any]) -> Output:
    return Output(json.dumps(values), values)


@pytest.mark.parametrize(
    ("output", "lines"),
    [
        (
            answers([[0, 1], [2]]),
            ["result: 2 answers, in chunk order", "  1  [0, 1]", "  2  [2]"],
        ),
        (answers([7]), ["result: 1 answer, in chunk order", "  1  7"]),
        (answers([]), ["result: 0 answers, in chunk order"]),
        (Output('{"total": 105}'), ["result:", "  {", '    "total": 105', "  }"]),
        (Output("[1, 2]"), ["result:", "  [", "    1,", "    2", "  ]"]),
        (Output("null"), ["result:", "  null"]),
    ],
)
def test_a_result_has_a_line_for_each_answer(output: Output, lines: list[str]) -> None:
    screen = Shown()
    result.show_result(screen, output)
    assert screen.lines == lines


@pytest.mark.parametrize(("count", "whole"), [(21, True), (22, False), (3_569, False)])
def test_more_than_twenty_answers_are_shortened_in_the_middle(count: int, whole: bool) -> None:
    screen = Shown()
    result.show_result(screen, answers(list(range(count))))
    rows = screen.lines[1:]
    if whole:
        assert rows == [f"  {number + 1:>2}  {number}" for number in range(count)]
        return
    assert len(rows) == 22
    assert rows[0].split() == ["1", "0"]
    assert rows[15] == f"  … {count - 20} more …"
    assert rows[-2].split() == [str(count), str(count - 1)]
    assert rows[-1] == "  (shortened; --json prints all of it)"


def test_an_answer_is_clipped_to_the_terminal_and_not_wrapped() -> None:
    screen = Shown(width=30)
    result.show_result(screen, answers([list(range(100)), 1]))
    assert screen.lines[1] == "  1  [0, 1, 2, 3, 4, 5, 6, 7,…"
    assert screen.lines[2:] == ["  2  1", "  (shortened; --json prints all of it)"]


def test_data_cannot_command_the_terminal() -> None:
    """Nor be taken for the markup of the library that prints it."""
    screen = Shown(width=80)
    screen.say("\x1b]0;title\x07[red]é\u202e")
    assert screen.told == ["\\x1b]0;title\\x07[red]é\\u202e"]


@pytest.mark.parametrize(
    ("failure", "line"),
    [
        (
            Failure(error="E", message="two\nlines", state="Worker", chunk=4, input=chunk(4)),
            "chunk 5 of 11 failed (offset 40, count 10): E: two lines",
        ),
        (
            Failure(error="E", message="", state="CarryOn", chunk=0, input=chunk(0)),
            "chunk 1 of 11 failed (offset 0, count 10): E",
        ),
        (
            Failure(error="E", message="m", state="Worker", chunk=0, input='["an", "item"]'),
            "chunk 1 of 11 failed: E: m",
        ),
        (Failure(error="E", message="m", state="Control", input="{}"), "Control failed: E: m"),
        (Failure(error="Aborted", message="it was stopped"), "Aborted: it was stopped"),
        (
            Failure(
                error="E",
                message="m",
                state="Worker",
                chunk=4,
                input=chunk(4),
                too_many=TooMany(failed=3, chunks=11, errors={"E": 3}),
            ),
            "3 of 11 chunks failed, more than are tolerated; the first: "
            "chunk 5 of 11 failed (offset 40, count 10): E: m",
        ),
        (
            Failure(error="E", message="", too_many=TooMany(failed=3, chunks=11, errors={})),
            "3 of 11 chunks failed, more than are tolerated",
        ),
        (
            Failure(
                error="ValueError",
                message="record 57: bad",
                too_many=TooMany(
                    failed=0, chunks=11, errors={"ValueError": 12}, bad=12, records=105
                ),
            ),
            "12 of 105 records are bad, more than are tolerated; the first: "
            "ValueError: record 57: bad",
        ),
        (
            Failure(
                error="E",
                message="",
                too_many=TooMany(failed=0, chunks=1, errors={}, bad=1, records=2),
            ),
            "1 of 2 records are bad, more than are tolerated",
        ),
    ],
)
def test_a_failure_is_said_in_one_line(failure: Failure, line: str) -> None:
    assert report.headline(failure, 11) == line


@pytest.mark.parametrize(
    ("planned", "what"), [(11, "chunks"), (None, "chunks"), (4, "parts of chunks")]
)
def test_of_chunks_that_were_cut_it_is_the_parts_that_are_counted(
    planned: int | None, what: str
) -> None:
    too_many = TooMany(failed=1, chunks=11, errors={})
    line = report.headline(Failure(error="E", message="", too_many=too_many), planned)
    assert line == f"1 of 11 {what} failed, more than are tolerated"


@pytest.mark.parametrize(
    ("errors", "lines"),
    [({"E": 3}, []), ({"E": 1, "F": 2}, ["  errors   F 2, E 1"])],
)
def test_several_kinds_of_errors_are_counted(errors: dict[str, int], lines: list[str]) -> None:
    too_many = TooMany(failed=3, chunks=11, errors=errors)
    screen = Shown()
    report.show_details(screen, report.details(Failure(error="E", message="", too_many=too_many)))
    assert screen.told == lines


def tolerated(index: int, cause: str = "bad") -> Fate:
    item = json.loads(chunk(index))
    return Fate(
        item=item, number=index + 1, state=TOLERATED, output=failure(item, "ValueError", cause)
    )


def test_failures_that_were_tolerated_have_a_line_each() -> None:
    screen = Shown()
    message = f"RequestId: {REQUEST_ID} Error: Task timed out after 2.00 seconds"
    failures = [tolerated(0), tolerated(9, message)]
    result.show_failures(screen, failures, in_output=True)
    assert screen.lines == [
        "failures: 2 chunks",
        "   1  offset 0, count 10: ValueError: bad",
        "  10  offset 90, count 10: ValueError: Task timed out after 2.00 seconds",
    ]


@pytest.mark.parametrize(
    ("in_output", "hint"), [(True, "(shortened; --json prints all of it)"), (False, "(shortened)")]
)
def test_many_failures_are_shortened(in_output: bool, hint: str) -> None:
    screen = Shown()
    failures = [tolerated(index) for index in range(30)]
    result.show_failures(screen, failures, in_output=in_output)
    assert len(screen.lines) == 23
    assert screen.lines[16] == "  … 10 more …"
    assert screen.lines[-1] == f"  {hint}"


def test_what_a_failure_that_was_tolerated_means_is_said_once() -> None:
    screen = Shown()
    message = "RequestId: 1 Error: Runtime exited with error: exit status 1"
    failures = [tolerated(0, message), tolerated(1, "bad"), tolerated(2, message)]
    result.show_failures(screen, failures, in_output=True)
    advice = [line for line in screen.lines if "raise an exception, or return" in line]
    assert screen.lines[-1:] == advice


def test_where_nothing_failed_nothing_is_said() -> None:
    screen = Shown()
    result.show_failures(screen, [], in_output=True)
    result.show_set_aside(screen, Records(total=1, done=1), succeeded=True)
    assert screen.lines == []


def bad(number: int) -> dict[str, Any]:
    return {"record": number, "error": "ValueError", "message": f"bad\nrecord {number}"}


@pytest.mark.parametrize("succeeded", [True, False])
def test_what_was_set_aside_is_named_record_by_record(succeeded: bool) -> None:
    screen = Shown()
    aside = (bad(7), {**bad(17), "message": ""}, "of another shape")
    result.show_set_aside(screen, Records(9, 6, aside), succeeded=succeeded)
    assert (screen.lines if succeeded else screen.told) == [
        "set aside: 3 records",
        "  record 7: ValueError: bad record 7",
        "  record 17: ValueError",
        '  "of another shape"',
    ]


def test_many_records_that_were_set_aside_are_shortened() -> None:
    screen = Shown()
    aside = tuple(bad(number) for number in range(50))
    result.show_set_aside(screen, Records(100, 50, aside), succeeded=True)
    assert screen.lines[0] == "set aside: 50 records"
    assert len(screen.lines) == 23
    assert screen.lines[-1] == "  (shortened)"


def test_the_details_of_a_failure_are_where_it_was() -> None:
    failure = Failure(
        error="ValueError",
        message="bad record 57",
        state="Worker",
        chunk=5,
        input=chunk(5),
        function=FUNCTION,
        request_id=REQUEST_ID,
    )
    screen = Shown()
    report.show_details(screen, report.details(failure))
    assert screen.told == [
        "  state    Worker",
        f"  input    {chunk(5)}",
        f"  function {FUNCTION}",
        f"  request  {REQUEST_ID}",
    ]


def test_a_text_of_several_lines_keeps_its_indentation() -> None:
    screen = Shown()
    report.show_details(
        screen, iter([("trace", "  File a.py, line 1\n\xa0\xa0raise"), ("log", "")])
    )
    assert screen.told == [
        "  trace      File a.py, line 1",
        "           \xa0\xa0raise",
        "  log      ",
    ]


def test_the_command_for_a_log_can_be_pasted() -> None:
    assert report.logs_command(ARN, chunk=5) == f"fan-out logs {ARN} --chunk 6"
    assert report.logs_command(ARN, record=57) == f"fan-out logs {ARN} --record 57"
    assert report.logs_command(ARN) == f"fan-out logs {ARN}"
    odd = f"{ARN}'s (2)"
    assert shlex.split(report.logs_command(odd, chunk=0)) == [
        "fan-out",
        "logs",
        odd,
        "--chunk",
        "1",
    ]


@pytest.mark.parametrize(
    ("progress", "text"),
    [
        (Progress(), "planning"),
        (Progress(retries=1), "planning, 1 retry"),
        (Progress(chunks=4, done=1, running=2), "1 of 4 chunks, 2 running, 0 failed"),
        (
            Progress(chunks=4, done=1, failed=1, retries=3),
            "1 of 4 chunks, 0 running, 1 failed, 3 retries",
        ),
    ],
)
def test_progress_is_half_a_line(progress: Progress, text: str) -> None:
    assert bar.described(progress) == text


def test_without_a_terminal_there_is_a_line_for_the_plan_the_end_and_now_and_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    screen, now = Shown(), [100.0]
    monkeypatch.setattr(bar.time, "monotonic", lambda: now[0])
    with bar.progress_bar(screen) as shown:
        shown.update(Progress())
        shown.update(Progress())
        for second in range(9):
            now[0] = 101.0 + second
            shown.update(Progress(chunks=9, done=second, running=1))
        shown.update(Progress(chunks=9, done=9))
        shown.update(Progress(chunks=9, done=9))
    assert screen.told == [
        "planning, 0.0 s",
        "0 of 9 chunks, 1 running, 0 failed, 1.0 s",
        "5 of 9 chunks, 1 running, 0 failed, 6.0 s",
        "9 of 9 chunks, 0 running, 0 failed, 9.0 s",
    ]


@pytest.mark.parametrize("width", [None, 80])
def test_a_step_is_shown_with_its_time_whether_it_succeeds_or_not(width: int | None) -> None:
    screen = Shown(width)
    with step(screen, "synthesize the app"):
        pass
    with pytest.raises(OSError, match="full"), step(screen, "deploy it"):
        raise OSError("full")
    text = "\n".join(screen.told)
    assert re.search(r"✓ synthesize the app, \d+\.\d s$", text, re.MULTILINE)
    assert re.search(r"✗ deploy it, \d+\.\d s$", text, re.MULTILINE)
    assert ("synthesize the app …" in text) == (width is not None)


@pytest.mark.parametrize("chunks", [0, 9])
def test_on_a_terminal_the_bar_is_full_at_the_end(chunks: int) -> None:
    screen = Shown(width=100)
    with bar.progress_bar(screen) as shown:
        shown.update(Progress(chunks=chunks, done=chunks))
    last = next(line for line in reversed(screen.told) if "chunks" in line)
    assert last.rpartition("━" * 30)[2].startswith(f" {chunks} of {chunks} chunks, 0 running")
