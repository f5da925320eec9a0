"""Step Functions: what CloudFormation creates executes, within AWS's limits, and ends as in AWS."""

from fan_out.local.adaptations.executions import (
    cause_length,
    data_limit,
    end,
    error_names,
    history,
    inline_map,
    item_selector,
    jsonata,
    lambda_task,
    machine_resource,
    parsed_paths,
    quiet_failures,
    refusals,
    start,
    threads,
    wildcard_paths,
)


def install(account: str, environments: int) -> None:
    """Adapt the interpreter; ``environments`` is how many Lambda environments may run."""
    machine_resource.install()
    refusals.install()
    start.install()
    history.install()
    end.install()
    inline_map.install(environments)
    item_selector.install()
    jsonata.install()
    lambda_task.install(account)
    error_names.install()
    data_limit.install()
    cause_length.install()
    parsed_paths.install()
    quiet_failures.install()
    threads.install()
    wildcard_paths.install()
