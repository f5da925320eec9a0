"""What Lambda's and Step Functions' words for an end mean, and what helps."""

from __future__ import annotations

import re

from fan_out.cli.failure import HISTORY_FULL

_ADVICE = {
    r"Runtime exited with error: exit status (\d+)": (
        r"the handler ended its process (sys.exit or os._exit with \1), which to Lambda is a "
        "crash: raise an exception, or return"
    ),
    "Runtime exited without providing a reason": (
        "the handler ended its process (sys.exit or os._exit with 0) before it had answered: "
        "return an answer, or raise an exception"
    ),
    "Runtime exited with error: signal: killed": (
        "the process was killed, most likely since it needed more memory than the function has: "
        "give it more, or make smaller chunks"
    ),
    "signal: (?:segmentation fault|bus error|illegal instruction)": (
        "native code crashed: a package built for another processor or Python, or a fault in it"
    ),
    "Runtime exited with error: signal: ([a-z ]+)": (
        r"a signal ended the process (\1): the handler's own code, or native code, sent it"
    ),
    HISTORY_FULL: (
        "each chunk takes events of the history, and each retry and each round takes more: larger "
        "chunks take fewer"
    ),
}
"""By what is found in a message; the first that is, is said."""


def advice_on(message: str) -> str | None:
    """Say in one line what to make of a failure's message; None where it speaks for itself."""
    for words, advice in _ADVICE.items():
        if found := re.search(words, message):
            return found.expand(advice)
    return None
