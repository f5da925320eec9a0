"""What is read of an execution, from histories as AWS records them."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recorded import (
    ARN,
    FUNCTION,
    LAMBDA,
    REQUEST_ID,
    START,
    History,
    Service,
    answering,
    chunk,
    client,
    failure,
    lambda_error,
    refusal,
)

from fan_out.cli import history as reading
from fan_out.cli.display import report
from fan_out.cli.failure import Failure, TooMany, log_group_of
from fan_out.cli.outcome import LOOKS_AFTER_THE_END, Outcome, Progress, Summary
from fan_out.cli.records import Records

STEP_FUNCTIONS = client("stepfunctions")


def look(service: Service) -> Progress:
    with answering(STEP_FUNCTIONS, service):
        return Outcome(STEP_FUNCTIONS, ARN).look()


def end(service: Service) -> Summary:
    with answering(STEP_FUNCTIONS, service):
        outcome = Outcome(STEP_FUNCTIONS, ARN)
        list(outcome.watch(sleep=lambda seconds: None))
        return outcome.summary()


def failure_of(service: Service) -> Failure:
    failure = end(service).failure
    assert failure is not None
    return failure


def failed(history: History, error: str, cause: str | None = None) -> Service:
    more = {} if cause is None else {"cause": cause}
    history.add("ExecutionFailed", len(history.events), error=error, **more)
    return Service(history, "FAILED", error=error, cause=cause)


@pytest.fixture
def mixed() -> History:
    """Three of four chunks begun, one of them done, their events mixed."""
    history = History()
    started = history.planned(4)
    first, second = history.iteration(started, 0), history.iteration(started, 1)
    done = history.finish(second, 1)
    history.iteration(started, 2, follows=done)
    history.attempt(first)
    return history


@settings(max_examples=50)
@given(
    sizes=st.lists(st.integers(0, 9), min_size=1, max_size=5),
    most=st.integers(1, 12),
    order=st.sampled_from(["newest", "oldest", "whole"]),
)
def test_each_event_is_read_once_and_in_order_whatever_the_pages(
    sizes: list[int], most: int, order: str
) -> None:
    service = Service(order=order, most=most)
    read: list[Any] = []
    with answering(STEP_FUNCTIONS, service):
        history = reading.History(STEP_FUNCTIONS, ARN)
        for size in sizes:
            for _ in range(size):
                service.history.add("PassStateEntered", name="Pass")
            read += history.new_events()
    assert read == service.history.events


def test_a_look_at_a_long_history_costs_one_page_where_little_is_new() -> None:
    service = Service()
    for _ in range(24_990):
        service.history.add("PassStateEntered", name="Pass")
    with answering(STEP_FUNCTIONS, service):
        history = reading.History(STEP_FUNCTIONS, ARN)
        assert len(history.new_events()) == 24_990
        assert len(service.calls) == 25
        service.history.add("PassStateExited", 24_990)
        assert [event["id"] for event in history.new_events()] == [24_991]
    assert len(service.calls) == 26


def test_an_event_that_comes_before_its_predecessor_waits_for_it() -> None:
    service = Service()
    for _ in range(3):
        service.history.add("PassStateEntered", name="Pass")
    late = service.history.events.pop(1)
    with answering(STEP_FUNCTIONS, service):
        history = reading.History(STEP_FUNCTIONS, ARN)
        assert [event["id"] for event in history.new_events()] == [1]
        service.history.events.insert(1, late)
        assert [event["id"] for event in history.new_events()] == [2, 3]


def test_progress_before_the_plan_has_no_total() -> None:
    history = History()
    history.add("ExecutionStarted", input="{}", roleArn="arn:aws:iam::123456789012:role/r")
    history.enter("Control", 0, "{}")
    assert look(Service(history)) == Progress()


def test_progress_counts_the_chunks_that_are_done_and_running(mixed: History) -> None:
    assert look(Service(mixed)) == Progress(chunks=4, done=1, running=2)


@given(data=st.data(), chunks=st.integers(0, 12), concurrency=st.integers(1, 5))
@settings(max_examples=50, deadline=None)
def test_progress_is_right_at_any_moment_of_any_interleaving(
    data: st.DataObject, chunks: int, concurrency: int
) -> None:
    service = Service()
    with answering(STEP_FUNCTIONS, service):
        outcome = Outcome(STEP_FUNCTIONS, ARN)
        started = service.history.planned(chunks)
        waiting, running, follows = list(range(chunks)), dict[int, int](), started
        for done in range(chunks):
            while waiting and len(running) < concurrency:
                index = waiting.pop(0)
                running[index] = service.history.iteration(started, index, follows=follows)
            expected = Progress(chunks=chunks, done=done, running=len(running))
            assert outcome.look() == expected
            index = data.draw(st.sampled_from(sorted(running)))
            follows = service.history.finish(running.pop(index), index)
        assert outcome.look() == Progress(chunks=chunks, done=chunks)


def test_retries_are_counted(mixed: History) -> None:
    failed_once = mixed.fail(len(mixed.events), "Lambda.TooManyRequestsException", "Rate Exceeded.")
    failed_twice = mixed.fail(mixed.attempt(failed_once), "Lambda.ServiceException")
    mixed.attempt(failed_twice)
    assert look(Service(mixed)) == Progress(chunks=4, done=1, running=2, retries=2)


def test_a_map_that_is_retried_begins_to_count_afresh(mixed: History) -> None:
    mixed.add("MapStateFailed", len(mixed.events))
    started = mixed.add("MapStateStarted", len(mixed.events), length=4)
    mixed.iteration(started, 0)
    assert look(Service(mixed)) == Progress(chunks=4, running=1)


def test_iterations_within_a_chunk_are_no_chunks() -> None:
    history = History()
    outer = history.iteration(history.planned(2), 0)
    entered = history.add("MapStateEntered", outer, name="Inner", input="[1, 2]")
    started = history.add("MapStateStarted", entered, length=2)
    begun = history.add("MapIterationStarted", started, name="Inner", index=1)
    failing = history.fail(history.attempt(history.enter("Deep", begun, "2")), "KeyError")
    assert look(Service(history)) == Progress(chunks=2, running=1)
    history.add("MapIterationFailed", failing, name="Inner", index=1)
    history.add("MapStateFailed", failing)
    history.add("MapIterationFailed", failing, name="Map", index=0)
    history.add("MapStateFailed", failing)
    failure = failure_of(failed(history, "KeyError"))
    assert (failure.state, failure.chunk, failure.input) == ("Deep", 0, chunk(0))


def test_a_success_is_summed_up_with_its_output_and_time() -> None:
    history = History()
    started = history.planned(1)
    last = history.finish(history.iteration(started, 0), 0)
    history.add("ExecutionSucceeded", last, output="[[0]]")
    summary = end(Service(history, "SUCCEEDED", output="[[0]]"))
    assert summary == Summary(
        status="SUCCEEDED",
        started=START,
        progress=Progress(chunks=1, done=1),
        seconds=12.5,
        output="[[0]]",
        failure=None,
        records=Records(total=10, done=10),
    )


def test_a_failure_names_the_chunk_its_input_and_what_the_function_said(mixed: History) -> None:
    """Its siblings are aborted, which AWS records as following upon the failure."""
    cause = lambda_error(
        "ValueError", "bad record 57", requestId=REQUEST_ID, stackTrace=['  File "a.py", line 1\n']
    )
    failing = mixed.fail(len(mixed.events), "ValueError", cause)
    mixed.add("MapIterationFailed", failing, name="Map", index=0)
    mixed.add("TaskStateAborted", failing)
    mixed.add("MapIterationAborted", failing, name="Map", index=2)
    mixed.add("MapStateFailed", failing)
    service = failed(mixed, "ValueError", cause)
    assert end(service).progress == Progress(chunks=4, done=1, failed=1)
    assert failure_of(service) == Failure(
        error="ValueError",
        message="bad record 57",
        state="Worker",
        chunk=0,
        input=chunk(0),
        function=FUNCTION,
        request_id=REQUEST_ID,
        trace=('  File "a.py", line 1\n',),
    )


def test_the_failure_is_that_of_the_chunk_that_failed_first() -> None:
    """All four time out at once; AWS calls the first failed and the others aborted."""
    history = History()
    started = history.planned(2)
    begun = [history.attempt(history.iteration(started, index)) for index in (0, 1)]
    late, first = (
        history.add("TaskTimedOut", last, error="States.Timeout", **LAMBDA) for last in begun
    )
    history.add("MapIterationFailed", first, name="Map", index=1)
    history.add("MapIterationAborted", first, name="Map", index=0)
    # the engine of the embedded AWS has the Map follow upon whatever came last
    history.add("MapStateFailed", late)
    failure = failure_of(failed(history, "States.Timeout"))
    assert failure.chunk == 1
    assert failure.message == "it ran longer than its TimeoutSeconds"


def test_a_functions_timeout_has_its_request_in_its_message(mixed: History) -> None:
    message = f"RequestId: {REQUEST_ID} Error: Task timed out after 2.00 seconds"
    cause = lambda_error("Sandbox.Timedout", message)
    failing = mixed.fail(len(mixed.events), "Sandbox.Timedout", cause)
    mixed.add("MapIterationFailed", failing, name="Map", index=0)
    mixed.add("MapStateFailed", failing)
    failure = failure_of(failed(mixed, "Sandbox.Timedout", cause))
    assert (failure.message, failure.request_id) == (
        "Task timed out after 2.00 seconds",
        REQUEST_ID,
    )


def test_an_error_without_a_word_is_its_name_alone(mixed: History) -> None:
    cause = lambda_error("ValueError", "", stackTrace=["a line"])
    failing = mixed.fail(len(mixed.events), "ValueError", cause)
    mixed.add("MapIterationFailed", failing, name="Map", index=0)
    mixed.add("MapStateFailed", failing)
    failure = failure_of(failed(mixed, "ValueError", cause))
    assert (failure.message, failure.trace) == ("", ("a line",))


def test_the_request_of_a_refused_call_is_no_invocation(mixed: History) -> None:
    cause = f"Rate Exceeded. (Service: Lambda, Status Code: 429, Request ID: {REQUEST_ID})"
    failing = mixed.fail(len(mixed.events), "Lambda.TooManyRequestsException", cause)
    mixed.add("MapIterationFailed", failing, name="Map", index=0)
    mixed.add("MapStateFailed", failing)
    failure = failure_of(failed(mixed, "Lambda.TooManyRequestsException", cause))
    assert (failure.message, failure.request_id) == (cause, None)


def test_a_plan_that_is_refused_is_the_controls_failure() -> None:
    history = History()
    history.add("ExecutionStarted", input="{}", roleArn="arn:aws:iam::123456789012:role/r")
    cause = lambda_error("ValueError", "no chunk size", requestId=REQUEST_ID)
    history.fail(history.attempt(history.enter("Control", 0, '{"n": 1}')), "ValueError", cause)
    service = failed(history, "ValueError", cause)
    failure = failure_of(service)
    assert (failure.state, failure.chunk, failure.input) == ("Control", None, '{"n": 1}')
    assert (failure.message, failure.function) == ("no chunk size", FUNCTION)
    assert end(service).progress.chunks is None


def test_a_fail_state_in_a_chunk_fails_with_what_the_execution_says(mixed: History) -> None:
    entered = mixed.add("FailStateEntered", len(mixed.events), name="Give up", input="{}")
    mixed.add("MapIterationFailed", entered, name="Map", index=0)
    mixed.add("MapStateFailed", entered)
    failure = failure_of(failed(mixed, "Custom", "too many"))
    assert (failure.error, failure.message) == ("Custom", "too many")
    assert (failure.state, failure.chunk, failure.function) == ("Give up", 0, None)


@pytest.mark.parametrize(
    ("kind", "details", "function"),
    [
        ("LambdaFunctionScheduled", {"resource": FUNCTION}, FUNCTION),
        ("ActivityScheduled", {"resource": "arn:aws:states:us-east-1:1:activity:a"}, None),
        ("TaskScheduled", {**LAMBDA, "parameters": '{"FunctionName": "W:live"}'}, "W:live"),
        ("TaskScheduled", {**LAMBDA, "parameters": "{}"}, None),
        ("TaskScheduled", {"resourceType": "sqs", "resource": "x", "parameters": "{}"}, None),
    ],
)
def test_the_function_of_a_failed_task_is_known_where_it_has_one(
    kind: str, details: dict[str, Any], function: str | None
) -> None:
    history = History()
    more = {"region": "us-east-1"} if kind == "TaskScheduled" else {}
    scheduled = history.add(kind, history.enter("Work", 0, "{}"), **details, **more)
    history.fail(scheduled, "OSError", "gone")
    assert failure_of(failed(history, "OSError", "gone")).function == function


def test_an_output_that_is_too_large_is_the_maps_failure_and_no_chunks() -> None:
    history = History()
    started = history.planned(1)
    last = history.finish(history.iteration(started, 0), 0)
    history.add("MapStateSucceeded", last)
    failure = failure_of(failed(history, "States.DataLimitExceeded", "too large"))
    assert (failure.state, failure.chunk) == ("Map", None)
    assert (failure.error, failure.message) == ("States.DataLimitExceeded", "too large")


def test_a_state_after_a_failed_map_is_in_no_chunk(mixed: History) -> None:
    failing = mixed.fail(len(mixed.events), "ValueError")
    mixed.add("MapIterationFailed", failing, name="Map", index=0)
    caught = mixed.add("MapStateFailed", failing)
    left = mixed.add("MapStateExited", caught, name="Map")
    mixed.fail(mixed.attempt(mixed.enter("Tidy up", left, "{}")), "OSError")
    failure = failure_of(failed(mixed, "OSError"))
    assert (failure.state, failure.chunk) == ("Tidy up", None)


@pytest.mark.parametrize(
    ("status", "event", "error", "message"),
    [
        ("TIMED_OUT", "ExecutionTimedOut", "States.Timeout", "it ran longer than its"),
        ("ABORTED", "ExecutionAborted", "Aborted", "it was stopped"),
    ],
)
def test_an_execution_may_end_without_anything_having_failed(
    mixed: History, status: str, event: str, error: str, message: str
) -> None:
    mixed.add(event, len(mixed.events))
    service = Service(mixed, status)
    failure = failure_of(service)
    assert (failure.error, failure.state, failure.chunk) == (error, None, None)
    assert failure.message.startswith(message)
    assert end(service).progress == Progress(chunks=4, done=1)


FULL = "The execution reached the maximum number of history events (25000)."


@pytest.mark.parametrize("follows", ["a chunk's step", "the end of one", "the start of one"])
def test_a_full_history_is_no_chunks_failure(mixed: History, follows: str) -> None:
    """Whichever event would have been the next."""
    if follows == "the end of one":
        mixed.finish(6, 0)
    if follows == "the start of one":
        mixed.add("MapIterationStarted", 6, name="Map", index=3)
    summary = end(failed(mixed, "States.Runtime", FULL))
    assert summary.failure == Failure(error="States.Runtime", message=FULL)
    assert summary.progress.failed == 0
    assert report.headline(summary.failure, 4) == f"States.Runtime: {FULL}"


FATES = ["waiting", "running", "done", "aborted", "tolerated"]


@given(
    fates=st.lists(st.sampled_from(FATES), max_size=6),
    failing=st.none() | st.integers(0, 5),
    ending=st.sampled_from(["Succeeded", "Failed", "Full", "Aborted", "TimedOut"]),
    nowhere=st.booleans(),
)
def test_the_parts_of_a_summary_add_up_and_no_chunk_is_said_to_have_failed_that_has_not(
    fates: list[str], failing: int | None, ending: str, nowhere: bool
) -> None:
    history = History()
    started = history.planned(len(fates), tolerant=True)
    entered = {}
    for index, fate in enumerate(fates):
        if fate != "waiting":
            entered[index] = history.iteration(started, index)
        if fate == "done":
            history.finish(entered[index], index, {"result": [index]})
        if fate == "tolerated":
            history.tolerate(entered[index], index, "ValueError", "bad")
    failing = failing if failing in entered and fates[failing] == "running" else None
    if failing is not None:
        last = history.fail(history.attempt(entered[failing]), "ValueError", "bad")
        history.add("MapIterationFailed", last, name="Map", index=failing)
    for index, fate in enumerate(fates):
        if fate == "aborted":
            history.add("MapIterationAborted", entered[index], name="Map", index=index)
    service = Service(history, ending.upper(), error="E", cause="c")
    if ending == "Full":
        service = failed(history, "States.Runtime", FULL)
    elif ending == "Failed":
        follows = 1 if nowhere else len(history.events)
        history.add("ExecutionFailed", follows, error="ValueError", cause="bad")
        service = Service(history, "FAILED", error="ValueError", cause="bad")
    else:
        service.status = "TIMED_OUT" if ending == "TimedOut" else service.status
        history.end(ending)
    summary = end(service)
    progress = summary.progress
    assert (progress.chunks, progress.running) == (len(fates), 0)
    assert progress.done == fates.count("done")
    assert progress.failed == fates.count("tolerated") + (failing is not None)
    assert progress.unfinished == len(fates) - progress.done - progress.failed >= 0
    assert summary.records == Records(total=10 * len(fates), done=10 * progress.done)
    if summary.failure is not None and summary.failure.chunk is not None:
        assert summary.failure.chunk == failing


def test_a_stopped_execution_tells_what_it_was_stopped_with(mixed: History) -> None:
    mixed.add("ExecutionAborted", len(mixed.events), error="Interrupted", cause="by hand")
    failure = failure_of(Service(mixed, "ABORTED", error="Interrupted", cause="by hand"))
    assert (failure.error, failure.message) == ("Interrupted", "by hand")


def test_the_end_is_waited_for_where_the_history_lags_behind(mixed: History) -> None:
    failing = mixed.fail(len(mixed.events), "ValueError", "bad")
    mixed.add("MapIterationFailed", failing, name="Map", index=0)
    mixed.add("MapStateFailed", failing)
    service = failed(mixed, "ValueError", "bad")
    service.visible = 5

    def one_more_look(service: Service) -> None:
        if service.calls.count("describe_execution") == 3:
            service.visible = None

    service.on_look = one_more_look
    assert failure_of(service).chunk == 0


def test_a_history_that_never_ends_does_not_hold_up_the_end(mixed: History) -> None:
    service = Service(mixed, "FAILED", error="States.Runtime", cause="no more events")
    failure = failure_of(service)
    assert (failure.error, failure.message) == ("States.Runtime", "no more events")
    assert service.calls.count("describe_execution") == LOOKS_AFTER_THE_END


def test_a_running_execution_has_no_summary(mixed: History) -> None:
    with answering(STEP_FUNCTIONS, Service(mixed)):
        outcome = Outcome(STEP_FUNCTIONS, ARN)
        outcome.look()
        with pytest.raises(RuntimeError, match="must have ended, and is running"):
            outcome.summary()


COUNTS = json.dumps({"chunks": 4, "failed": 3, "succeeded": 1})


@pytest.fixture
def tolerant() -> History:
    """Of four chunks one is done, and three have failed, with two kinds of errors."""
    history = History()
    started = history.planned(4, tolerant=True)
    entered = [history.iteration(started, index) for index in range(4)]
    history.tolerate(entered[2], 2, "KeyError", lambda_error("KeyError", "57"))
    history.finish(entered[0], 0, {"result": [0]})
    cause = lambda_error("ValueError", "bad", requestId=REQUEST_ID, stackTrace=["line 1"])
    history.tolerate(entered[1], 1, "ValueError", cause)
    history.tolerate(entered[3], 3, "KeyError", lambda_error("KeyError", "58"))
    return history


def test_a_failure_that_is_tolerated_is_a_failed_chunk_and_no_done_one(tolerant: History) -> None:
    assert look(Service(tolerant)) == Progress(chunks=4, done=1, failed=3)


def test_too_many_failures_are_counted_and_the_first_of_them_is_told(tolerant: History) -> None:
    failing = failure_of(failed(tolerant, "FanOut.TooManyFailures", COUNTS))
    assert failing == Failure(
        error="ValueError",
        message="bad",
        state="Worker",
        chunk=1,
        input='{"oneJobProcessingCount":10,"offset":10}',
        function=FUNCTION,
        request_id=REQUEST_ID,
        trace=("line 1",),
        too_many=TooMany(failed=3, chunks=4, errors={"ValueError": 1, "KeyError": 2}),
    )


RECORDS = json.dumps({**json.loads(COUNTS), "jobBadRecords": 35, "jobRecords": 140})


def test_where_too_many_records_are_bad_they_are_counted(tolerant: History) -> None:
    failing = failure_of(failed(tolerant, "FanOut.TooManyBadRecords", RECORDS))
    errors = {"ValueError": 1, "KeyError": 2}
    assert failing.too_many == TooMany(failed=3, chunks=4, errors=errors, bad=35, records=140)
    assert (failing.error, failing.message, failing.chunk) == ("ValueError", "bad", 1)


def test_where_no_chunk_failed_the_first_record_that_was_set_aside_is_told() -> None:
    history = History()
    entered = history.iteration(history.planned(1, tolerant=True), 0)
    bad = [{"record": 7, "error": "KeyError", "message": "seven"}, {"error": "OSError"}, 3]
    history.finish(entered, 0, {"result": {"answers": [1], "badRecords": bad}})
    failing = failure_of(failed(history, "FanOut.TooManyBadRecords", RECORDS))
    assert (failing.error, failing.message) == ("KeyError", "record 7: seven")
    assert failing.too_many is not None
    assert failing.too_many.errors == {"KeyError": 1, "OSError": 1}
    assert failing.state is None


@pytest.mark.parametrize("cause", [None, COUNTS, "[]"])
def test_an_error_of_that_name_that_counts_no_records_is_any_other(
    tolerant: History, cause: str | None
) -> None:
    failing = failure_of(failed(tolerant, "FanOut.TooManyBadRecords", cause))
    assert (failing.error, failing.too_many) == ("FanOut.TooManyBadRecords", None)


def test_of_a_failure_that_no_task_tells_of_the_output_does() -> None:
    history = History()
    entered = history.iteration(history.planned(1, tolerant=True), 0)
    item = json.loads(chunk(0))
    told = failure(item, "States.DataLimitExceeded", "too large")
    left = history.passing("Failed", history.attempt(entered), told)
    history.add("MapIterationSucceeded", left, name="Map", index=0)
    failing = failure_of(failed(history, "FanOut.TooManyFailures", COUNTS))
    assert (failing.error, failing.message) == ("States.DataLimitExceeded", "too large")
    assert (failing.state, failing.chunk) == ("Failed", 0)


@pytest.mark.parametrize("cause", [None, "enough of it", "[]", "{}"])
def test_an_error_of_that_name_that_does_not_count_is_any_other(
    tolerant: History, cause: str | None
) -> None:
    failing = failure_of(failed(tolerant, "FanOut.TooManyFailures", cause))
    assert (failing.error, failing.too_many) == ("FanOut.TooManyFailures", None)


def test_too_many_failures_are_counted_also_where_the_history_is_not_to_be_had() -> None:
    failing = failure_of(Service(History(), "FAILED", "FanOut.TooManyFailures", COUNTS))
    assert failing.too_many == TooMany(failed=3, chunks=4, errors={})


def test_a_chunk_that_was_cut_has_failed_if_a_part_of_it_has() -> None:
    """The part's own failure is told, and none of those that made it a part."""
    history = History()
    started = history.planned(1, tolerant=True)
    given = json.dumps({"todo": [json.loads(chunk(0))], "parts": [], "with": {}})
    begun = history.add("MapIterationStarted", started, name="Map", index=0)
    last = begun
    for count, offset, cause in ((10, 0, "all"), (1, 3, "that one"), (1, 4, "another")):
        payload = {"oneJobProcessingCount": count, "offset": offset}
        attempt = history.attempt(history.enter("Worker", last, given), payload)
        last = history.fail(attempt, "MemoryError", cause)
    parts = [
        {"result": [0, 1, 2]},
        json.loads(failure({"oneJobProcessingCount": 1, "offset": 3}, "MemoryError", "")),
        json.loads(failure({"oneJobProcessingCount": 1, "offset": 4}, "MemoryError", "")),
    ]
    left = history.add("SucceedStateExited", last, name="Done", output=json.dumps(parts))
    history.add("MapIterationSucceeded", left, name="Map", index=0)
    assert look(Service(history)).failed == 1
    failing = failure_of(failed(history, "FanOut.TooManyFailures", COUNTS))
    assert (failing.message, failing.chunk) == ("that one", 0)
    assert failing.input == '{"oneJobProcessingCount":1,"offset":3}'


def test_an_error_whose_long_name_is_shortened_in_the_output_is_found_all_the_same() -> None:
    history = History()
    entered = history.iteration(history.planned(1, tolerant=True), 0)
    name = "E" * 70
    failing = history.fail(history.attempt(entered), name, "all of it")
    left = history.passing("Failed", failing, failure(json.loads(chunk(0)), name[:60], "all"))
    history.add("MapIterationSucceeded", left, name="Map", index=0)
    found = failure_of(failed(history, "FanOut.TooManyFailures", COUNTS))
    assert (found.error, found.message, found.state) == (name, "all of it", "Worker")


@pytest.fixture
def redriven(mixed: History) -> Service:
    """One chunk had failed, its siblings were aborted; they run again."""
    failing = mixed.fail(len(mixed.events), "ValueError", "bad")
    for index in (2, 0):
        kind = "Failed" if index == 0 else "Aborted"
        mixed.add(f"MapIteration{kind}", failing, name="Map", index=index)
    mixed.add("MapStateFailed", failing)
    return failed(mixed, "ValueError", "bad")


def redrive(service: Service) -> int:
    service.status, service.redrives = "RUNNING", 1
    return service.history.add(
        "ExecutionRedriven", len(service.history.events), redriveCount=service.redrives
    )


def test_what_is_run_again_after_a_redrive_is_running(redriven: Service) -> None:
    assert look(redriven) == Progress(chunks=4, done=1, failed=1)
    redrive(redriven)
    assert look(redriven) == Progress(chunks=4, done=1, running=2)


def test_the_end_of_a_redriven_execution_is_the_one_after_the_redrive(redriven: Service) -> None:
    """Also where AWS answers for a while as if it had not been redriven."""
    seen: list[Progress] = []

    def go_on(service: Service) -> None:
        if service.calls.count("describe_execution") == 3:
            redrive(service)
        if service.calls.count("describe_execution") == 5:
            service.status = "SUCCEEDED"
            service.history.end("Succeeded", output="[]")

    redriven.on_look = go_on
    with answering(STEP_FUNCTIONS, redriven):
        outcome = Outcome(STEP_FUNCTIONS, ARN, redrives=1)
        seen += outcome.watch(sleep=lambda seconds: None)
        summary = outcome.summary()
    assert (summary.status, summary.failure) == ("SUCCEEDED", None)
    assert summary.seconds == 2.5  # from the redrive on
    assert len(seen) == 5


class Functions:
    """Answers for Lambda."""

    def __init__(self, answer: dict[str, Any] | Exception) -> None:
        self.answer = answer
        self.calls: list[str] = []

    def get_function_configuration(self, request: Any) -> dict[str, Any]:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def lambda_client() -> Any:
    return client("lambda")


@pytest.mark.parametrize("function", [FUNCTION, f"{FUNCTION}:3", "Worker", "Worker:live"])
@pytest.mark.parametrize(
    ("answer", "group"),
    [
        ({"LoggingConfig": {"LogGroup": "/jobs"}}, "/jobs"),
        ({}, "/aws/lambda/Worker"),
        (refusal("AccessDeniedException", "no", "GetFunction"), "/aws/lambda/Worker"),
    ],
)
def test_a_functions_log_group_is_the_one_it_is_set_to(
    lambda_client: Any, function: str, answer: Any, group: str
) -> None:
    with answering(lambda_client, Functions(answer)):
        assert log_group_of(lambda_client, function) == group
