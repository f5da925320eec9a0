"""Run the cases in a real account: ``make truth-aws``, with credentials of your own.

Creates a role, functions and state machines whose names begin with ``truth-``, runs them, and
deletes them again, also when it is interrupted. Exit code 0: all as written down; 1: a case differs
or could not be run; 2: it did not begin.
"""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from case import Case, read_cases
from over_http import Account, account

SLOWLY = {"settle": 15, "poll": 0.5}
"""Seconds until Lambda and Step Functions know of a role that was just made, and between two looks
at an execution: AWS answers only so many in a second."""

ENDPOINT = "AWS_ENDPOINT_URL"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the cases that AWS has, or those whose names have a text in them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "only", nargs="?", default="", help="a part of the names of cases: 2-errors"
    )
    parser.add_argument("--endpoint", help="another AWS than the real one, such as an embedded one")
    given = parser.parse_args(arguments)
    chosen = [case for case in read_cases() if given.only in case.name]
    if not chosen:
        return _refuse(f"no case has {given.only!r} in its name")
    inherited = next((name for name in os.environ if name.startswith(ENDPOINT)), None)
    if given.endpoint is None and inherited is not None:
        return _refuse(f"{inherited} leads elsewhere: unset it, or say --endpoint")
    if given.endpoint is not None:
        os.environ[ENDPOINT] = given.endpoint
    session = boto3.Session()
    try:
        caller = session.client("sts").get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        return _refuse(f"no credentials that AWS takes: {error}")
    print(f"{len(chosen)} cases in account {caller['Account']}, {session.region_name}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    pace: dict[str, float] = SLOWLY if given.endpoint is None else {}
    report = Report(chosen)
    with suppress(KeyboardInterrupt), account(session, **pace) as made:
        report.run(made, print)
    return report.end(print)


class Report:
    """What became of each case."""

    def __init__(self, cases: Sequence[Case]) -> None:
        self._cases = cases
        self._passed: list[str] = []
        self._differs: dict[str, list[str]] = {}
        self._not_run: dict[str, str] = {}

    def run(self, account: Account, say: Callable[[str], Any]) -> None:
        """Run the cases, with a line for each."""
        for number, case in enumerate(self._cases, 1):
            self._run(case, account)
            what = "differs" if case.name in self._differs else "passed"
            what = "not run" if case.name in self._not_run else what
            say(f"{number:>4}/{len(self._cases)}  {what:<8} {case.name}")

    def end(self, say: Callable[[str], Any]) -> int:
        """Say what became of them all, and answer the exit code."""
        done = {*self._passed, *self._differs, *self._not_run}
        left = {case.name: "interrupted" for case in self._cases if case.name not in done}
        not_run = self._not_run | left
        say(f"\n{len(self._passed)} passed, {len(self._differs)} differ, {len(not_run)} not run")
        for name, differences in self._differs.items():
            say(f"\ndiffers: {name}")
            for difference in differences:
                say(f"  {difference}")
        for name, why in not_run.items():
            say(f"not run: {name}: {why}")
        here_alone = {case.name for case in self._cases if not case.runs_in_aws}
        return 1 if self._differs or not_run.keys() - here_alone else 0

    def _run(self, case: Case, account: Account) -> None:
        if not case.runs_in_aws:
            self._not_run[case.name] = "AWS takes what only the embedded AWS refuses"
            return
        try:
            differences = case.differences(account.run(case))
        except (BotoCoreError, ClientError) as error:
            self._not_run[case.name] = str(error)
            return
        if differences:
            self._differs[case.name] = differences
        else:
            self._passed.append(case.name)


def _refuse(why: str) -> int:
    print(why, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
