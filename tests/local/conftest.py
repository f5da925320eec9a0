"""Fixtures that several modules need; also puts this folder on the path."""

from collections.abc import Iterator

import pytest
from lambda_functions import Gate


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.open()
