"""The Python that runs the functions, with what Lambda's Python runtime brings and nothing else.

A virtual environment of its own, made in some 30 ms: its packages are links to ours, so that they
are compiled already, and so that a package of the developer's is not there. What the function does
not bring itself is then an import error here as it is in AWS.
"""

import re
import shutil
import sys
import venv
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Self

from fan_out.local.lambda_service import bootstrap

BROUGHT_BY_LAMBDA = ("awslambdaric", "boto3")
"""With what they require: botocore, s3transfer, jmespath, dateutil, six, urllib3, simplejson."""


AWS_CONFIG = "[default]\ns3 =\n    addressing_style = path\n"
"""The embedded S3 has no host name for each bucket."""


@dataclass(frozen=True)
class RuntimeDirectory:
    """A virtual environment at ``path``."""

    path: Path

    @classmethod
    def make(cls, path: Path) -> Self:
        """Make it at ``path``, of the Python and the packages that run us.

        Raises importlib.metadata.PackageNotFoundError where one of the packages is not installed.
        """
        venv.EnvBuilder(symlinks=True, with_pip=False).create(path)
        runtime = cls(path)
        shutil.copy(bootstrap.__file__, runtime.bootstrap)
        runtime.config_file.write_text(AWS_CONFIG)
        for name in _with_requirements(BROUGHT_BY_LAMBDA):
            runtime._link(metadata.distribution(name))
        return runtime

    @property
    def python(self) -> Path:
        """The interpreter."""
        return self.path / "bin" / "python"

    @property
    def packages(self) -> Path:
        """The folder of what can be imported beside the standard library."""
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        return self.path / "lib" / version / "site-packages"

    @property
    def bootstrap(self) -> Path:
        """The script that runs a function."""
        return self.path / "bootstrap.py"

    @property
    def config_file(self) -> Path:
        """The AWS config file."""
        return self.path / "aws-config"

    def _link(self, distribution: metadata.Distribution) -> None:
        tops = {file.parts[0] for file in distribution.files or ()} - {".."}
        for top in tops:
            link = self.packages / top
            if not link.exists():  # __pycache__ is of all the single modules
                link.symlink_to(Path(str(distribution.locate_file(top))).absolute())


def _with_requirements(names: tuple[str, ...]) -> set[str]:
    """The distributions of these names and, of what they require, those that are installed."""
    found: set[str] = set()
    todo = list(names)
    while todo:
        name = todo.pop()
        if name in found:
            continue
        found.add(name)
        for requirement in metadata.distribution(name).requires or ():
            required, _, condition = requirement.partition(";")
            if "extra ==" not in condition and (match := re.match(r"[\w.-]+", required)):
                todo += [match[0]] if _is_installed(match[0]) else []
    return found


def _is_installed(name: str) -> bool:
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True
