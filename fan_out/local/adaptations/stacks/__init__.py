"""CloudFormation: stacks are created, updated, rolled back and deleted, and say how."""

from fan_out.local.adaptations.stacks import (
    buckets,
    change_sets,
    log_groups,
    nested_stacks,
    operations,
)


def install() -> None:
    """Adapt stacks and those of their resources that are of no service of their own here."""
    operations.install()
    change_sets.install()
    nested_stacks.install()
    log_groups.install()
    buckets.install()
