"""What runs inside Lambda: standard library only, small, and importable anywhere.

The package is shipped in every function's zip under this very name, so that a handler finds the
same module in the repository, in a test and in Lambda.
"""

from fan_out.runtime.chunk import Chunk
from fan_out.runtime.collect import Results, collect
from fan_out.runtime.control import control
from fan_out.runtime.plan import plan
from fan_out.runtime.worker import worker

__all__ = ["Chunk", "Results", "collect", "control", "plan", "worker"]
