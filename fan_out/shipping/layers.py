"""What a function's layers bring, where that is known at synth."""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3_assets as s3_assets


@dataclass(frozen=True)
class Layers:
    """The folders of layers that Python imports from, whether those are all, and their size."""

    folders: tuple[Path, ...] = ()
    size: int = 0
    all_known: bool = True


def layers_of(function_options: dict[str, Any], python: str) -> Layers:
    """The layers among a function's options: known is what comes from an asset of this app.

    Code may also come from a file system, from the layer of OpenTelemetry, and from wherever
    PYTHONPATH points to: none of these is known.
    """
    layers: Sequence[lambda_.ILayerVersion] = function_options.get("layers") or ()
    contents = [_content(layer) for layer in layers]
    known = [content for content in contents if content is not None]
    elsewhere = (
        "filesystem" in function_options
        or "adot_instrumentation" in function_options
        or "PYTHONPATH" in function_options["environment"]
    )
    return Layers(
        folders=tuple(
            content / folder
            for content in known
            for folder in ("python", f"python/lib/python{python}/site-packages")
        ),
        size=sum(map(_size, known)),
        all_known=len(known) == len(contents) and not elsewhere,
    )


def _content(layer: lambda_.ILayerVersion) -> Path | None:
    asset = layer.node.try_find_child("Code")
    if not isinstance(asset, s3_assets.Asset):
        return None
    path = Path(cdk.Stage.of(asset).outdir, asset.asset_path)  # type: ignore[union-attr]
    if path.is_dir():
        return path
    # which is like a Path in all that is asked of it here
    return cast(Path, zipfile.Path(path)) if zipfile.is_zipfile(path) else None


def _size(content: Path) -> int:
    """Bytes, unpacked."""
    if isinstance(content, zipfile.Path):
        return sum(info.file_size for info in content.root.infolist())
    return sum(file.stat().st_size for file in content.rglob("*") if file.is_file())
