"""An inline Map runs at most 40 iterations at a time, and ends with the first that fails.

moto (5.2.5) starts a thread for every item where MaxConcurrency is 0, and as many as MaxConcurrency
says where it is not; each goes on to its next item by calling itself, so that a thousand items in
one thread exceed Python's recursion limit and the execution never ends. After a failure the other
iterations write on into the history.

AWS runs at most 40, lets none start after a failure or a stop, and aborts those that run. "Using
Map state in Inline mode", AWS Step Functions Developer Guide.

Here there are at most ``most`` as well, the Lambda environments that may run at a time: a task of
one iteration more would only wait for an environment, and that would count towards its
TimeoutSeconds, which in AWS it does not.
"""

import threading
from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration import (
    inline_iteration_component as moto,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.job import Job

from fan_out.local.adaptations.executions.own_events import OwnEvents
from fan_out.local.adaptations.seam import replaces
from fan_out.runtime.budget import INLINE_CONCURRENCY


def install(environments: int) -> None:
    """Let inline Maps run at most ``environments`` iterations at a time, and at most 40."""
    most = min(INLINE_CONCURRENCY, environments)

    @replaces(moto.InlineIterationComponent, "_eval_body")
    def evaluate(self: Any, env: Any) -> None:
        given = env.stack.pop()
        program = self._get_iteration_program()
        jobs = [Job(index, program, item) for index, item in enumerate(given.input_items)]
        worker = self._create_worker(env=env, eval_input=given, job_pool=None)
        iterations = Iterations(env, worker, jobs)
        iterations.run(min(most, given.max_concurrency or most, len(jobs)))
        env.stack.append([job.job_output for job in jobs])


class Iterations:
    """The iterations of one run of an inline Map."""

    def __init__(self, env: Any, worker: Any, jobs: list[Job]) -> None:
        self._env = env
        self._worker = worker
        self._waiting = iter(jobs)
        self._unfinished = len(jobs)
        self._threads = 0
        self._failure: Exception | None = None
        self._running: dict[int, Any] = {}
        self._lock = threading.Lock()
        self._over = threading.Event()

    def run(self, at_a_time: int) -> None:
        """Run all of them, ``at_a_time``; raises what the first failed one raised."""
        self._threads = at_a_time
        for number in range(at_a_time):
            name = f"{self._worker._work_name} {number}"
            threading.Thread(target=self._work, name=name, daemon=True).start()
        if at_a_time:
            self._over.wait()
        if self._failure is not None:
            raise self._failure

    def _work(self) -> None:
        """One after the other, what is still waiting."""
        thread_frame = self._env.open_frame()
        while (begun := self._begin_next(thread_frame)) is not None:
            job, frame = begun
            self._worker._eval_job(env=frame, job=job)
            thread_frame.close_frame(frame)
            self._finish(job, thread_frame, frame)
        self._env.close_frame(thread_frame)
        with self._lock:
            self._threads -= 1
            if not self._threads:  # some never ran where the execution was stopped
                self._over.set()

    def _begin_next(self, thread_frame: Any) -> tuple[Job, Any] | None:
        """The next iteration and the frame for it; none after a failure or a stop."""
        with self._lock:
            if self._failure is not None or not self._env.is_running():
                return None
            job = next(self._waiting, None)
            if job is None:
                return None
            frame = thread_frame.open_inner_frame()
            frame.event_manager = OwnEvents(frame.event_manager)
            self._running[job.job_index] = frame
            return job, frame

    def _finish(self, job: Job, thread_frame: Any, frame: Any) -> None:
        with self._lock:
            self._running.pop(job.job_index, None)
            if self._failure is not None:
                return
            self._unfinished -= 1
            failed = isinstance(job.job_output, Exception)
            if not failed and self._unfinished:
                return
            if failed:
                self._failure = job.job_output
                self._abort_the_others()
            # what follows the Map follows the end of its last iteration
            history = thread_frame.event_history_context
            history.source_event_id = frame.event_history_context.last_published_event_id
            self._env.close_frame(thread_frame)
            self._over.set()

    def _abort_the_others(self) -> None:
        for index, frame in self._running.items():
            details = {"name": self._worker._work_name, "index": index}
            frame.event_manager.end(
                frame.event_history_context,
                HistoryEventType.MapIterationAborted,
                {"mapIterationAbortedEventDetails": details},
            )
            frame.set_stop(stop_date=None, cause=None, error=None)
