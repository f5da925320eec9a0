"""What is said with the runtime in one invocation: it asks for the event, and answers."""

import time
from dataclasses import dataclass

from fan_out.local.lambda_service import outcome
from fan_out.local.lambda_service.configuration import FunctionConfiguration
from fan_out.local.lambda_service.memory import MB
from fan_out.local.lambda_service.outcome import Outcome
from fan_out.local.lambda_service.runtime import Runtime
from fan_out.local.lambda_service.runtime_api import ACCEPTED, INIT_ERROR, NEXT, Call

LAST_WORDS_SECONDS = 2
"""What a runtime that was refused is given to log why, and to end: Lambda's shutdown phase."""


@dataclass(frozen=True)
class Dialogue:
    """One invocation: the function, its runtime, and the request's id."""

    function: FunctionConfiguration
    runtime: Runtime
    request_id: str

    def run(self, call: Call | None, payload: bytes, until: float) -> Outcome | None:
        """Hand ``payload`` over and answer what comes of it; None where no answer comes.

        ``call`` is what the runtime has said already, if it has. ``until`` is of
        ``time.monotonic()``.
        """
        call = call or self.runtime.api.call(until, NEXT, INIT_ERROR)
        if call is None:
            return None
        if call.path == INIT_ERROR:
            call.answer(ACCEPTED)
            self._hear_last_words()
            return outcome.init_failed(call.body)
        call.answer("200 OK", payload, **self._headers(until))
        path = f"invocation/{self.request_id}"
        answer = self.runtime.api.call(until, f"{path}/response", f"{path}/error")
        return None if answer is None else self._judged(answer)

    def _headers(self, until: float) -> dict[str, str]:
        deadline = time.time() + until - time.monotonic()
        return {
            "Lambda_Runtime_Aws_Request_Id": self.request_id,
            "Lambda_Runtime_Deadline_Ms": str(int(deadline * 1000)),
            "Lambda_Runtime_Invoked_Function_Arn": self.function.arn,
        }

    def _judged(self, answer: Call) -> Outcome:
        """What the answer comes to, by its size and by the memory that it took."""
        if len(answer.body) > outcome.ANSWER_BYTES:
            answer.answer(
                "413 Request Entity Too Large", b'{"errorType":"RequestEntityTooLarge"}\n'
            )
            self._hear_last_words()
            return outcome.too_large()
        answer.answer(ACCEPTED)
        if self.runtime.memory.of_process() > self.function.memory_mb * MB:
            return outcome.out_of_memory(self.request_id)
        if answer.path.endswith("/error"):
            return outcome.raised(answer.body)
        return outcome.answered(answer.body)

    def _hear_last_words(self) -> None:
        self.runtime.api.call(time.monotonic() + LAST_WORDS_SECONDS)
