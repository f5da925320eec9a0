"""Versions and aliases of functions can stand in a template, and be referred to.

moto (5.2.5) has no physical id for AWS::Lambda::Version, so that nothing can refer to it, deletes
none, and knows no AWS::Lambda::Alias. CDK makes both for a function's ``current_version``.

AWS: Ref of both is their ARN. "AWS::Lambda::Version" and "AWS::Lambda::Alias", AWS CloudFormation
User Guide.
"""

from typing import Any

from moto.awslambda.models import LambdaVersion
from moto.awslambda.utils import get_backend
from moto.cloudformation.exceptions import UnformattedGetAttTemplateException
from moto.core.common_models import CloudFormationModel

from fan_out.local.adaptations.seam import adds, replaces


def install() -> None:
    """Let CloudFormation make, name and delete versions; aliases are a model of our own."""
    replaces(LambdaVersion, "create_from_cloudformation_json")(_create)
    adds(LambdaVersion, "physical_resource_id", property)(_physical_id)
    adds(LambdaVersion, "get_cfn_attribute")(_attribute)
    adds(LambdaVersion, "delete")(_delete)


def _create(
    cls: Any,
    resource_name: str,
    cloudformation_json: dict[str, Any],
    account_id: str,
    region_name: str,
    **kwargs: Any,
) -> Any:
    properties = cloudformation_json["Properties"]
    backend = get_backend(account_id, region_name)
    function: Any = backend.publish_version(
        properties["FunctionName"], properties.get("Description", "")
    )
    version = cls({"Version": function.version})
    version.function = function
    return version


def _physical_id(self: Any) -> str:
    return str(self.function.function_arn)


def _attribute(self: Any, attribute_name: str) -> str:
    if attribute_name not in ("Version", "FunctionArn"):
        raise UnformattedGetAttTemplateException
    return str(self.version) if attribute_name == "Version" else _physical_id(self)


def _delete(self: Any, account_id: str, region_name: str) -> None:
    backend = get_backend(account_id, region_name)
    if self.function.function_name in backend._lambdas._functions:
        backend.delete_function(self.function.function_name, str(self.version))


class Alias(CloudFormationModel):
    """An alias of a function."""

    def __init__(self, function_name: str, alias: Any) -> None:
        self._function_name = function_name
        self._alias = alias

    @property
    def physical_resource_id(self) -> str:
        """Its ARN."""
        return str(self._alias.arn)

    @staticmethod
    def cloudformation_name_type() -> str:
        """The property that names it."""
        return "Name"

    @staticmethod
    def cloudformation_type() -> str:
        """What a template calls it."""
        return "AWS::Lambda::Alias"

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **kwargs: Any,
    ) -> "Alias":
        """Make one."""
        properties = cloudformation_json["Properties"]
        alias = get_backend(account_id, region_name).create_alias(
            resource_name,
            properties["FunctionName"],
            str(properties["FunctionVersion"]),
            properties.get("Description", ""),
            properties.get("RoutingConfig"),
        )
        return cls(properties["FunctionName"], alias)

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Any,
        new_resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
    ) -> "Alias":
        """Let it stand for another version."""
        properties = cloudformation_json["Properties"]
        get_backend(account_id, region_name).update_alias(
            original_resource._alias.name,
            properties["FunctionName"],
            str(properties["FunctionVersion"]),
            properties.get("Description", ""),
            properties.get("RoutingConfig"),
        )
        return cls(properties["FunctionName"], original_resource._alias)

    def delete(self, account_id: str, region_name: str) -> None:
        """Delete it."""
        get_backend(account_id, region_name).delete_alias(self._alias.name, self._function_name)
