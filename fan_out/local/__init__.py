"""An AWS on this machine: Step Functions and Lambda of our own, and the rest by moto, adapted."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fan_out.local.embedded import EmbeddedAws, EmbeddedAwsError

__all__ = ["EmbeddedAws", "EmbeddedAwsError"]


def __getattr__(name: str) -> Any:
    """Load what is public when it is used: a command line that only shows help needs no boto3."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from fan_out.local import embedded

    return getattr(embedded, name)
