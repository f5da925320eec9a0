"""Install the packages that a handler requires, for the machine that will run them.

In AWS that is Lambda's Linux and the function's Python, whatever this machine is: pip fetches
wheels for it, no Docker needed. In the embedded AWS it is this machine.
"""

from fan_out.requirements.installation import install
from fan_out.requirements.place import find_requirements
from fan_out.requirements.target import LOCAL_PYTHON_VARIABLE, Target

__all__ = ["LOCAL_PYTHON_VARIABLE", "Target", "find_requirements", "install"]
