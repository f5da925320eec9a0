"""Code and layers that would unpack to more than 250 MB are refused when they come.

moto (5.2.5) takes them.

AWS refuses them with InvalidParameterValueException, of a layer in PublishLayerVersion, of a
function in CreateFunction, UpdateFunctionCode and UpdateFunctionConfiguration, there with its
layers. "Lambda quotas", AWS Lambda Developer Guide.
"""

from collections.abc import Sequence
from typing import Any

from moto.awslambda.exceptions import InvalidParameterValueException
from moto.awslambda.models import LambdaFunction, LayerVersion

from fan_out.local.adaptations.functions.layers import layers_of
from fan_out.local.adaptations.seam import replaces
from fan_out.local.lambda_service import PackageTooLarge, check_unpacked_size

_moto_layer, _moto_code = LayerVersion.__init__, LambdaFunction.update_function_code


def install() -> None:
    """Let no layer and no new code be too large; ``check_function`` is for a function."""
    replaces(LayerVersion, "__init__")(_layer)
    replaces(LambdaFunction, "update_function_code")(_update_code)


def check_function(function: Any) -> None:
    """Refuse the function where its code and layers are too large together."""
    _check(getattr(function, "code_bytes", b""), layers_of(function))


def _layer(self: Any, spec: dict[str, Any], account_id: str, region: str) -> None:
    _moto_layer(self, spec, account_id, region)
    _check(self.code_bytes)


def _update_code(self: Any, updated_spec: dict[str, Any]) -> dict[str, Any]:
    before = {**vars(self), "code": dict(self.code)}
    answer = _moto_code(self, updated_spec)
    try:
        check_function(self)
    except InvalidParameterValueException:
        vars(self).update(before)
        raise
    return answer


def _check(code: bytes, layers: Sequence[bytes] = ()) -> None:
    try:
        check_unpacked_size(code, layers)
    except PackageTooLarge as error:
        raise InvalidParameterValueException(str(error)) from error
