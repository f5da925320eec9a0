"""What the embedded AWS is started with, and how the parent hands it to the child."""

import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

ISOLATED = "isolated"
"""What the child answers after its port where functions have namespaces of their own."""


@dataclass(frozen=True)
class Settings:
    """The account, 12 digits; how many Lambda environments may run; the folder for its files.

    Raises ValueError in one line where one of them cannot be.
    """

    account: str
    max_environments: int
    directory: Path = field(default=Path())

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[0-9]{12}", self.account):
            raise ValueError(f"account must be 12 digits, got {self.account!r}")
        if type(self.max_environments) is not int or self.max_environments < 1:
            raise ValueError(
                f"max_environments must be a whole number from 1, got {self.max_environments!r}"
            )

    def line(self, directory: Path) -> str:
        """One line of text for the child, which keeps its files in ``directory``."""
        return json.dumps({**asdict(self), "directory": str(directory)})

    @classmethod
    def from_line(cls, line: str) -> Self:
        """What ``line`` wrote."""
        values = json.loads(line)
        return cls(**{**values, "directory": Path(values["directory"])})


def check_region(region: str) -> None:
    """Raise ValueError where ``region`` does not look like one, such as ``us-east-1``."""
    if not re.fullmatch(r"[a-z]{2,}(-[a-z]+)+-[0-9]+", region):
        raise ValueError(f"region must look like us-east-1, got {region!r}")
