"""What the Lambda service refuses, before any code of the function runs."""

# ruff: noqa: N818 - named for what is wrong, as AWS's own are


class RequestTooLarge(ValueError):
    """The request's payload is larger than Lambda takes."""


class UnsupportedRuntime(ValueError):
    """The function is not a Python function."""


class InvalidPackage(ValueError):
    """The function's code or a layer is no zip, or one that would write outside of its folder."""


class PackageTooLarge(InvalidPackage):
    """The function's code and layers would unpack to more than Lambda takes."""


class ServiceClosed(RuntimeError):
    """The service was closed before the invocation ended."""
