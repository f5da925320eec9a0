"""``python -m fan_out``: the same as the ``fan-out`` command."""

import sys

from fan_out.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
