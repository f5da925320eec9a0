"""The app: the chosen environment of cdk.json becomes one stack with one fan-out."""

import sys
from typing import Any

import aws_cdk as cdk
from constructs import Construct

from fan_out import Environment, FanOut
from lambdas import control, worker


class FanOutStack(cdk.Stack):
    """The article's job in one environment: 105 records, cut into chunks, a worker for each."""

    def __init__(
        self, scope: Construct, id: str, *, environment: Environment, **kwargs: Any
    ) -> None:
        super().__init__(scope, id, **kwargs)
        job = FanOut(
            self,
            "Job",
            control=control.handler,
            worker=worker.handler,
            chunk_size=environment.chunk_size,
            max_concurrency=environment.max_concurrency,
            removal_policy=environment.removal_policy,
            log_retention=environment.log_retention,
        )
        cdk.CfnOutput(self, "StateMachineArn", value=job.state_machine.state_machine_arn)
        cdk.CfnOutput(self, "ControlFunctionName", value=job.control_function.function_name)
        cdk.CfnOutput(self, "WorkerFunctionName", value=job.worker_function.function_name)


def main() -> None:
    """Synthesize the stack ``FanOut-ENVIRONMENT``."""
    app = cdk.App()
    try:
        environment = Environment.chosen(app.node)
    except ValueError as error:
        sys.exit(f"error: {error}")
    FanOutStack(
        app,
        f"FanOut-{environment.name}",
        environment=environment,
        env=environment.env,
        tags=dict(environment.tags),
    )
    app.synth()


if __name__ == "__main__":
    main()
