"""A CDK app that uses FanOut as a library: for each airport, the nearest other in its country."""

import tempfile
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

import data
from fan_out import ChunkSize, FanOut


class AirportsStack(cdk.Stack):
    """The airports as an object in S3, and a fan-out that reads it."""

    def __init__(self, scope: Construct, id: str, *, folder: Path, **kwargs: Any) -> None:
        super().__init__(scope, id, **kwargs)
        airports = s3_assets.Asset(self, "Airports", path=str(folder / data.AIRPORTS))
        countries = s3_assets.Asset(self, "Countries", path=str(folder / data.COUNTRIES))
        options = lambda_.FunctionOptions(
            timeout=cdk.Duration.minutes(5),
            environment={
                "BUCKET": airports.s3_bucket_name,
                "AIRPORTS_KEY": airports.s3_object_key,
                "COUNTRIES_KEY": countries.s3_object_key,
            },
        )
        job = FanOut(
            self,
            "Nearest",
            control="airports.control.handler",
            worker="airports.worker.handler",
            collect="airports.collect.handler",
            chunk_size=ChunkSize.to_fit(seconds_per_record=0.005, overhead_seconds=2),
            carry_on=True,
            control_options=options,
            worker_options=options,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        airports.grant_read(job.control_function)
        airports.grant_read(job.worker_function)
        countries.grant_read(job.worker_function)
        cdk.CfnOutput(self, "StateMachineArn", value=job.state_machine.state_machine_arn)


if __name__ == "__main__":
    app = cdk.App()
    with tempfile.TemporaryDirectory() as folder:
        data.prepare(Path(folder))
        AirportsStack(app, "Airports", folder=Path(folder))
        app.synth()
