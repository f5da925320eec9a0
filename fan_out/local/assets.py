"""Publish the file assets of a stack to the buckets that they name."""

import io
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    import boto3

FIRST_DATE = (1980, 1, 1, 0, 0, 0)
"""The earliest that a zip can say: the same content is the same zip."""


class AssetError(RuntimeError):
    """An asset is of a kind that is not published here. The message is one line."""


def publish(manifest: Path, session: "boto3.Session", region: str | None) -> None:
    """Publish what an asset manifest (``NAME.assets.json``) lists; buckets are made if missing.

    Raises AssetError where there is an asset other than a file or a folder.
    """
    assets = json.loads(manifest.read_text())
    if assets.get("dockerImages"):
        raise AssetError(f"{manifest.name} has Docker images: only files can be published")
    account = session.client("sts").get_caller_identity()["Account"]
    places = {
        "${AWS::AccountId}": account,
        "${AWS::Region}": region or session.region_name,
        "${AWS::Partition}": "aws",
    }
    for asset in assets.get("files", {}).values():
        if "executable" in asset["source"]:
            raise AssetError(f"{manifest.name} has an asset that a program makes")
        body = _content(manifest.parent, asset["source"])
        for destination in asset["destinations"].values():
            bucket, key = (
                _filled(destination[name], places) for name in ("bucketName", "objectKey")
            )
            _put(session.client("s3", region_name=region), bucket, key, body)


def _content(folder: Path, source: Any) -> bytes:
    path = folder / source["path"]
    return _zip(path) if source.get("packaging") == "zip" else path.read_bytes()


def _zip(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            info = zipfile.ZipInfo(str(file.relative_to(folder)), FIRST_DATE)
            info.external_attr = file.stat().st_mode << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, file.read_bytes())
    return buffer.getvalue()


def _filled(text: str, places: dict[str, str]) -> str:
    for place, value in places.items():
        text = text.replace(place, value)
    return text


def _put(client: Any, bucket: str, key: str, body: bytes) -> None:
    try:
        client.head_bucket(Bucket=bucket)
    except ClientError:
        region = client.meta.region_name
        where = {} if region == "us-east-1" else {"LocationConstraint": region}
        client.create_bucket(
            Bucket=bucket, **({"CreateBucketConfiguration": where} if where else {})
        )
    client.put_object(Bucket=bucket, Key=key, Body=body)
