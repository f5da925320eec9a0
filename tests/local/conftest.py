"""What several modules need: an embedded AWS for those without settings of their own, one for each
process; and a gate for functions. Also puts this folder on the path."""

from collections.abc import Iterator

import pytest
from lambda_functions import Gate

from fan_out.local import EmbeddedAws


@pytest.fixture(scope="session")
def aws(shared_aws: EmbeddedAws) -> EmbeddedAws:
    return shared_aws


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.open()
