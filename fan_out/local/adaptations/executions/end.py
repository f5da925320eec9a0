"""An execution ends once, at once, and says why.

moto (5.2.5) lets a stopped execution run on until its last task has come back, drops the error
and cause that StopExecution gives, shows the status before the output is there, answers an output
that is a string without its quotes, and no stopDate where the execution timed out.

AWS answers StopExecution with ABORTED. Here the last event of the history decides: whichever
thread writes it first has ended the execution, and status, output, error and cause are what it
says. "StopExecution" and "DescribeExecution", AWS Step Functions API Reference.
"""

import datetime
import threading
from typing import Any

from moto.core.responses import ActionResult
from moto.stepfunctions.parser.api import ExecutionStatus, HistoryEventType
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventHistoryContext
from moto.stepfunctions.parser.asl.eval.program_state import ProgramTimedOut
from moto.stepfunctions.parser.backend.execution import (
    BaseExecutionWorkerCommunication,
    Execution,
)
from moto.stepfunctions.responses import StepFunctionResponse

from fan_out.local.adaptations.executions.history import events_of
from fan_out.local.adaptations.executions.log_delivery import deliver
from fan_out.local.adaptations.seam import replaces

STATUS = {
    HistoryEventType.ExecutionSucceeded: ExecutionStatus.SUCCEEDED,
    HistoryEventType.ExecutionFailed: ExecutionStatus.FAILED,
    HistoryEventType.ExecutionAborted: ExecutionStatus.ABORTED,
    HistoryEventType.ExecutionTimedOut: ExecutionStatus.TIMED_OUT,
}


_lock = threading.Lock()

_moto_start = Execution.start


def install() -> None:
    """Let executions end as in AWS."""
    replaces(Execution, "start")(_start)
    replaces(BaseExecutionWorkerCommunication, "terminated")(_terminated)
    replaces(Execution, "stop")(_stop)
    replaces(StepFunctionResponse, "stop_execution")(_respond_to_stop)
    replaces(StepFunctionResponse, "describe_execution")(_describe)
    replaces(StepFunctionResponse, "list_executions")(_list_all)


def _start(self: Any) -> None:
    def when_full() -> None:
        _wind_down(self)

    _moto_start(self)
    self.exec_worker.env.event_manager.when_full = when_full


def _terminated(self: Any) -> None:
    env = self.execution.exec_worker.env
    if isinstance(env.program_state(), ProgramTimedOut):
        # the thread that would write so may still wait for its last task
        env.event_manager.add_event(
            context=env.event_history_context,
            event_type=HistoryEventType.ExecutionTimedOut,
            event_details={"executionTimedOutEventDetails": {}},
        )
    reflect(self.execution)


def _stop(self: Any, stop_date: Any, error: str | None, cause: str | None) -> None:
    given = {"error": error, "cause": cause}
    details = {key: value for key, value in given.items() if value is not None}
    self.exec_worker.env.event_manager.add_event(
        context=EventHistoryContext.of_program_start(),
        event_type=HistoryEventType.ExecutionAborted,
        event_details={"executionAbortedEventDetails": details},
    )
    _wind_down(self)


def _respond_to_stop(self: Any) -> ActionResult:
    arn = self._get_param("executionArn")
    execution = self.stepfunction_backend.describe_execution(arn)
    execution.stop(None, self._get_param("error"), self._get_param("cause"))
    return ActionResult({"stopDate": execution.stop_date})


def _describe(self: Any) -> ActionResult:
    arn = self._get_param("executionArn")
    return ActionResult(described(self.stepfunction_backend.describe_execution(arn)))


def _list_all(self: Any) -> ActionResult:
    executions, token = self.stepfunction_backend.list_executions(
        self._get_param("stateMachineArn"),
        status_filter=self._get_param("statusFilter"),
        max_results=self._get_int_param("maxResults"),
        next_token=self._get_param("nextToken"),
    )
    shown = [described(execution) for execution in executions]
    return ActionResult({"executions": shown, "nextToken": token})


def reflect(execution: Any) -> None:
    """Let the execution show what the last event of its history says, and log it. Does so once."""
    last = events_of(execution)[-1]
    with _lock:
        if last["type"] not in STATUS or execution.stop_date is not None:
            return
        _show(execution, last)
    deliver(execution)


def _show(execution: Any, last: dict[str, Any]) -> None:
    details: dict[str, Any] = next(
        (value for key, value in last.items() if key.endswith("EventDetails")), {}
    )
    execution.output = details.get("output")
    execution.error = details.get("error")
    execution.cause = details.get("cause")
    execution.stop_date = datetime.datetime.fromtimestamp(last["timestamp"], tz=datetime.UTC)
    execution.exec_status = STATUS[last["type"]]


def described(execution: Any) -> dict[str, Any]:
    """DescribeExecution's answer."""
    status = execution.status
    answer = {
        "executionArn": execution.exec_arn,
        "stateMachineArn": execution.state_machine_arn,
        "name": execution.name,
        "status": status,
        "startDate": execution.start_date,
        "input": execution.execution_input,
        "inputDetails": execution.input_details,
    }
    if status == ExecutionStatus.RUNNING:
        return answer
    answer["stopDate"] = execution.stop_date
    if execution.output is not None:
        answer |= {"output": execution.output, "outputDetails": execution.output_details}
    for key in ("error", "cause"):
        if getattr(execution, key) is not None:
            answer[key] = getattr(execution, key)
    return answer


def _wind_down(execution: Any) -> None:
    """Let no state of the execution start any more, and show the end."""
    execution.exec_worker.env.set_stop(stop_date=None, cause=None, error=None)
    reflect(execution)
