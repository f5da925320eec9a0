"""An execution starts with a name, within AWS's limits, and can be asked about at once.

moto (5.2.5) calls an execution that is given no name ``None``, takes an input of any size, reports
an input that is no JSON as a server error, and copies the machine deeply. An execution that was
only just started cannot be stopped yet: its environment is made later, in its thread.

AWS gives a UUID for a name, takes at most 262,144 bytes, and answers the running execution where
name and input are the same: "StartExecution", AWS Step Functions API Reference.
"""

import copy
import datetime
import json
import logging
import threading
import uuid
from typing import Any

from moto.stepfunctions.exceptions import (
    ExecutionAlreadyExists,
    InvalidExecutionInput,
    ValidationException,
)
from moto.stepfunctions.parser.api import ExecutionStatus, HistoryEventType
from moto.stepfunctions.parser.asl.eval.program_state import ProgramRunning
from moto.stepfunctions.parser.backend.execution import Execution
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker
from moto.stepfunctions.parser.models import StepFunctionsParserBackend

from fan_out.local.adaptations.seam import replaces
from fan_out.runtime.budget import PAYLOAD_BYTES

_lock = threading.Lock()


def install() -> None:
    """Let executions start as in AWS."""
    replaces(StepFunctionsParserBackend, "start_execution")(_start)
    replaces(ExecutionWorker, "start")(_start_thread)
    replaces(ExecutionWorker, "_execution_logic")(_execute)


def _start(
    self: Any,
    state_machine_arn: str,
    name: str | None = None,
    execution_input: str | None = None,
    trace_header: str | None = None,
) -> Any:
    machine = self.describe_state_machine(state_machine_arn)
    text = "{}" if execution_input is None else execution_input
    _check(text)
    if name:
        self._validate_name(name)
    with _lock:
        name = name or str(uuid.uuid4())
        same = next((each for each in machine.executions if each.name == name), None)
        if same is not None:
            return _unless_it_differs(same, text)
        execution = _execution(self, machine, name, text, trace_header)
        machine.executions.append(execution)
        execution.start()
    return execution


def _start_thread(self: Any) -> None:
    self.env = self._get_evaluation_environment()
    # so that it can be stopped from now on
    self.env._program_state = ProgramRunning()  # type: ignore[no-untyped-call]
    threading.Thread(target=self._execution_logic, daemon=True).start()


def _execute(self: Any) -> None:
    details = self._evaluation_details
    self.env.event_manager.add_event(
        context=self.env.event_history_context,
        event_type=HistoryEventType.ExecutionStarted,
        event_details={
            "executionStartedEventDetails": {
                "input": json.dumps(details.execution_details.inpt),
                "inputDetails": {"truncated": False},
                "roleArn": details.aws_execution_details.role_arn,
            }
        },
        update_source_event_id=False,
    )
    try:
        program = self._get_evaluation_entrypoint()
        if self.env.is_running():
            program.eval(self.env)
    except Exception as error:
        _fail(self.env, error)
    self._execution_communication.terminated()


def _fail(env: Any, error: Exception) -> None:
    """End the execution with what went wrong in the interpreter itself, rather than never."""
    logging.getLogger(__name__).error("the interpreter failed", exc_info=error)
    details = {"error": "States.Runtime", "cause": f"{type(error).__name__}: {error}"}
    env.event_manager.add_event(
        context=env.event_history_context,
        event_type=HistoryEventType.ExecutionFailed,
        event_details={"executionFailedEventDetails": details},
    )


def _check(text: str) -> None:
    size = len(text.encode())
    if size > PAYLOAD_BYTES:
        raise ValidationException(
            "1 validation error detected: Value at 'input' failed to satisfy constraint: Member "
            f"must have length less than or equal to {PAYLOAD_BYTES} (it has {size} bytes)"
        )
    try:
        json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise InvalidExecutionInput(
            f"Invalid State Machine Execution Input: '{problem}'"
        ) from problem


def _unless_it_differs(execution: Any, text: str) -> Any:
    running = execution.exec_status == ExecutionStatus.RUNNING
    if running and execution.execution_input == text:
        return execution
    raise ExecutionAlreadyExists(f"Execution Already Exists: '{execution.exec_arn}'")


def _execution(backend: Any, machine: Any, name: str, text: str, trace_header: Any) -> Execution:
    """A new execution of the machine as it is now: later updates do not change it."""
    return Execution(
        name=name,
        sm_type=machine.sm_type,
        role_arn=machine.roleArn,
        exec_arn=f"arn:{backend.partition}:states:{backend.region_name}:{backend.account_id}"
        f":execution:{machine.name}:{name}",
        account_id=backend.account_id,
        region_name=backend.region_name,
        state_machine=copy.copy(machine),
        start_date=datetime.datetime.now(tz=datetime.UTC),
        cloud_watch_logging_session=None,
        input_data=text,
        trace_header=trace_header,
        activity_store={},
    )
