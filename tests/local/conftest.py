"""The embedded AWS of the modules that need no settings of their own: one for each process."""

import pytest

from fan_out.local import EmbeddedAws


@pytest.fixture(scope="session")
def aws(shared_aws: EmbeddedAws) -> EmbeddedAws:
    return shared_aws
