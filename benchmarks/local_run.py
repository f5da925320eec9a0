"""How long 1,000 chunks take here: moto as it is, against the embedded AWS with real processes.

moto gets a handler that does nothing and runs in its own process, which is all that it can do
without Docker; the embedded AWS runs the article's worker, each environment in a process of its
own. Both are asked over HTTP. Exits 1 where the embedded AWS is not at least 4 times as fast.
"""

import io
import json
import logging
import multiprocessing
import os
import socket
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import boto3

from fan_out.local import EmbeddedAws

CHUNKS = [{"oneJobProcessingCount": 10, "offset": 10 * number} for number in range(1_000)]
WORKER = Path(__file__).parents[1] / "tests" / "article" / "worker.py"
LEAST_RATIO = 4.0
SECONDS_BETWEEN_LOOKS = 0.05


def main() -> None:
    """Measure both, print both, and judge."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        stock = pool.apply(stock_seconds)
    print(f"moto as it is, a handler that does nothing in its own process: {stock:.1f} s")
    with EmbeddedAws() as aws:
        ours = run_seconds(aws.session())
    print(f"the embedded AWS, the article's worker in real processes:      {ours:.1f} s")
    ratio = stock / ours
    print(f"{len(CHUNKS)} chunks of an inline Map: {ratio:.1f} times as fast, {LEAST_RATIO} wanted")
    sys.exit(ratio < LEAST_RATIO)


def stock_seconds() -> float:
    """moto's own server and interpreter; only Docker is taken out of the way."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    os.environ["MOTO_PORT"] = str(port)
    logging.disable(logging.CRITICAL)
    from moto.awslambda.models import LambdaFunction
    from moto.core.config import default_user_config
    from moto.server import ThreadedMotoServer

    def do_nothing(self: Any, event: Any = None) -> tuple[str, bool, str]:
        return "null", False, ""

    LambdaFunction._invoke_lambda = do_nothing  # type: ignore[method-assign]
    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    server = ThreadedMotoServer("127.0.0.1", port, verbose=False)
    server.start()
    url = f"http://localhost:{port}"
    os.environ |= {"AWS_ENDPOINT_URL": url, "AWS_DEFAULT_REGION": "us-east-1"}
    return run_seconds(boto3.Session(aws_access_key_id="a", aws_secret_access_key="b"))


def run_seconds(session: boto3.Session) -> float:
    """Make the function and the machine, run it, and answer how long the execution took."""
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    role = session.client("iam").create_role(RoleName="role", AssumeRolePolicyDocument=policy)
    function = session.client("lambda").create_function(
        FunctionName="worker",
        Runtime="python3.14",
        Handler="worker.lambda_handler",
        Role=role["Role"]["Arn"],
        Code={"ZipFile": zipped_worker()},
        Timeout=60,
    )
    client = session.client("stepfunctions")
    machine = client.create_state_machine(
        name="machine",
        definition=json.dumps(definition(function["FunctionArn"])),
        roleArn=role["Role"]["Arn"],
    )
    began = time.perf_counter()
    execution = client.start_execution(
        stateMachineArn=machine["stateMachineArn"], name="run", input=json.dumps(CHUNKS)
    )
    while True:
        described = client.describe_execution(executionArn=execution["executionArn"])
        if described["status"] != "RUNNING":
            break
        time.sleep(SECONDS_BETWEEN_LOOKS)
    seconds = time.perf_counter() - began
    if described["status"] != "SUCCEEDED" or len(json.loads(described["output"])) != len(CHUNKS):
        told = {key: described.get(key) for key in ("status", "error", "cause")}
        raise RuntimeError(f"the run failed: {told}")
    return seconds


def zipped_worker() -> bytes:
    """The article's worker as it is printed there."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.write(WORKER, "worker.py")
    return buffer.getvalue()


def definition(function: str) -> dict[str, Any]:
    """An inline Map over the input, with a task that has a timeout.

    40 at a time, which is what AWS runs of any: moto would start a thread for each chunk, and now
    and then fails over that.
    """
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": function, "Payload.$": "$"},
        "OutputPath": "$.Payload",
        "TimeoutSeconds": 75,
        "End": True,
    }
    processor = {"StartAt": "Worker", "States": {"Worker": task}}
    state = {"Type": "Map", "MaxConcurrency": 40, "ItemProcessor": processor, "End": True}
    return {"StartAt": "Map", "States": {"Map": state}}


if __name__ == "__main__":
    main()
