"""Split any workload over AWS Lambda so that every piece ends inside 15 minutes.

The public names are loaded when they are first used (PEP 562): inside Lambda, where only
``fan_out.runtime`` is shipped, importing it must not ask for ``aws_cdk``.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from fan_out.chunk_size import ChunkSize as ChunkSize
    from fan_out.construct import FanOut as FanOut
    from fan_out.environment import Environment as Environment
    from fan_out.failure_policy import FailurePolicy as FailurePolicy
    from fan_out.retry import Retry as Retry

_HOMES = {
    "ChunkSize": "fan_out.chunk_size",
    "Environment": "fan_out.environment",
    "FailurePolicy": "fan_out.failure_policy",
    "FanOut": "fan_out.construct",
    "Retry": "fan_out.retry",
}

__all__ = ["ChunkSize", "Environment", "FailurePolicy", "FanOut", "Retry"]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
