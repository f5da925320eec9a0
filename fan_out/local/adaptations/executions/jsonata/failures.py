"""Whatever fails in a task can be caught, once, and is explained by one line.

moto (5.2.5) lets a task or a Map write a failed evaluation into the history a second time, and
explains it as a failure of the service.

"Handling errors in Step Functions workflows", AWS Step Functions Developer Guide.
"""

from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.catch.catch_outcome import CatchOutcome
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.retry.retry_outcome import RetryOutcome
from moto.stepfunctions.parser.asl.component.state.exec.execute_state import ExecutionState
from moto.stepfunctions.parser.asl.component.state.exec.state_map.state_map import StateMap
from moto.stepfunctions.parser.asl.component.state.state import CommonStateField

from fan_out.local.adaptations.seam import adds, replaces

PREFIX = "An error occurred while executing the state "

_moto_input = CommonStateField._eval_state_input
_moto_details = FailureEventException.get_execution_failed_event_details


def install() -> None:
    """Let a failed evaluation be one failure of its state."""
    replaces(CommonStateField, "_eval_state_input")(_enter)
    replaces(ExecutionState, "_eval_state")(_run)
    adds(StateMap, "_from_error")(_map_from_error)
    replaces(FailureEventException, "get_execution_failed_event_details")(_details)


def _enter(self: Any, env: Any) -> None:
    env.entered = env.event_history_context.source_event_id
    _moto_input(self, env)


def _run(self: Any, env: Any) -> None:
    """Run a task, until it succeeds, is caught, or fails after its last retry."""
    env.states.context_object.context_object_data["State"]["RetryCount"] = 0
    while env.is_running():
        try:
            self._evaluate_with_timeout(env)
            return
        except Exception as problem:
            failure = self._from_error(env=env, ex=problem)
        if failure.event_type != HistoryEventType.EvaluationFailed:  # which is in the history
            env.event_manager.add_event(
                context=env.event_history_context,
                event_type=failure.event_type,
                event_details=failure.event_details,
            )
        error = self._construct_error_output_value(failure_event=failure)
        env.states.set_error_output(error)
        env.states.set_result(error)
        if self.retry and self._handle_retry(env, failure) == RetryOutcome.CanRetry:
            continue
        if self.catch:
            self._handle_catch(env=env, failure_event=failure)
            if env.stack[-1] == CatchOutcome.Caught:
                return
        self._handle_uncaught(env=env, failure_event=failure)


def _map_from_error(self: Any, env: Any, ex: Exception) -> FailureEvent:
    failure = ExecutionState._from_error(self, env, ex)
    if failure.event_type != HistoryEventType.EvaluationFailed:
        return failure
    of_the_map = HistoryEventType.MapStateFailed  # the other is in the history
    return FailureEvent(env, failure.error_name, of_the_map, failure.event_details)


def _details(self: Any) -> Any:
    error, cause = self.extract_error_cause_pair() or (None, None)
    if cause is not None and cause.startswith(PREFIX):
        return {"error": error, "cause": cause}
    return _moto_details(self)
