"""What a test run inherits from whoever starts it, and must not depend on: it is set right once.

A run in the background ignores SIGINT, one under ``nohup`` ignores SIGHUP, and both would be handed
on to every command that a test starts. A shell may hold a profile, a proxy, colours, pip's and the
CDK's settings, a umask, and another language.
"""

import atexit
import os
import shutil
import signal
import tempfile

HARMFUL = ("AWS_", "BOTO_", "CDK_", "FAN_OUT_", "JSII_", "MOTO_", "PIP_")
"""How the names of variables begin that change what the tested commands do."""

COLOURS = {"FORCE_COLOR", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "LINES", "TERM"}
PROXIES = {"http_proxy", "https_proxy", "all_proxy", "ftp_proxy", "no_proxy"}
LANGUAGES = {"LANGUAGE", "LANG"}

WAY_TO_PACKAGES = {
    f"PIP_{name}"
    for name in ("INDEX_URL", "EXTRA_INDEX_URL", "FIND_LINKS", "NO_INDEX", "CERT", "TRUSTED_HOST")
}
"""How this machine reaches an index is its own affair; what pip does with a package is not."""


def set_right() -> None:
    """Give this process, and so all that it starts, the signals and variables of a fresh shell."""
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGQUIT, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        # nohup holds for the tests still; what they start begins with the default, as caught
        # signals do
        signal.signal(signal.SIGHUP, lambda number, frame: None)
    os.umask(0o022)
    for name in list(os.environ):
        if _is_harmful(name):
            del os.environ[name]
    # not the developer's cache; made anew for each process of the run
    cache = tempfile.mkdtemp(prefix="fan-out-tests-cache-")
    atexit.register(shutil.rmtree, cache, ignore_errors=True)
    os.environ |= {"LC_ALL": "C.UTF-8", "XDG_CACHE_HOME": cache}


def _is_harmful(name: str) -> bool:
    if name in WAY_TO_PACKAGES:
        return False
    begins = name.startswith((*HARMFUL, "LC_"))
    return begins or name in COLOURS | LANGUAGES or name.lower() in PROXIES
