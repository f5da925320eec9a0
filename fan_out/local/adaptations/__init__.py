"""What moto gets wrong for a fan-out, mended: one module for each, by service."""

from fan_out.local.adaptations import credentials, functions, stacks
from fan_out.local.lambda_service import LambdaService


def install(service: LambdaService) -> None:
    """Adapt the moto of this process; functions run in ``service``. To be called once.

    Raises SeamError where moto is not the one that the adaptations are for.
    """
    credentials.install()
    functions.install(service)
    stacks.install()
