"""A body in chunks, each of them signed: how S3 takes an upload whose digest is not known before.

"Transferring payload in multiple chunks (chunked upload)" and "Including trailing headers (chunked
upload)", Amazon S3 API Reference.
"""

import hashlib
import hmac
import re
from collections.abc import Iterator

from fan_out.local.gate import refusal
from fan_out.local.gate.refusal import Refused
from fan_out.local.gate.signature_v4 import ALGORITHM, SignatureV4

SIGNED = f"STREAMING-{ALGORITHM}-PAYLOAD"
SIGNED_WITH_TRAILER = f"{SIGNED}-TRAILER"
UNSIGNED_WITH_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"

HEAD = re.compile(rb"([0-9a-fA-F]{1,16});chunk-signature=([0-9a-f]{64})\r\n")
TRAILER = re.compile(
    rb"((?:[^\r\n:]+:[^\r\n]*\r?\n)+?)(?:\r\n)?x-amz-trailer-signature:([0-9a-f]{64})"
)
NOTHING = hashlib.sha256(b"").hexdigest()


def check(body: bytes, signed: SignatureV4, secret: str, *, trailer: bool) -> None:
    """Check the signature of each chunk, which is bound to that of the one before it.

    Raises Refused where one does not match, or the last one is missing.
    """
    previous = signed.signature
    for kind, content, signature in _pieces(body, trailer):
        lines = [f"{ALGORITHM}-{kind}", signed.timestamp, signed.scope, previous]
        if kind == "PAYLOAD":
            lines.append(NOTHING)
        text = "\n".join([*lines, hashlib.sha256(content).hexdigest()])
        if not hmac.compare_digest(signed.sign(secret, text), signature):
            raise Refused(refusal.WRONG_SIGNATURE, "a chunk of the body has another's signature")
        previous = signature


def _pieces(body: bytes, trailer: bool) -> Iterator[tuple[str, bytes, str]]:
    """Of each signed piece: its kind, its content, and the signature that it came with."""
    at, size = 0, -1
    while size != 0:
        head = HEAD.match(body, at)
        if head is None:
            raise Refused(refusal.WRONG_BODY, "the body must be chunks, each with its signature")
        size = int(head[1], 16)
        yield "PAYLOAD", body[head.end() : head.end() + size], head[2].decode()
        at = head.end() + (size and size + len("\r\n"))
    if trailer:
        end = TRAILER.match(body, at)
        if end is None:
            raise Refused(refusal.WRONG_BODY, "the body must end with its signed trailer")
        yield "TRAILER", end[1].replace(b"\r\n", b"\n"), end[2].decode()
