"""The states by which the collect of a run that resumes others is told of the whole job.

Between the Map and the Collect: ``Resumed -> Collect``, and where the execution input has earlier
answers ``Resumed -> WholeJob -> Collect``. JSONPath: what they pass on they pass on unchanged.
"""

import ast
from typing import Any

from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from fan_out.handlers import find_handler
from fan_out.runtime.chunk import OFFSET_KEY
from fan_out.runtime.resumed import CHUNKS_KEY, EARLIER_KEY, RESUME_KEY, WITHOUT_RESUME
from fan_out.runtime.role import role_of
from fan_out.runtime.whole_job import OFFSETS_KEY, RESUMED_STATE, THIS_RUN_KEY, WHOLE_JOB_STATE

REQUEST = f"$$.Execution.Input.{RESUME_KEY}"

ASSIGNED: dict[str, Any] = {WITHOUT_RESUME: {RESUME_KEY: {}}}
"""What the control's state assigns, so that the workers are given the input without our key."""


def before(scope: Construct, collect: sfn.IChainable, *, parts: bool) -> sfn.IChainable:
    """What comes before the collect; ``parts`` says whether chunks are cut into such."""
    # of a chunk that was cut there may be several answers, whose places are remembered
    offsets = f"${OFFSETS_KEY}" if parts else f"{REQUEST}.{CHUNKS_KEY}[*].{OFFSET_KEY}"
    given = {
        f"{THIS_RUN_KEY}.$": "$",
        f"{OFFSETS_KEY}.$": offsets,
        f"{EARLIER_KEY}.$": f"{REQUEST}.{EARLIER_KEY}",
    }
    whole_job = sfn.Pass(scope, WHOLE_JOB_STATE, parameters=given)
    resumed = sfn.Choice(scope, RESUMED_STATE)
    resumed.when(sfn.Condition.is_present(f"{REQUEST}.{EARLIER_KEY}"), whole_job)
    resumed.otherwise(collect)
    whole_job.next(collect)
    return resumed


def is_plain(collect: Any) -> bool:
    """Whether a collect is known not to be made by ``@collect``: a run that resumes others could
    not tell it of the whole job. Of an existing function, and of a name that is not bound to a
    function without decorators, that is not known."""
    if not isinstance(collect, str):
        return callable(collect) and role_of(collect) is None
    handler = find_handler("collect", collect)
    body = ast.parse(handler.file.read_bytes()).body
    bound = [node for node in body if getattr(node, "name", None) == handler.function]
    others = [
        node
        for node in ast.walk(ast.Module(body, []))
        if isinstance(node, ast.Name)
        and isinstance(node.ctx, ast.Store)
        and node.id == handler.function
    ]
    return (
        len(bound) == 1
        and not others
        and isinstance(bound[0], ast.FunctionDef)
        and not bound[0].decorator_list
    )
