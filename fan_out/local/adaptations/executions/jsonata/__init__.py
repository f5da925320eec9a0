"""JSONata: states that speak it run as in AWS."""

from fan_out.local.adaptations.executions.jsonata import (
    evaluation,
    failures,
    field_types,
    functions,
    language,
    output,
)


def install() -> None:
    """Let definitions be read, their expressions be evaluated, and what fails be told as in AWS."""
    language.install()
    evaluation.install()
    functions.install()
    output.install()
    failures.install()
    field_types.install()
