"""A synthesized cloud assembly is deployed without the CDK CLI."""

import json
import shutil
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3_assets as assets
from constructs import Construct
from machines import Machines

from fan_out.local import EmbeddedAws
from fan_out.local.assembly import DeployError, deploy


class Maker(cdk.Stack):
    """A function, from a folder."""

    def __init__(self, scope: Construct, id: str, code: Path, **options: object) -> None:
        super().__init__(scope, id, **options)  # type: ignore[arg-type]
        self.function = lambda_.Function(
            self,
            "Function",
            runtime=lambda_.Runtime.PYTHON_3_14,
            handler="code.handler",
            code=lambda_.Code.from_asset(str(code)),
        )
        cdk.CfnOutput(self, "Name", value=self.function.function_name)


class User(cdk.Stack):
    """A log group that is named by the function of another stack, and a file."""

    def __init__(self, scope: Construct, id: str, maker: Maker, file: Path) -> None:
        super().__init__(scope, id)
        asset = assets.Asset(self, "File", path=str(file))
        group = logs.LogGroup(self, "Logs", log_group_name=f"/of/{maker.function.function_name}")
        cdk.CfnOutput(self, "Group", value=group.log_group_name)
        cdk.CfnOutput(self, "Place", value=f"{asset.s3_bucket_name}/{asset.s3_object_key}")


ANSWER = "def handler(event, context): return ['one', context.memory_limit_in_mb]\n"


@pytest.fixture(scope="module")
def synthesized(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("app")
    code = folder / "code"
    (code / "inner").mkdir(parents=True)
    (code / "code.py").write_text("from inner.answer import handler\n")
    (code / "inner" / "answer.py").write_text(ANSWER)
    (folder / "file.txt").write_text("a file")
    app = cdk.App(outdir=str(folder / "cdk.out"))
    User(app, "User", Maker(app, "Maker", code, tags={"a": "b"}), folder / "file.txt")
    Maker(cdk.Stage(app, "Prod"), "Maker", code)
    return Path(app.synth().directory)


def with_more_memory(synthesized: Path, folder: Path) -> Path:
    """The assembly as it would be with another memory size of the stack Maker's function."""
    changed = Path(shutil.copytree(synthesized, folder / "changed"))
    template = json.loads((changed / "Maker.template.json").read_text())
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Lambda::Function":
            resource["Properties"]["MemorySize"] = 512
    (changed / "Maker.template.json").write_text(json.dumps(template))
    return changed


def test_it_is_deployed_with_its_assets_and_deployed_again(
    aws: EmbeddedAws, synthesized: Path, tmp_path: Path
) -> None:
    machines = Machines(aws)
    before = deploy(synthesized, aws.session())
    assert set(before) == {"Maker", "User", "Prod-Maker"}
    name, other = before["Maker"]["Name"], before["Prod-Maker"]["Name"]
    assert before["User"]["Group"] == f"/of/{name}"
    for each in name, other:
        assert machines.invoke(each)["payload"] == ["one", "128"]
    assert machines.functions.get_function(FunctionName=name)["Tags"] == {"a": "b"}
    bucket, key = before["User"]["Place"].split("/")
    assert aws.session().client("s3").get_object(Bucket=bucket, Key=key)["Body"].read() == b"a file"

    assert deploy(synthesized, aws.session()) == before, "without changes"
    changed = with_more_memory(synthesized, tmp_path)
    assert deploy(changed, aws.session(), ["Maker"]) == {"Maker": before["Maker"]}
    assert machines.invoke(name)["payload"] == ["one", "512"]
    assert machines.invoke(other)["payload"] == ["one", "128"]


def test_a_stack_that_is_not_in_it_is_named(aws: EmbeddedAws, synthesized: Path) -> None:
    with pytest.raises(DeployError, match="no stack Other in .*, only .*Maker, User"):
        deploy(synthesized, aws.session(), ["Maker", "Other"])


def assembly(folder: Path, name: str, **resources: object) -> Path:
    """An assembly of one stack, as CDK would write it."""
    folder.mkdir(exist_ok=True)
    template = {"Resources": resources}
    (folder / "template.json").write_text(json.dumps(template))
    artifact = {
        "type": "aws:cloudformation:stack",
        "properties": {"templateFile": "template.json"},
        "dependencies": ["Assets"],
    }
    listed = {"type": "cdk:asset-manifest", "properties": {"file": "assets.json"}}
    manifest = {"artifacts": {name: artifact, "Assets": listed}}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "assets.json").write_text(json.dumps({"files": {}}))
    return folder


def test_a_stack_that_fails_says_why_and_can_be_deployed_when_it_is_mended(
    aws: EmbeddedAws, tmp_path: Path
) -> None:
    wrong = {"Type": "Custom::Thing", "Properties": {}}
    reason = "stack Mended failed: Thing: the embedded AWS runs no custom resources: Thing is a"
    with pytest.raises(DeployError, match=reason):
        deploy(assembly(tmp_path, "Mended", Thing=wrong), aws.session())
    right = {"Type": "AWS::Logs::LogGroup"}
    assert deploy(assembly(tmp_path, "Mended", Thing=right), aws.session()) == {"Mended": {}}


def test_a_template_that_cannot_be_read_is_refused_in_one_line(
    aws: EmbeddedAws, tmp_path: Path
) -> None:
    folder = assembly(tmp_path, "Broken")
    (folder / "template.json").write_text(
        '{"Parameters": {"P": {"Type": "String"}}, "Resources": {}}'
    )
    with pytest.raises(DeployError, match="stack Broken failed: Missing parameter P"):
        deploy(folder, aws.session())


def test_what_only_the_cli_can_do_is_refused(aws: EmbeddedAws, tmp_path: Path) -> None:
    folder = assembly(tmp_path, "Images")
    (folder / "assets.json").write_text(json.dumps({"dockerImages": {"a": {}}}))
    with pytest.raises(DeployError, match=r"stack Images: assets\.json has Docker images"):
        deploy(folder, aws.session())
    program = {"files": {"a": {"source": {"executable": ["make"]}, "destinations": {}}}}
    (folder / "assets.json").write_text(json.dumps(program))
    with pytest.raises(DeployError, match="an asset that a program makes"):
        deploy(folder, aws.session())
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "missing": [{"key": "vpc"}]}))
    with pytest.raises(DeployError, match="wants context lookups, which are for the CDK CLI"):
        deploy(folder, aws.session())


def test_a_stack_is_deployed_to_its_own_region(aws: EmbeddedAws, tmp_path: Path) -> None:
    folder = assembly(tmp_path, "Abroad", Logs={"Type": "AWS::Logs::LogGroup"})
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["artifacts"]["Abroad"]["environment"] = "aws://unknown-account/eu-north-1"
    (folder / "manifest.json").write_text(json.dumps(manifest))
    files = {
        "a": {
            "source": {"path": "template.json", "packaging": "file"},
            "destinations": {
                "b": {"bucketName": "assets-${AWS::Region}", "objectKey": "${AWS::AccountId}.json"}
            },
        }
    }
    (folder / "assets.json").write_text(json.dumps({"files": files}))
    deploy(folder, aws.session())
    session = aws.session()
    client = session.client("cloudformation", region_name="eu-north-1")
    assert client.describe_stacks(StackName="Abroad")["Stacks"]
    assert session.client("s3").head_object(Bucket="assets-eu-north-1", Key="123456789012.json")
