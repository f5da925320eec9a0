"""What a function of Lambda can import without bringing it."""

import sys

REMOVED = {
    (3, 12): ["asynchat", "asyncore", "distutils", "imp", "smtpd"],
    (3, 13): [
        *("aifc", "audioop", "cgi", "cgitb", "chunk", "crypt", "imghdr", "lib2to3", "mailcap"),
        *("msilib", "nis", "nntplib", "ossaudiodev", "pipes", "sndhdr", "spwd", "sunau"),
        *("telnetlib", "uu", "xdrlib"),
    ],
}
"""What each version of Python lacks that the one before had. "What's New In Python"."""

ADDED = {(3, 14): ["annotationlib", "compression"]}

OF_WINDOWS = {"_overlapped", "_winapi", "msvcrt", "nt", "winreg", "winsound"}

OF_THE_RUNTIME = {
    *("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3"),
    *("awslambdaric", "simplejson", "snapshot_restore_py"),
    "__main__",
}
"""What Lambda's own runtime has besides: the AWS SDK, the runtime client, and what they need."""


def is_in_lambda(name: str, python: tuple[int, int]) -> bool:
    """Whether a top-level module is part of Lambda's runtime for this version of Python."""
    return name in OF_THE_RUNTIME or (
        name not in OF_WINDOWS
        and (name in sys.stdlib_module_names or name in _all(REMOVED) or name in _all(ADDED))
        and removed_in(name, python) is None
        and all(python >= since for since, names in ADDED.items() if name in names)
    )


def removed_in(name: str, python: tuple[int, int]) -> tuple[int, int] | None:
    """The version up to ``python`` that removed a module from the standard library."""
    versions = (since for since, names in REMOVED.items() if name in names)
    return next((since for since in versions if since <= python), None)


def _all(changes: dict[tuple[int, int], list[str]]) -> set[str]:
    return {name for names in changes.values() for name in names}
