"""A request that is refused: why, and how its client is told so in a shape that it understands."""

import json
import re
from dataclasses import dataclass
from xml.sax.saxutils import escape

from fan_out.local.gate.request import S3, Request

XML_OVER_REST = ("cloudfront", "route53")


@dataclass(frozen=True)
class Problem:
    """What is wrong, by its codes: in S3, in services that answer XML, in those that answer JSON.

    "Error responses", Amazon S3 API Reference; "Common Error Types", AWS STS API Reference and
    Amazon DynamoDB API Reference.
    """

    s3: str
    xml: str
    json: str


NOT_FROM_HERE = Problem("AccessDenied", "AccessDenied", "AccessDeniedException")
MISSING = Problem(
    "AccessDenied", "MissingAuthenticationToken", "MissingAuthenticationTokenException"
)
MALFORMED = Problem(
    "AuthorizationHeaderMalformed", "IncompleteSignature", "IncompleteSignatureException"
)
UNKNOWN_KEY = Problem("InvalidAccessKeyId", "InvalidClientTokenId", "UnrecognizedClientException")
WRONG_TOKEN = Problem("InvalidToken", "InvalidClientTokenId", "UnrecognizedClientException")
EXPIRED_TOKEN = Problem("ExpiredToken", "ExpiredToken", "ExpiredTokenException")
SKEWED = Problem("RequestTimeTooSkewed", "SignatureDoesNotMatch", "InvalidSignatureException")
EXPIRED_URL = Problem("AccessDenied", "SignatureDoesNotMatch", "InvalidSignatureException")
NOT_SIGNED = Problem("AccessDenied", "SignatureDoesNotMatch", "InvalidSignatureException")
WRONG_SIGNATURE = Problem(
    "SignatureDoesNotMatch", "SignatureDoesNotMatch", "InvalidSignatureException"
)
WRONG_BODY = Problem(
    "XAmzContentSHA256Mismatch", "SignatureDoesNotMatch", "InvalidSignatureException"
)


class Refused(Exception):  # noqa: N818 - an answer, not a fault
    """The request is not served. The message is one line."""

    def __init__(self, problem: Problem, message: str) -> None:
        super().__init__(message)
        self.problem = problem

    def answer(self, request: Request) -> tuple[str, bytes]:
        """The content type and the body, as the service answers that the request is for."""
        message, service = str(self), _service(request)
        form = _is_form(request)
        if request.header("x-amz-target") is not None or not (
            form or service == "" or service in S3 or service in XML_OVER_REST
        ):
            told = {"__type": self.problem.json, "message": message}
            return "application/x-amz-json-1.1", json.dumps(told).encode()
        s3 = service in S3 or not (form or service)
        code = self.problem.s3 if s3 else self.problem.xml
        error = f"<Code>{code}</Code><Message>{escape(message)}</Message>"
        if s3:
            text = f"<Error>{error}</Error>"
        elif service == "ec2":
            text = f"<Response><Errors><Error>{error}</Error></Errors></Response>"
        else:
            text = f"<ErrorResponse><Error><Type>Sender</Type>{error}</Error></ErrorResponse>"
        return "text/xml", text.encode()


def _service(request: Request) -> str:
    """The service that the signature names, "" where there is none."""
    said = request.header("authorization") or request.parameters.get("X-Amz-Credential", "")
    named = re.search(r"/[^/]+/([^/]+)/aws4_request", said)
    return named[1] if named else ""


def _is_form(request: Request) -> bool:
    """Whether it speaks AWS's Query protocol, with a form in the body or in the query."""
    form = (request.header("content-type") or "").startswith("application/x-www-form-urlencoded")
    return form or "Action" in request.parameters
