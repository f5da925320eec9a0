"""The answer of the whole run."""

from typing import Any

from fan_out.runtime import Results, collect


@collect
def handler(results: Results, context: Any) -> list[str | None]:
    """Join the workers' answers: the code for each airport, in the order of the records."""
    return [code for answer in results for code in answer]
