"""Functions and state machines on an embedded AWS, for the tests of it."""

import base64
import io
import json
import uuid
import zipfile
from typing import Any

from bounded import ended, eventually
from fan_out.local import EmbeddedAws

ECHO = "def handler(event, context):\n    return event\n"
RUNTIME = "python3.11"


def zipped(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def invoke_task(function: str, **fields: Any) -> dict[str, Any]:
    """A task that gives its input to a function and goes on with the bare answer."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": function, "Payload.$": "$"},
        "OutputPath": "$.Payload",
        **fields,
    }


def map_of(state: dict[str, Any], name: str = "Inner", **fields: Any) -> dict[str, Any]:
    """A machine of one inline Map over its input, with one state of that name in it."""
    processor = {"StartAt": name, "States": {name: {**state, "End": True}}}
    return one_state({"Type": "Map", "ItemProcessor": processor, **fields}, "Map")


def one_state(state: dict[str, Any], name: str = "Only") -> dict[str, Any]:
    return {"StartAt": name, "States": {name: {**state, "End": True}}}


class Machines:
    """Makes functions and machines, and runs them."""

    def __init__(self, aws: EmbeddedAws) -> None:
        session = aws.session()
        self.functions = session.client("lambda")
        self.states = session.client("stepfunctions")
        self.logs = session.client("logs")
        iam = session.client("iam")
        role = iam.create_role(RoleName=f"role-{uuid.uuid4()}", AssumeRolePolicyDocument="{}")
        self.role = role["Role"]["Arn"]

    def function(self, source: str = ECHO, **settings: Any) -> str:
        """Make a function of one module, and answer its ARN."""
        created = self.functions.create_function(
            **{
                "FunctionName": f"function-{uuid.uuid4()}",
                "Runtime": RUNTIME,
                "Handler": "code.handler",
                "Role": self.role,
                "Code": {"ZipFile": zipped({"code.py": source})},
                "Timeout": 30,
                **settings,
            }
        )
        return str(created["FunctionArn"])

    def machine(self, definition: dict[str, Any], **settings: Any) -> str:
        created = self.states.create_state_machine(
            name=f"machine-{uuid.uuid4()}",
            definition=json.dumps(definition),
            roleArn=self.role,
            **settings,
        )
        return str(created["stateMachineArn"])

    def start(self, definition: dict[str, Any], input: Any) -> str:
        """Start a machine that is made for it, and answer the execution's ARN."""
        machine = self.machine(definition)
        started = self.states.start_execution(stateMachineArn=machine, input=json.dumps(input))
        return str(started["executionArn"])

    def run(self, definition: dict[str, Any], input: Any) -> dict[str, Any]:
        """Run a machine that is made for it, to its end."""
        return self.ended(self.start(definition, input))

    def ended(self, execution: str) -> dict[str, Any]:
        return ended(self.states, execution)

    def history(self, execution: str) -> list[dict[str, Any]]:
        pages = self.states.get_paginator("get_execution_history").paginate(
            executionArn=execution, PaginationConfig={"PageSize": 1000}
        )
        return [dict(event) for page in pages for event in page["events"]]

    def wait_for(self, execution: str, type: str, count: int = 1) -> None:
        """Wait until there are so many events of a type."""
        eventually(
            lambda: [event["type"] for event in self.history(execution)].count(type) >= count
        )

    def invoke(self, function: str, payload: Any = None, **settings: Any) -> dict[str, Any]:
        answer = self.functions.invoke(
            FunctionName=function, Payload=json.dumps(payload), **settings
        )
        tail = answer.get("LogResult")
        return {
            "status": answer["StatusCode"],
            "error": answer.get("FunctionError"),
            "version": answer.get("ExecutedVersion"),
            "payload": json.loads(answer["Payload"].read() or "null"),
            "log": None if tail is None else base64.b64decode(tail).decode(),
        }

    def lines(self, group: str) -> list[str]:
        events = self.logs.filter_log_events(logGroupName=group)["events"]
        return [event["message"] for event in events]
