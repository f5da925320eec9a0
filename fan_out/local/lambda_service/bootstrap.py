"""The first code in an execution environment: what AWS's /var/runtime/bootstrap.py does.

Run as a script, by the runtime directory's Python: ``bootstrap.py LIFELINE OPT HANDLER``. LIFELINE
is the reading end of a pipe whose other end the Lambda service holds, and never writes to; OPT is
the folder that is /opt in Lambda.
"""

import fcntl
import os
import select
import signal
import site
import sys


def main(lifeline: int, opt: str, handler: str) -> None:  # pragma: no cover - in another Python
    """Run ``handler`` for as long as there is a Lambda service."""
    _end_with(lifeline)
    # before the function's folders are on the path: no module of its own may take the place of
    # one that the runtime needs
    from awslambdaric.__main__ import main as run  # type: ignore[import-untyped]

    _add_folders(os.environ["LAMBDA_TASK_ROOT"], opt)
    sys.argv = sys.argv[:1]
    run([sys.argv[0], handler])


def _end_with(lifeline: int) -> None:  # pragma: no cover
    """Let the kernel kill this process group once the other end of ``lifeline`` is closed.

    It is closed also when the service is killed. A thread that waited for it would do, but it would
    make every fork in a handler a fork of a threaded process; PR_SET_PDEATHSIG is bound to the life
    of a thread, and the service starts environments in threads that come and go.
    """
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpgrp())
    if hasattr(fcntl, "F_SETSIG"):
        fcntl.fcntl(lifeline, fcntl.F_SETSIG, signal.SIGKILL)
    else:  # the signal is always SIGIO, and ignored by default
        signal.signal(signal.SIGIO, lambda *_: os.killpg(0, signal.SIGKILL))
    flags = fcntl.fcntl(lifeline, fcntl.F_GETFL)
    fcntl.fcntl(lifeline, fcntl.F_SETFL, flags | os.O_ASYNC)
    if select.select([lifeline], [], [], 0)[0]:  # it was closed before we listened
        os.killpg(0, signal.SIGKILL)


def _add_folders(task_root: str, opt: str) -> None:  # pragma: no cover
    """Put the function's and its layers' folders first on the path, with their .pth files."""
    folders = [task_root]
    if "PYTHONPATH" not in os.environ:  # as in AWS: who sets it names the layers' folders too
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        folders += [f"{opt}/python/lib/{version}/site-packages", f"{opt}/python"]
    sys.path[:0] = folders
    for folder in folders:
        site.addsitedir(folder)


if __name__ == "__main__":  # pragma: no cover
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
