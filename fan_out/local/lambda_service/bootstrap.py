"""The first code of a runtime: what AWS's /var/runtime/bootstrap.py does.

Run as a script, by the runtime directory's Python: ``bootstrap.py OPT HANDLER``. OPT is the folder
that is /opt in Lambda.
"""

import os
import site
import sys


def main(opt: str, handler: str) -> None:  # pragma: no cover - in another Python
    """Run ``handler`` for as long as there is a Lambda service."""
    # before the function's folders are on the path: no module of its own may take the place of
    # one that the runtime needs
    from awslambdaric.__main__ import main as run  # type: ignore[import-untyped]

    _add_folders(os.environ["LAMBDA_TASK_ROOT"], opt)
    sys.argv = sys.argv[:1]
    run([sys.argv[0], handler])


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
    main(sys.argv[1], sys.argv[2])
