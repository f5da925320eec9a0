"""The events of an execution, each once and in order, however long the history gets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_stepfunctions.type_defs import HistoryEventTypeDef

PAGE = 1_000
"""The most events that GetExecutionHistory answers at a time."""


class History:
    """Reads the history of one execution bit by bit.

    A history has up to 25,000 events. They are asked for newest first, so that a look costs no
    more pages than there is news. A service that answers oldest first, or all at once, is read
    correctly too.
    """

    def __init__(self, client: SFNClient, execution_arn: str) -> None:
        self._client = client
        self._arn = execution_arn
        self._next = 1

    def new_events(self) -> list[HistoryEventTypeDef]:
        """Answer the events that have come since the last call, oldest first.

        Events are numbered from 1. One that is there before its predecessor (AWS promises no
        more than that they all arrive in the end) waits for the call that finds both.
        """
        unread = {}
        for page in self._pages():
            unread.update({event["id"]: event for event in page if event["id"] >= self._next})
        events = []
        while self._next in unread:
            events.append(unread[self._next])
            self._next += 1
        return events

    def _pages(self) -> Iterator[list[HistoryEventTypeDef]]:
        page, token = self._page(None)
        newest_first = bool(page) and page[0]["id"] > 1
        while True:
            yield page
            if token is None or (newest_first and page and page[-1]["id"] <= self._next):
                return
            page, token = self._page(token)

    def _page(self, token: str | None) -> tuple[list[HistoryEventTypeDef], str | None]:
        if token is None:
            answer = self._client.get_execution_history(
                executionArn=self._arn, maxResults=PAGE, reverseOrder=True
            )
        else:
            answer = self._client.get_execution_history(
                executionArn=self._arn, maxResults=PAGE, reverseOrder=True, nextToken=token
            )
        return answer["events"], answer.get("nextToken")
