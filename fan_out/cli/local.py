"""``fan-out local``: the CDK app of the current folder, deployed to an AWS on this machine."""

from __future__ import annotations

import os
import re
import shlex
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from fan_out.cli.aws import Aws
from fan_out.cli.cdk import CdkCli, cdk_environ, find_cdk, own_path
from fan_out.cli.cloud_assembly import (
    deployed_name,
    environments_of,
    read_stacks,
    region_to_run_in,
)
from fan_out.cli.display.screen import Screen
from fan_out.cli.display.steps import step
from fan_out.cli.errors import FAILED, CommandError
from fan_out.cli.interruption import cleaning_up_in_peace, endings_raised
from fan_out.cli.other_python import THIS_PYTHON, other_python
from fan_out.cli.run import Run, run
from fan_out.local import EmbeddedAws, EmbeddedAwsError

LOOKED_UP = "cdk.context.json"
"""Where the CDK CLI keeps what it looked up, in the app's folder. What it finds in an AWS that is
gone a minute later must not stay there."""

HINT = f"""
The AWS is up. In another terminal, after the lines above:
  npx cdk deploy     deploys the app of the folder that you are in
  fan-out run        runs it
Functions run on this machine's Python {THIS_PYTHON}, whatever their runtime says.
Ctrl-C ends it, and all that was deployed to it."""

SHARED = (
    "note: this machine allows no namespaces (user, mount and PID): functions run with your rights "
    "and share its /tmp"
)


@dataclass(frozen=True, kw_only=True)
class Embedded:
    """Which AWS to have on this machine; ``max_environments`` None is as many as suit it."""

    account: str
    region: str
    max_environments: int | None = None


@dataclass(frozen=True, kw_only=True)
class App:
    """Which app to deploy, as the CDK CLI takes it: its command, and its ``KEY=VALUE`` context."""

    folder: Path
    command: str | None = None
    context: tuple[str, ...] = ()
    verbose: bool = False

    @property
    def options(self) -> list[str]:
        """The CDK CLI's options that choose the app."""
        command = [] if self.command is None else ["--app", self.command]
        return [*command, *(f"--context={pair}" for pair in self.context)]


def run_locally(app: App, embedded: Embedded, wanted: Run, screen: Screen) -> int:
    """Deploy the app to an AWS of its own and run its machine there; answer as ``run`` does.

    Raises CommandError where the app cannot be synthesized or deployed.
    """
    if wrong := [pair for pair in app.context if not re.match(r"[^=]+=", pair)]:
        raise CommandError(f"--context must be KEY=VALUE, got {wrong[0]!r}")
    if app.command is None and not (app.folder / "cdk.json").exists():
        raise CommandError(f"no cdk.json in {app.folder}: go to a CDK app's folder, or give --app")
    with _up(embedded, app, screen) as (aws, cdk), _unchanged(app.folder / LOOKED_UP):
        assembly = cdk.scratch / "cdk.out"
        with step(screen, "synthesize the app"):
            cdk.call("synth", "--quiet", "--output", str(assembly), *app.options)
        if note := other_python(assembly):
            screen.say(note)
        stacks = read_stacks(assembly, wanted.stack)
        environments = environments_of(stacks, embedded.account, embedded.region)
        region = region_to_run_in(stacks, wanted.stack, embedded.region)
        with step(screen, f"bootstrap {', '.join(environments)}"):
            cdk.call("bootstrap", *environments, "--app", str(assembly))
        with step(screen, f"deploy {', '.join(stack.name for stack in stacks)}"):
            paths = [stack.path for stack in stacks]
            cdk.call("deploy", *paths, "--app", str(assembly), "--require-approval", "never")
        wanted = replace(wanted, stack=deployed_name(stacks, wanted.stack), log_stays=False)
        return run(Aws(aws.session(), region), wanted, screen)


def start(embedded: Embedded, folder: Path, screen: Screen) -> int:
    """Have an AWS on this machine until Ctrl-C or SIGTERM; print how to use it. Answers 0."""
    with _up(embedded, App(folder=folder), screen) as (aws, cdk):
        environment = f"aws://{embedded.account}/{embedded.region}"
        with step(screen, f"bootstrap {environment}"):
            # not in the app's folder: it would synthesize the app there
            replace(cdk, folder=cdk.scratch).call("bootstrap", environment)
        with suppress(KeyboardInterrupt):
            for line in shell_lines(aws):
                screen.show(line)
            screen.say(HINT)
            while aws.alive:
                time.sleep(1)
            raise CommandError("the embedded AWS has ended by itself; start another", FAILED)
    screen.say("ended; nothing of it is left")
    return 0


def shell_lines(aws: EmbeddedAws) -> Iterator[str]:
    """Answer the lines for a shell whose ``aws`` and ``cdk`` are to talk to this AWS."""
    yield f"unset {' '.join(aws.UNSET)}"
    for name, value in aws.environ().items():
        yield f"export {name}={shlex.quote(value)}"


@contextmanager
def _up(embedded: Embedded, app: App, screen: Screen) -> Iterator[tuple[EmbeddedAws, CdkCli]]:
    """An AWS and a CDK CLI for it; nothing of both is left, however the body ends."""
    aws, cli = _checked(embedded), find_cdk(app.folder, own_path(os.environ))
    with endings_raised(), TemporaryDirectory(prefix="fan-out-") as folder, ExitStack() as stack:
        with step(screen, f"start an AWS for {embedded.account}/{embedded.region}"):
            try:
                stack.enter_context(aws)
            except EmbeddedAwsError as error:
                raise CommandError(str(error), FAILED) from error
        stack.enter_context(cleaning_up_in_peace())
        if not aws.isolated:
            screen.say(SHARED)
        environ = cdk_environ(
            os.environ, changes=aws.environ(), unset=aws.UNSET, scratch=Path(folder)
        )
        yield aws, CdkCli(cli, app.folder, environ, Path(folder), app.verbose)


def _checked(embedded: Embedded) -> EmbeddedAws:
    try:
        return EmbeddedAws(**asdict(embedded))
    except ValueError as error:
        raise CommandError(str(error)) from None


@contextmanager
def _unchanged(file: Path) -> Iterator[None]:
    before = file.read_bytes() if file.exists() else None
    try:
        yield
    finally:
        if before is None:
            file.unlink(missing_ok=True)
        elif file.read_bytes() != before:
            file.write_bytes(before)
