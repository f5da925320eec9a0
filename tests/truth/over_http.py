"""Runs cases through the API of Step Functions, of the embedded AWS or of a real one."""

import io
import json
import time
import uuid
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError
from case import Case, Done

MOST_SECONDS = 120
"""After which a case counts as one that never ends."""

ONCE = {"fail_once"}
"""Functions that remember what they were called with: each case has its own."""

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": ["lambda.amazonaws.com", "states.amazonaws.com"]},
            "Action": "sts:AssumeRole",
        }
    ],
}


def _may(partition: str, region: str, account: str, prefix: str) -> dict[str, Any]:
    """What the cases' machines and functions may do: no more than with what a run has made."""
    states = f"arn:{partition}:states:{region}:{account}"
    rule = f"arn:{partition}:events:{region}:{account}:rule"
    function = f"arn:{partition}:lambda:{region}:{account}:function:{prefix}-*"
    allowed = {
        ("lambda:InvokeFunction",): [function, f"{function}:*"],
        ("states:StartExecution",): [f"{states}:stateMachine:{prefix}-*"],
        ("states:DescribeExecution", "states:StopExecution"): [f"{states}:execution:{prefix}-*:*"],
        ("events:PutTargets", "events:PutRule", "events:DescribeRule"): [
            f"{rule}/StepFunctionsGetEventsForStepFunctionsExecutionRule"
        ],
    }
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": list(actions), "Resource": resources}
            for actions, resources in allowed.items()
        ],
    }


class Account:
    """An account in which cases run; made and taken down by ``account``."""

    def __init__(
        self, session: boto3.Session, prefix: str, role: str, stack: ExitStack, poll: float
    ) -> None:
        self._states = session.client("stepfunctions")
        self._lambda = session.client("lambda")
        self._prefix = prefix
        self._role = role
        self._stack = stack
        self._poll = poll
        self._functions: dict[str, str] = {}

    def run(self, case: Case) -> Done:
        """Run one case, and delete the machines that it took."""
        with ExitStack() as own:
            arns = {name: self._function(name, own) for name in sorted(case.functions)}
            try:
                for name in case.machines:
                    arns[name] = self._machine(case.definition(arns, name), own)
                machine = self._machine(case.definition(arns), own)
            except ClientError as error:
                return Done(refused=str(error))
            arn = self._states.start_execution(stateMachineArn=machine, input=case.input)
            return self._ended(arn["executionArn"])

    def _machine(self, definition: str, own: ExitStack) -> str:
        created = self._states.create_state_machine(
            name=f"{self._prefix}-{uuid.uuid4()}", definition=definition, roleArn=self._role
        )
        arn = str(created["stateMachineArn"])
        own.callback(self._states.delete_state_machine, stateMachineArn=arn)
        return arn

    def _ended(self, arn: str) -> Done:
        until = time.monotonic() + MOST_SECONDS
        described = self._states.describe_execution(executionArn=arn)
        while described["status"] == "RUNNING" and time.monotonic() < until:
            time.sleep(self._poll)
            described = self._states.describe_execution(executionArn=arn)
        if described["status"] == "RUNNING":
            self._states.stop_execution(executionArn=arn)
        pages = self._states.get_paginator("get_execution_history").paginate(
            executionArn=arn, PaginationConfig={"PageSize": 1000}
        )
        return Done(dict(described), [dict(event) for page in pages for event in page["events"]])

    def _function(self, name: str, own: ExitStack) -> str:
        """The ARN of a function, which is made the first time that it is asked for."""
        if name in self._functions:
            return self._functions[name]
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.write(Path(__file__).with_name("functions.py"), "functions.py")
        arn = self._lambda.create_function(
            FunctionName=f"{self._prefix}-{name}-{uuid.uuid4().hex[:8]}",
            Runtime="python3.13",
            Handler=f"functions.{name}",
            Role=self._role,
            Code={"ZipFile": buffer.getvalue()},
            Timeout=60,
        )["FunctionArn"]
        (own if name in ONCE else self._stack).callback(
            self._lambda.delete_function, FunctionName=arn
        )
        self._lambda.get_waiter("function_active_v2").wait(FunctionName=arn)
        if name not in ONCE:
            self._functions[name] = arn
        return str(arn)


@contextmanager
def account(session: boto3.Session, *, settle: float = 0, poll: float = 0.02) -> Iterator[Account]:
    """An account with a role for the cases; all that was made in it is deleted in the end.

    ``settle`` is how many seconds a new role is given until other services know of it, ``poll``
    how many pass from one look at an execution to the next.
    """
    iam: Any = session.client("iam")
    prefix = f"truth-{uuid.uuid4().hex[:8]}"
    with ExitStack() as stack:
        role = iam.create_role(RoleName=prefix, AssumeRolePolicyDocument=json.dumps(TRUST))
        stack.callback(iam.delete_role, RoleName=prefix)
        arn = role["Role"]["Arn"].split(":")
        may = json.dumps(_may(arn[1], _region_of(session), arn[4], prefix))
        iam.put_role_policy(RoleName=prefix, PolicyName="may", PolicyDocument=may)
        stack.callback(iam.delete_role_policy, RoleName=prefix, PolicyName="may")
        time.sleep(settle)
        yield Account(session, prefix, role["Role"]["Arn"], stack, poll)


def _region_of(session: boto3.Session) -> str:
    """The region that the session's machines and functions are in."""
    return str(session.client("stepfunctions").meta.region_name)
