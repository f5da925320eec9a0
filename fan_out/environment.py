"""One environment of ``cdk.json`` (dev, prod, …), read into one validated value."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import aws_cdk as cdk
from aws_cdk import aws_logs as logs
from constructs import Node

from fan_out.quotas import check_max_concurrency, check_whole
from fan_out.runtime.numbers import MOST_RECORDS, described

DEFAULT = "dev"

Member = TypeVar("Member", cdk.RemovalPolicy, logs.RetentionDays)


@dataclass(frozen=True, kw_only=True)
class Environment:
    """Where a fan-out is deployed, and with which parameters.

    ``account`` (12 digits) and ``region`` may be None: then those of the credentials are used.
    """

    name: str
    account: str | None
    region: str | None
    chunk_size: int
    max_concurrency: int
    removal_policy: cdk.RemovalPolicy
    log_retention: logs.RetentionDays
    tags: Mapping[str, str]

    @classmethod
    def chosen(cls, node: Node) -> "Environment":
        """Read the environment that ``cdk … -c env=NAME`` chose; ``dev`` where it chose none.

        Raises ValueError, naming the environment and the key, for whatever is unknown, missing or
        out of range.
        """
        environments = node.try_get_context("environments")
        if not isinstance(environments, dict) or not environments:
            raise ValueError(f"cdk.json must have environments, got {described(environments)}")
        chosen = node.try_get_context("env")
        name = DEFAULT if chosen is None else chosen
        if name not in environments:
            raise ValueError(f"env must be one of {', '.join(environments)}, got {name!r}")
        return cls.read(name, environments[name])

    @classmethod
    def read(cls, name: str, given: Any) -> "Environment":
        """Read an environment from its JSON object. Raises ValueError as ``chosen`` does."""
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,39}", name):
            raise ValueError(
                "the name of an environment must be at most 40 letters, digits and hyphens, "
                f"starting with a letter, got {name!r}"
            )
        if not isinstance(given, dict):
            raise ValueError(f"environment {name} must be a JSON object, got {described(given)}")
        try:
            return cls(name=name, **_values(given))
        except ValueError as error:
            raise ValueError(f"environment {name}: {error}") from None

    @property
    def env(self) -> cdk.Environment:
        """The account and region, as a stack takes them."""
        return cdk.Environment(account=self.account, region=self.region)


def _values(given: Mapping[str, Any]) -> dict[str, Any]:
    required = {"chunk_size", "max_concurrency", "removal_policy", "log_retention"}
    known = required | {"account", "region", "tags"}
    if unknown := given.keys() - known:
        raise ValueError(f"keys must be of {', '.join(sorted(known))}, got {_listed(unknown)}")
    if missing := required - given.keys():
        raise ValueError(f"{_listed(missing)} must be given, got {_listed(given.keys())}")
    check_whole("chunk_size", given["chunk_size"], least=1, most=MOST_RECORDS)
    check_max_concurrency(given["max_concurrency"])
    return {
        "account": _text("account", given.get("account"), r"\d{12}", "12 digits"),
        "region": _text("region", given.get("region"), r"[a-z]+(-[a-z]+)+-\d+", "an AWS region"),
        "chunk_size": given["chunk_size"],
        "max_concurrency": given["max_concurrency"],
        "removal_policy": _member(
            "removal_policy",
            given["removal_policy"],
            [cdk.RemovalPolicy.DESTROY, cdk.RemovalPolicy.RETAIN],
        ),
        "log_retention": _member("log_retention", given["log_retention"], list(logs.RetentionDays)),
        "tags": _tags(given.get("tags", {})),
    }


def _text(key: str, value: Any, pattern: str, what: str) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not re.fullmatch(pattern, value):
        raise ValueError(f"{key} must be {what} or null, got {described(value)}")
    return value


def _member(key: str, value: Any, members: list[Member]) -> Member:
    by_name = {member.name.lower(): member for member in members}
    if not isinstance(value, str) or value not in by_name:
        raise ValueError(f"{key} must be one of {', '.join(by_name)}, got {described(value)}")
    return by_name[value]


def _tags(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise ValueError(f"tags must be a JSON object of strings, got {described(value)}")
    return value


def _listed(keys: Any) -> str:
    return ", ".join(sorted(keys)) or "none"
