"""What a template says of its state machine."""

import json
from typing import Any

from aws_cdk import assertions


def definition(template: assertions.Template) -> dict[str, Any]:
    """The definition of the only machine, with «…» for what CloudFormation fills in."""
    (machine,) = template.find_resources("AWS::StepFunctions::StateMachine").values()
    parts = machine["Properties"]["DefinitionString"]["Fn::Join"][1]
    text = "".join(
        part
        if isinstance(part, str)
        else "aws"
        if part == {"Ref": "AWS::Partition"}
        else f"«{'.'.join(part.get('Fn::GetAtt', [str(part)]))}»"
        for part in parts
    )
    return json.loads(text)  # type: ignore[no-any-return]
