"""The functions of the cases; README.md says what each does."""

import time

pause = time.sleep
"""How ``sleep`` waits; the interpreter alone has a clock of its own."""

calls = []


class ThrottledByVendor(Exception):  # noqa: N818 - as a vendor's own would be called
    """What ``fail_once`` raises."""


def echo(event, context):
    return event


def double(event, context):
    return event * 2


def fail(event, context):
    raise ValueError(event)


def fail_on_2(event, context):
    if event == 2:
        raise ValueError("two")
    return event


def fail_once(event, context):
    calls.append(event)
    if len(calls) == 1:
        raise ThrottledByVendor("not now")
    return event


def sleep(event, context):
    pause(event)
    return event


def large(event, context):
    return "x" * event


def nan(event, context):
    return float("nan")
