"""What a synthesized cloud assembly says of its stacks: their names and environments."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from fan_out.cli.errors import CommandError

_ENVIRONMENT = re.compile(r"aws://([^/]+)/([^/]+)")


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A stack as its app defines it.

    ``path`` is what the CDK CLI calls it (``Stage/Stack``), ``name`` what CloudFormation does.
    ``account`` and ``region`` are None where the app leaves them open.
    """

    id: str
    path: str
    name: str
    account: str | None
    region: str | None
    needs: tuple[str, ...]


def read_stacks(assembly: Path, only: str | None = None) -> list[Stack]:
    """Answer the stacks of an assembly, or the stack called ``only`` and all that it needs.

    Raises CommandError where there is no stack at all, or none of that name.
    """
    stacks = list(_stacks(assembly))
    if not stacks:
        raise CommandError("the app must have a stack, and has none")
    if only is None:
        return stacks
    chosen = [stack.id for stack in stacks if only in (stack.name, stack.path)]
    if not chosen:
        names = ", ".join(stack.name for stack in stacks)
        raise CommandError(f"no stack {only} in the app; there is: {names}")
    wanted = _closure(chosen, {stack.id: stack.needs for stack in stacks})
    return [stack for stack in stacks if stack.id in wanted]


def environments_of(stacks: Collection[Stack], account: str, region: str) -> list[str]:
    """Answer the environments of the stacks, ``aws://ACCOUNT/REGION`` each.

    Where a stack leaves its account or region open, it is the one that is given. Raises
    CommandError for a stack that is for another account.
    """
    for stack in stacks:
        if stack.account not in (None, account):
            raise CommandError(
                f"stack {stack.name} is for account {stack.account}, and the embedded AWS is "
                f"{account}: add --account {stack.account}"
            )
    regions = sorted({stack.region or region for stack in stacks})
    return [f"aws://{account}/{region}" for region in regions]


def region_to_run_in(stacks: Collection[Stack], chosen: str | None, default: str) -> str:
    """Answer the region of the chosen stack, or that of all; ``default`` where it is left open.

    Raises CommandError where none is chosen, and they are in several regions.
    """
    stacks = [stack for stack in stacks if chosen in (None, stack.name, stack.path)]
    regions = {stack.region or default for stack in stacks}
    if len(regions) > 1:
        names = ", ".join(f"{stack.name} ({stack.region or default})" for stack in stacks)
        raise CommandError(f"stacks in several regions, choose one with --stack: {names}")
    return regions.pop()


def deployed_name(stacks: Collection[Stack], chosen: str | None) -> str | None:
    """Answer the name that CloudFormation has for the stack chosen by its name or path."""
    return next((stack.name for stack in stacks if chosen in (stack.name, stack.path)), None)


def _stacks(folder: Path) -> Iterator[Stack]:
    artifacts = json.loads((folder / "manifest.json").read_text("utf-8")).get("artifacts", {})
    for id, artifact in artifacts.items():
        properties = artifact.get("properties", {})
        if artifact["type"] == "cdk:cloud-assembly":
            yield from _stacks(folder / properties["directoryName"])
        elif artifact["type"] == "aws:cloudformation:stack":
            account, region = _environment(artifact["environment"])
            yield Stack(
                id=id,
                path=artifact.get("displayName", id),
                name=properties.get("stackName", id),
                account=account,
                region=region,
                needs=tuple(artifact.get("dependencies", ())),
            )


def _environment(text: str) -> tuple[str | None, str | None]:
    match = _ENVIRONMENT.fullmatch(text)
    account, region = match.groups() if match else (None, None)
    return (
        None if account == "unknown-account" else account,
        None if region == "unknown-region" else region,
    )


def _closure(ids: list[str], needs: dict[str, tuple[str, ...]]) -> set[str]:
    reached: set[str] = set()
    open_ids = list(ids)
    while open_ids:
        id = open_ids.pop()
        if id not in reached:
            reached.add(id)
            open_ids += needs.get(id, ())
    return reached
