"""The credentials that this AWS has issued, and who acts with them.

moto (5.2.5) takes any credentials. GetSessionToken and GetFederationToken answer everybody the same
example key; GetCallerIdentity knows the roles of its own account alone, and calls everybody else
``user/moto``.

AWS: temporary credentials stand for who they were issued to, and end when they say; those of a
user end with the key. "Temporary security credentials in IAM", AWS IAM User Guide. Each
environment of a function has some of the function's role, in a session with the function's name.
"Lambda execution role", AWS Lambda Developer Guide. The credentials that this AWS was started with
are its root user's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any

from moto.core.responses import ActionResult
from moto.iam.models import iam_backends
from moto.sts.models import AssumedRole, STSBackend, sts_backends
from moto.sts.responses import TokenResponse
from moto.utilities.utils import get_partition

from fan_out.local.adaptations.seam import replaces
from fan_out.local.gate.credentials import Credentials
from fan_out.local.lambda_service import FunctionConfiguration

LONGER_THAN_ANY_ENVIRONMENT = timedelta(days=3650)


@dataclass(frozen=True)
class Holder:
    """Who acts with credentials, where moto has nothing of that kind."""

    user_id: str
    arn: str
    account_id: str


_issued: dict[str, tuple[Credentials, Holder | AssumedRole | None]] = {}
"""What was not made through IAM, by access key id; the root user's has no holder. It stays when it
has expired: the answer to who still uses it is another than to who uses what never was."""

_moto_init = AssumedRole.__init__
_moto_identity = STSBackend.get_caller_identity
_moto_session, _moto_federation = (
    TokenResponse.get_session_token,
    TokenResponse.get_federation_token,
)


def install() -> None:
    """Let STS issue credentials that hold."""
    replaces(AssumedRole, "__init__")(_init)
    replaces(STSBackend, "get_caller_identity")(_identity)
    replaces(TokenResponse, "get_session_token")(_session)
    replaces(TokenResponse, "get_federation_token")(_federation)


def give_to_root(own: Credentials) -> None:
    """Let ``own`` be credentials of the account's root user."""
    _issued[own.access_key_id] = own, None


def find(access_key_id: str) -> Credentials | None:
    """Answer the credentials of an access key id; None where they were not issued here."""
    if access_key_id in _issued:
        return _issued[access_key_id][0]
    for account in list(iam_backends.values()):
        for backend in list(account.values()):
            key = backend.access_keys.get(access_key_id)
            if key is not None and key.status == "Active":
                return Credentials(key.access_key_id, key.secret_access_key)
    return None


def of_role(function: FunctionConfiguration) -> Mapping[str, str]:
    """Answer the environment variables with credentials of a function's role."""
    backend = sts_backends[function.account][get_partition(function.region)]
    assumed = backend.assume_role(
        region_name=function.region,
        role_session_name=function.name,
        role_arn=function.role,
        policy="",
        duration=int(LONGER_THAN_ANY_ENVIRONMENT.total_seconds()),
        external_id="",
    )
    return _issued[assumed.access_key_id][0].environ()


def _init(
    self: Any,
    account_id: str,
    region_name: str,
    access_key: Any,
    role_session_name: str,
    role_arn: str,
    policy: str,
    duration: int,
    external_id: str,
) -> None:
    _moto_init(
        self,
        account_id,
        region_name,
        access_key,
        role_session_name,
        role_arn,
        policy,
        duration,
        external_id,
    )
    expires = self.expiration.replace(tzinfo=UTC)
    issued = Credentials(self.access_key_id, self.secret_access_key, self.session_token, expires)
    _issued[self.access_key_id] = issued, self


def _identity(self: Any, access_key_id: str, region: str) -> tuple[str, str, str]:
    if access_key_id not in _issued:
        return _moto_identity(self, access_key_id, region)
    _, holder = _issued[access_key_id]
    if holder is None:
        root = f"arn:{get_partition(region)}:iam::{self.account_id}:root"
        return self.account_id, root, self.account_id
    return holder.user_id, holder.arn, holder.account_id


def _session(self: Any) -> ActionResult:
    caller = self.backend.get_caller_identity(self.get_access_key(), self.region)
    return _with_new_credentials(_moto_session(self), Holder(*caller))


def _federation(self: Any) -> ActionResult:
    answer = _moto_federation(self)
    user = answer.result["FederatedUser"]  # type: ignore[index]
    holder = Holder(user["FederatedUserId"], user["Arn"], self.current_account)
    return _with_new_credentials(answer, holder)


def _with_new_credentials(answer: Any, holder: Holder) -> ActionResult:
    told = answer.result["Credentials"]
    new = Credentials.random_temporary(told["Expiration"].replace(tzinfo=UTC))
    _issued[new.access_key_id] = new, holder
    told |= {
        "AccessKeyId": new.access_key_id,
        "SecretAccessKey": new.secret_access_key,
        "SessionToken": new.session_token,
    }
    return ActionResult(answer.result)
