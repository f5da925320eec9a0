"""Runs cases through the API of Step Functions, of the embedded AWS or of a real one."""

import io
import json
import time
import uuid
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError
from case import Case, Done

MOST_SECONDS = 120
"""After which a case counts as one that never ends."""

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
MAY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}],
}


class Account:
    """An account in which cases run; made and taken down by ``account``."""

    def __init__(self, session: boto3.Session, prefix: str, role: str) -> None:
        self._states = session.client("stepfunctions")
        self._lambda = session.client("lambda")
        self._prefix = prefix
        self._role = role

    def run(self, case: Case) -> Done:
        """Run one case, and delete what it took."""
        made: list[str] = []
        try:
            arns = {}
            for name in sorted(case.functions):
                arns[name] = self._function(name)
                made.append(arns[name])
            return self._run(case, arns)
        finally:
            for arn in made:
                self._lambda.delete_function(FunctionName=arn)

    def _run(self, case: Case, arns: dict[str, str]) -> Done:
        try:
            machine = self._states.create_state_machine(
                name=f"{self._prefix}-{uuid.uuid4()}",
                definition=case.definition(arns),
                roleArn=self._role,
            )["stateMachineArn"]
        except ClientError as error:
            return Done(refused=str(error))
        try:
            arn = self._states.start_execution(stateMachineArn=machine, input=case.input)
            return self._ended(arn["executionArn"])
        finally:
            self._states.delete_state_machine(stateMachineArn=machine)

    def _ended(self, arn: str) -> Done:
        until = time.monotonic() + MOST_SECONDS
        described = self._states.describe_execution(executionArn=arn)
        while described["status"] == "RUNNING" and time.monotonic() < until:
            time.sleep(0.02)
            described = self._states.describe_execution(executionArn=arn)
        pages = self._states.get_paginator("get_execution_history").paginate(executionArn=arn)
        return Done(dict(described), [dict(event) for page in pages for event in page["events"]])

    def _function(self, name: str) -> str:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.write(Path(__file__).with_name("functions.py"), "functions.py")
        created = self._lambda.create_function(
            FunctionName=f"{self._prefix}-{name}-{uuid.uuid4().hex[:8]}",
            Runtime="python3.13",
            Handler=f"functions.{name}",
            Role=self._role,
            Code={"ZipFile": buffer.getvalue()},
            Timeout=60,
        )
        self._lambda.get_waiter("function_active_v2").wait(FunctionName=created["FunctionArn"])
        return str(created["FunctionArn"])


@contextmanager
def account(session: boto3.Session, settle: float = 0) -> Iterator[Account]:
    """An account with a role for the cases, deleted in the end; ``settle`` is how many seconds a
    new role is given until other services know of it."""
    iam: Any = session.client("iam")
    prefix = f"truth-{uuid.uuid4().hex[:8]}"
    role = iam.create_role(RoleName=prefix, AssumeRolePolicyDocument=json.dumps(TRUST))
    try:
        iam.put_role_policy(RoleName=prefix, PolicyName="may", PolicyDocument=json.dumps(MAY))
        time.sleep(settle)
        yield Account(session, prefix, role["Role"]["Arn"])
    finally:
        iam.delete_role_policy(RoleName=prefix, PolicyName="may")
        iam.delete_role(RoleName=prefix)
