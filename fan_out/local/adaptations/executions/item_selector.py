"""What a Map gives to each item is selected from its input, without a copy of that for each.

moto (5.2.5) copies the whole input of the Map, all of its items, several times for each of them:
of 1,000 items that is 5 s of 6, and four times as many take sixteen times as long.

Selecting changes nothing in what it selects from, and copies what it takes.
"""

from typing import Any

from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.itemprocessor.inline_item_processor_worker import (  # noqa: E501
    InlineItemProcessorWorker,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.iterator.inline_iterator_worker import (  # noqa: E501
    InlineIteratorWorker,
)

from fan_out.local.adaptations.seam import replaces


def install() -> None:
    """Let the iterations of a Map share its input."""
    replaces(InlineItemProcessorWorker, "_eval_input")(_select)
    replaces(InlineIteratorWorker, "_eval_input")(_select)


def _select(self: Any, env_frame: Any) -> None:
    selector = self._item_selector or self._parameters
    if selector is None:
        return
    whole = self._env.stack[-1]
    env_frame.states._states_data["input"] = whole
    env_frame.stack.append(whole)
    selector.eval(env_frame)
    selected = env_frame.stack.pop()
    env_frame.stack.clear()  # each state copies what is there when it begins
    env_frame.states.reset(input_value=selected)
