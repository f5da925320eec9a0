"""What is said of ends that do not speak for themselves."""

import pytest
from test_cli_report import Shown

from fan_out.cli.advice import advice_on
from fan_out.cli.display import report
from fan_out.cli.failure import Failure


@pytest.mark.parametrize(
    ("message", "part"),
    [
        ("Runtime exited with error: exit status 1", "sys.exit or os._exit with 1)"),
        ("Runtime exited with error: exit status 137", "sys.exit or os._exit with 137)"),
        ("Runtime exited without providing a reason", "sys.exit or os._exit with 0)"),
        ("Runtime exited with error: signal: killed", "needed more memory"),
        ("Runtime exited with error: signal: segmentation fault (core dumped)", "native code"),
        ("Runtime exited with error: signal: illegal instruction", "native code"),
        (
            "Runtime exited with error: signal: terminated",
            "a signal ended the process (terminated)",
        ),
        ("Runtime exited with error: signal: aborted", "a signal ended the process (aborted)"),
        (
            "The execution reached the maximum number of history events (25000).",
            "larger chunks take fewer",
        ),
    ],
)
def test_an_end_that_does_not_speak_for_itself_is_explained_in_one_line(
    message: str, part: str
) -> None:
    advice = advice_on(message)
    assert advice is not None
    assert part in advice
    assert "\n" not in advice
    screen = Shown()
    report.show_details(screen, report.details(Failure(error="E", message=message)))
    assert screen.told == [f"  advice   {advice}"]


@pytest.mark.parametrize(
    "message",
    ["", "bad record 57", "Task timed out after 3.00 seconds", "the tool had exit status 1"],
)
def test_what_speaks_for_itself_is_not_explained(message: str) -> None:
    assert advice_on(message) is None
