"""The name that CloudFormation gives a resource fits the resource.

moto (5.2.5) joins the stack's name, the logical id and a random end, however long that becomes; a
state machine's name of over 80 characters it then refuses.

AWS keeps within the limit of each type, and names a machine by its logical id alone. "Name type",
AWS CloudFormation User Guide; 64 characters for functions and roles, 80 for machines.
"""

from moto.cloudformation.parsing import generate_resource_name
from moto.cloudformation.utils import random_suffix

PART = 24
"""Of the stack's name and of the logical id each, where 64 characters are all there is."""


def generated_name(type: str, stack_name: str, logical_id: str) -> str:
    """A new name for a resource whose template gives it none."""
    if type == "AWS::StepFunctions::StateMachine":
        return f"{logical_id[:67]}-{random_suffix()}"
    if type in ("AWS::Lambda::Function", "AWS::IAM::Role"):
        return f"{stack_name[:PART]}-{logical_id[:PART]}-{random_suffix()}"
    return generate_resource_name(type, stack_name, logical_id)
