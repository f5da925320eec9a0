"""An action that moto does not have is answered at once, as one that is not there.

moto (5.2.5) fails with a server error, 500, which every AWS SDK takes for a passing trouble: the
CDK CLI, which looks into CloudTrail when a deployment failed, tries again for 20 seconds.

501, "Not Implemented", is not tried again.
"""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


def answering_missing_actions(application: Application) -> Application:
    """The WSGI application, with an answer where moto has none."""

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        try:
            return application(environ, start_response)
        except NotImplementedError as error:
            status = HTTPStatus.NOT_IMPLEMENTED
            start_response(f"{status} {status.phrase}", [("content-type", "text/plain")])
            return [f"{error}\n".encode()]

    return answer
