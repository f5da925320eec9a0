"""Failed chunks, bad records and retries, in the embedded AWS: every record is accounted for."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import boto3
import pytest
from aws_cdk import aws_lambda as lambda_

import bounded
import jobs
from fan_out import FailurePolicy, FanOut, Retry
from fan_out.local import EmbeddedAws
from fan_out.local.assembly import deploy
from fan_out.runtime.budget import (
    BYTES_PER_FAILURE,
    EVENTS_AROUND,
    EVENTS_PER_CHUNK,
    EVENTS_PER_FAILURE,
    EVENTS_PER_RETRY,
    EVENTS_PER_ROUND,
    EVENTS_TO_COLLECT,
    EVENTS_TO_COUNT,
    EVENTS_TO_FINISH,
    EVENTS_TO_HALVE,
    most_chunks,
)

SOON = Retry(attempts=30, interval=cdk.Duration.seconds(1), backoff=1)
A_SECOND = lambda_.FunctionOptions(timeout=cdk.Duration.seconds(1))
ONE_AT_A_TIME = lambda_.FunctionOptions(
    timeout=cdk.Duration.seconds(30), reserved_concurrent_executions=1
)
TOLERATE = FailurePolicy.tolerate
LONGEST = most_chunks(EVENTS_PER_FAILURE, BYTES_PER_FAILURE)


def build(outdir: Path) -> Path:
    """One stack with a fan-out for each way to fail; an output names each machine."""
    app = cdk.App(outdir=str(outdir))
    stack = cdk.Stack(app, "Failures")
    five, broken = jobs.fails_in_five_chunks, jobs.always_fails
    fan_outs: dict[str, dict[str, Any]] = {
        "UnderPercent": {"worker": five, "on_failure": TOLERATE(percent=5)},
        "OverPercent": {"worker": five, "on_failure": TOLERATE(percent=4.9)},
        "UnderNumber": {"worker": five, "on_failure": TOLERATE(chunks=5)},
        "OverNumber": {"worker": five, "on_failure": TOLERATE(chunks=4)},
        "Collected": {
            "worker": five,
            "on_failure": TOLERATE(percent=5),
            "collect": jobs.survivors,
        },
        "Broken": {"worker": broken, "on_failure": TOLERATE(percent=1), "chunk_size": 1},
        "AllTolerated": {"worker": broken, "on_failure": TOLERATE(percent=100), "chunk_size": 1},
        "Wordy": {"worker": jobs.wordy, "on_failure": TOLERATE(chunks=1), "chunk_size": 1},
        "Aside": {"worker": jobs.sets_sevens_aside},
        "AsideTolerated": {"worker": jobs.sets_sevens_aside, "on_failure": TOLERATE(chunks=0)},
        "Monster": {
            "worker": jobs.one_monster,
            "on_failure": TOLERATE(chunks=1),
            "worker_options": A_SECOND,
        },
        "Halved": {
            "worker": jobs.one_monster,
            "on_failure": TOLERATE(chunks=1, halve=True),
            "worker_options": A_SECOND,
            "pass_input": True,
        },
        "HalvedBroken": {"worker": broken, "on_failure": TOLERATE(percent=100, halve=True)},
        "HalvedRounds": {
            "worker": jobs.monster_in_a_later_round,
            "on_failure": TOLERATE(chunks=1, halve=True),
            "carry_on": True,
            "pass_input": True,
        },
        "HalvedHungry": {
            "worker": jobs.never_enough,
            "on_failure": TOLERATE(percent=100, halve=True),
            "chunk_size": 400,
        },
        "Hungry": {
            "control": jobs.items,
            "worker": jobs.hungry,
            "on_failure": TOLERATE(chunks=2, halve=True),
            "worker_options": lambda_.FunctionOptions(
                memory_size=256, timeout=cdk.Duration.seconds(30)
            ),
            "chunk_size": 4,
        },
        "TooMuch": {"worker": jobs.answers_too_much, "on_failure": TOLERATE(chunks=1)},
        "SecondRound": {
            "worker": jobs.fails_in_its_second_round,
            "on_failure": TOLERATE(chunks=1),
            "carry_on": True,
        },
        "Throttled": {
            "worker": jobs.environments,
            "worker_options": ONE_AT_A_TIME,
            "retry": SOON,
        },
        "Vendor": {
            "worker": jobs.throttled_at_first,
            "retry_on": ["ThrottledByVendor"],
            "retry": SOON,
        },
        "UnderRecords": {"worker": five, "on_failure": TOLERATE(records=50)},
        "OverRecords": {"worker": five, "on_failure": TOLERATE(percent=5, records=49)},
        "AsideUnder": {
            "worker": jobs.sets_sevens_aside,
            "on_failure": TOLERATE(records_percent=12),
        },
        "AsideOver": {
            "worker": jobs.sets_sevens_aside,
            "on_failure": TOLERATE(chunks=0, records_percent=11.9),
        },
        "Big": {"worker": jobs.big_numbers, "on_failure": TOLERATE(chunks=0), "carry_on": True},
        "BigPlain": {"worker": jobs.huge_number, "on_failure": TOLERATE(chunks=1)},
        "BigHalved": {"worker": jobs.huge_number, "on_failure": TOLERATE(chunks=1, halve=True)},
        "Dates": {"worker": jobs.a_date_at_15, "on_failure": TOLERATE(chunks=1)},
        "DatesAside": {"worker": jobs.dates_aside, "pass_input": True},
        "Longest": {
            "worker": jobs.throttled_a_little,
            "carry_on": True,
            "chunk_size": 2,
            "retry_on": ["ThrottledByVendor"],
            "retry": SOON,
        },
        "NoTrouble": {"worker": jobs.numbers, "pass_input": True},
        "NoTroubleCollected": {"worker": jobs.numbers, "collect": jobs.total},
        "NoRetry": {"worker": jobs.throttled_at_first, "retry": Retry(attempts=0)},
    }
    for name, given in fan_outs.items():
        job = FanOut(stack, name, **{"chunk_size": 10, **given})
        cdk.CfnOutput(stack, name + "Machine", value=job.state_machine.state_machine_arn)
    app.synth()
    return outdir


@pytest.fixture(scope="module")
def session(aws: EmbeddedAws) -> boto3.Session:
    return aws.session()


@pytest.fixture(scope="module")
def outputs(session: boto3.Session, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    assembly = build(tmp_path_factory.mktemp("assembly") / "cdk.out")
    return deploy(assembly, session)["Failures"]


Run = Callable[[str, int], dict[str, Any]]


@pytest.fixture
def run(session: boto3.Session, outputs: dict[str, str]) -> Run:
    """Run a machine over so many records, to its end."""

    def start_and_wait(name: str, records: int) -> dict[str, Any]:
        return ended(session, outputs[f"{name}Machine"], {"totalProcessRecordCount": records})

    return start_and_wait


def ended(session: boto3.Session, machine: str, given: dict[str, Any]) -> dict[str, Any]:
    client = session.client("stepfunctions")
    arn = client.start_execution(stateMachineArn=machine, input=json.dumps(given))["executionArn"]
    return bounded.ended(client, arn)


def output(done: dict[str, Any]) -> Any:
    assert done["status"] == "SUCCEEDED", (done.get("error"), done.get("cause"))
    return json.loads(done["output"])


def good_records() -> list[int]:
    return [record for record in range(1000) if record // 10 not in jobs.BAD_CHUNKS]


@pytest.mark.parametrize("name", ["UnderPercent", "UnderNumber"])
def test_failures_up_to_the_limit_are_told_beside_the_results(name: str, run: Run) -> None:
    told = output(run(name, 1000))
    assert sum(told["results"], []) == good_records()
    assert told["failures"] == [
        {
            "chunk": {"oneJobProcessingCount": 10, "offset": 10 * bad},
            "error": "ValueError",
            "cause": f"bad chunk at {10 * bad}",
        }
        for bad in sorted(jobs.BAD_CHUNKS)
    ]
    assert told["counts"] == {
        "chunks": 100,
        "succeeded": 95,
        "failed": 5,
        "records": 1000,
        "recordsSucceeded": 950,
    }


@pytest.mark.parametrize("name", ["OverPercent", "OverNumber"])
def test_over_the_limit_every_chunk_ends_and_then_the_run_fails_with_the_counts(
    name: str, run: Run
) -> None:
    done = run(name, 1000)
    assert (done["status"], done["error"]) == ("FAILED", "FanOut.TooManyFailures")
    counts = json.loads(done["cause"])
    assert (counts["chunks"], counts["succeeded"], counts["failed"]) == (100, 95, 5)
    assert (counts["records"], counts["recordsSucceeded"]) == (1000, 950)


def test_no_chunks_are_no_failures(run: Run) -> None:
    told = output(run("UnderPercent", 0))
    assert (told["results"], told["failures"]) == ([], [])
    assert set(told["counts"].values()) == {0}


def test_a_single_chunk_is_a_list_of_one(run: Run) -> None:
    told = output(run("UnderPercent", 10))
    assert told["results"] == [list(range(10))]
    assert told["counts"]["recordsSucceeded"] == 10


def test_a_collect_gets_results_failures_and_counts(run: Run) -> None:
    told = output(run("Collected", 1000))
    assert told["records"] == good_records()
    assert told["failed"] == [10 * bad for bad in sorted(jobs.BAD_CHUNKS)]
    assert told["counts"]["failed"] == 5


def test_the_longest_run_in_which_all_fails_ends_with_the_counts(run: Run) -> None:
    done = run("Broken", LONGEST)
    assert done["error"] == "FanOut.TooManyFailures"
    assert json.loads(done["cause"])["failed"] == LONGEST


def test_of_the_causes_there_is_as_much_as_fits(run: Run) -> None:
    few = output(run("AllTolerated", 3))
    assert all(one["cause"].startswith("the database is gone") for one in few["failures"])
    assert {len(one["cause"]) for one in few["failures"]} == {1000}
    many = output(run("AllTolerated", 1000))
    assert len(many["failures"]) == 1000
    assert all(one["cause"].startswith("the database is") for one in many["failures"])


def test_however_long_an_error_is_its_chunk_is_tolerated(run: Run) -> None:
    told = output(run("Wordy", 3))
    assert told["results"] == ["fine", "fine"]
    (failure,) = told["failures"]
    assert (failure["chunk"]["offset"], failure["error"]) == (1, "ValueError")
    assert 0 < len(failure["cause"]) <= 1000


def test_a_run_one_chunk_longer_is_refused_before_it_starts(run: Run) -> None:
    done = run("Broken", LONGEST + 1)
    assert done["error"] == "ValueError"
    assert f"carries at most {LONGEST} " in json.loads(done["cause"])["errorMessage"]


def test_bad_records_are_set_aside_and_the_run_succeeds(run: Run) -> None:
    answers = output(run("Aside", 25))
    assert [answer["answers"] for answer in answers] == [
        [0, 1, 2, 3, 4, 5, 6, 8, 9],
        [10, 11, 12, 13, 14, 15, 16, 18, 19],
        [20, 21, 22, 23],
    ]
    bad = [one for answer in answers for one in answer["badRecords"]]
    assert [(one["record"], one["message"]) for one in bad] == [
        (7, "bad record 7"),
        (17, "bad record 17"),
        (24, "\\udc80 is no text"),
    ]
    assert {one["error"] for one in bad} == {"ValueError"}


def test_bad_records_are_no_failed_chunks_but_do_not_count_as_succeeded(run: Run) -> None:
    counts = output(run("AsideTolerated", 25))["counts"]
    assert counts == {
        "chunks": 3,
        "succeeded": 3,
        "failed": 0,
        "records": 25,
        "recordsSucceeded": 22,
    }


def test_a_monster_record_costs_its_chunk_and_no_other(run: Run) -> None:
    told = output(run("Monster", 100))
    assert sum(told["results"], []) == [*range(50), *range(60, 100)]
    (failure,) = told["failures"]
    assert failure["chunk"] == {"oneJobProcessingCount": 10, "offset": 50}
    assert failure["error"] == "Sandbox.Timedout"
    assert "Task timed out after 1.00 seconds" in failure["cause"]


def test_where_chunks_are_halved_a_monster_record_costs_itself_alone(run: Run) -> None:
    told = output(run("Halved", 100))
    assert sum(told["results"], []) == [record for record in range(100) if record != 57]
    (failure,) = told["failures"]
    assert failure["chunk"] == {"oneJobProcessingCount": 1, "offset": 57}
    assert failure["error"] == "Sandbox.Timedout"
    assert told["counts"] == {
        "chunks": 13,  # ten, one of which became 50-54, 55-56, 57 and 58-59
        "succeeded": 12,
        "failed": 1,
        "records": 100,
        "recordsSucceeded": 99,
    }


def test_where_no_chunk_need_be_halved_none_is(run: Run) -> None:
    told = output(run("Halved", 50))
    assert sum(told["results"], []) == list(range(50))
    assert (told["failures"], told["counts"]["chunks"]) == ([], 5)
    assert output(run("Halved", 0))["results"] == []


def test_where_all_chunks_fail_there_are_no_results(run: Run) -> None:
    told = output(run("HalvedBroken", 30))
    assert told["results"] == []
    assert [one["chunk"]["offset"] for one in told["failures"]] == [0, 10, 20]
    assert {one["error"] for one in told["failures"]} == {"RuntimeError"}


def test_what_ran_out_of_memory_is_halved_too_and_its_items_with_it(
    session: boto3.Session, outputs: dict[str, str]
) -> None:
    items = [[1, [2]], None, "big", {"a": 1}, [], 7, "big"]
    told = output(ended(session, outputs["HungryMachine"], {"items": items}))
    assert sum(told["results"], []) == [item for item in items if item != "big"]
    assert [one["chunk"]["offset"] for one in told["failures"]] == [2, 6]
    assert {one["error"] for one in told["failures"]} <= {"Runtime.OutOfMemory", "MemoryError"}


def test_what_earlier_rounds_have_done_is_kept_where_a_later_one_is_halved(
    session: boto3.Session, outputs: dict[str, str]
) -> None:
    given = {"totalProcessRecordCount": 30, "oneJobProcessMaxCount": 30, "much": "x" * 60_000}
    told = output(ended(session, outputs["HalvedRoundsMachine"], given))
    assert sum(told["results"], []) == [record for record in range(30) if record != 17]
    (failure,) = told["failures"]
    assert failure["chunk"] == {"oneJobProcessingCount": 1, "offset": 17}
    assert told["counts"]["recordsSucceeded"] == 29


def test_a_chunk_of_which_every_record_is_too_much_is_cut_into_so_many_parts_at_the_most(
    run: Run,
) -> None:
    told = output(run("HalvedHungry", 400))
    assert told["results"] == []
    assert told["counts"]["chunks"] == len(told["failures"]) == 64
    sizes = [one["chunk"]["oneJobProcessingCount"] for one in told["failures"]]
    assert sum(sizes) == 400
    assert told["counts"]["recordsSucceeded"] == 0


def test_an_answer_that_no_state_can_carry_is_a_failure_of_its_chunk(run: Run) -> None:
    told = output(run("TooMuch", 20))
    assert told["results"] == ["y"]
    (failure,) = told["failures"]
    assert (failure["chunk"]["offset"], failure["error"]) == (0, "States.DataLimitExceeded")


def test_a_chunk_that_fails_in_a_later_round_has_failed_as_a_whole(run: Run) -> None:
    told = output(run("SecondRound", 30))
    assert told["results"] == [list(range(10)), list(range(20, 30))]
    (failure,) = told["failures"]
    assert failure["chunk"] == {"oneJobProcessingCount": 10, "offset": 10}
    assert failure["cause"] == "bad record 15"


@pytest.mark.parametrize("name", ["UnderRecords", "AsideUnder"])
def test_bad_records_up_to_the_limit_are_tolerated(name: str, run: Run) -> None:
    """Those of failed chunks, and those that are set aside: 50 of 1,000, and 3 of 25."""
    records, bad = (1000, 50) if name == "UnderRecords" else (25, 3)
    counts = output(run(name, records))["counts"]
    assert counts["records"] - counts["recordsSucceeded"] == bad


@pytest.mark.parametrize(
    ("name", "records", "bad"), [("OverRecords", 1000, 50), ("AsideOver", 25, 3)]
)
def test_over_that_limit_the_run_fails_for_its_records(
    name: str, records: int, bad: int, run: Run
) -> None:
    done = run(name, records)
    assert (done["status"], done["error"]) == ("FAILED", "FanOut.TooManyBadRecords")
    cause = json.loads(done["cause"])
    assert (cause["jobBadRecords"], cause["jobRecords"]) == (bad, records)
    assert (cause["records"], cause["recordsSucceeded"]) == (records, records - bad)


def test_bad_records_count_over_the_whole_job_where_a_run_resumes_another(
    session: boto3.Session, outputs: dict[str, str]
) -> None:
    given = {"chunks": [{"oneJobProcessingCount": 5, "offset": 20}], "done": 2, "records": 20}
    for bad, status in ((2, "SUCCEEDED"), (3, "FAILED")):  # with record 24, 3 or 4 of 25
        resumed = {"fanOutResume": {**given, "badRecords": bad}}
        done = ended(session, outputs["AsideUnderMachine"], resumed)
        assert done["status"] == status


def test_ints_that_no_double_can_hold_pass_through_as_they_are(run: Run) -> None:
    told = output(run("Big", 20))
    answers = [answer for result in told["results"] for answer in result]
    assert answers == [[record, jobs.BIG] for record in range(20)]
    assert told["counts"]["succeeded"] == 2


def test_a_number_that_is_none_for_jsonata_costs_its_chunk_at_the_most(run: Run) -> None:
    told = output(run("BigPlain", 20))
    assert told["results"] == [[10**400], [2**53 + 1]]
    halved = output(run("BigHalved", 20))
    (failure,) = halved["failures"]
    assert (failure["chunk"]["offset"], failure["error"]) == (0, "States.QueryEvaluationError")
    assert len(halved["results"]) == 1


def test_an_answer_that_is_not_json_is_a_failure_of_its_chunk_and_says_where(run: Run) -> None:
    told = output(run("Dates", 30))
    assert len(told["results"]) == 2
    (failure,) = told["failures"]
    assert (failure["chunk"]["offset"], failure["error"]) == (10, "ValueError")
    assert failure["cause"].startswith('answer[5]["when"] must be JSON, got datetime')


def test_a_record_whose_answer_is_not_json_is_set_aside_and_the_others_have_keys(run: Run) -> None:
    done = run("DatesAside", 30)
    answers = output(done)
    (bad,) = [one for answer in answers for one in answer["badRecords"]]
    assert (bad["record"], bad["error"]) == (15, "ValueError")
    assert bad["message"].endswith("(a datetime): answer x.isoformat()")
    keys = [key for answer in answers for key in answer["answers"]]
    assert keys == [f"{done['name']}:{record}" for record in range(30) if record != 15]


def test_the_longest_plan_that_carries_on_has_room_for_throttling_and_a_further_round(
    run: Run, session: boto3.Session
) -> None:
    done = run("Longest", 2 * 2_269)
    assert sum(output(done), []) == list(range(2 * 2_269))
    assert failures_of(session, done) == ["ThrottledByVendor"] * 3
    refused = json.loads(run("Longest", 2 * 2_270)["cause"])["errorMessage"]
    assert "carries at most 2269 " in refused


def test_a_throttled_function_is_tried_again_until_it_has_room(
    run: Run, session: boto3.Session
) -> None:
    done = run("Throttled", 80)
    assert len(output(done)) == 8
    errors = failures_of(session, done)
    assert errors
    assert set(errors) == {"Lambda.TooManyRequestsException"}


def test_an_error_of_ones_own_is_tried_again_where_that_is_asked_for(
    run: Run, session: boto3.Session
) -> None:
    done = run("Vendor", 20)
    assert output(done) == [list(range(10)), list(range(10, 20))]
    assert set(failures_of(session, done)) == {"ThrottledByVendor"}
    assert run("NoRetry", 20)["error"] == "ThrottledByVendor"


TOLERANT = EVENTS_AROUND + EVENTS_TO_COUNT
COLLECTED = EVENTS_TO_COLLECT - 2  # the state of runs that resume others is not entered
ROUNDS = EVENTS_PER_CHUNK + EVENTS_TO_FINISH


@pytest.mark.parametrize(
    ("name", "records", "events"),
    [
        ("NoTrouble", 20, EVENTS_AROUND + 2 * EVENTS_PER_CHUNK),
        ("NoTroubleCollected", 20, EVENTS_AROUND + COLLECTED + 2 * EVENTS_PER_CHUNK),
        ("Longest", 4, EVENTS_AROUND + 2 * ROUNDS),
        ("UnderRecords", 20, TOLERANT + 2 * EVENTS_PER_CHUNK),
        ("Collected", 20, TOLERANT + COLLECTED + 2 * EVENTS_PER_CHUNK),
        ("AllTolerated", 2, TOLERANT + 2 * EVENTS_PER_FAILURE),
        ("HalvedBroken", 20, TOLERANT + 2 * (EVENTS_PER_CHUNK + EVENTS_TO_HALVE)),
        ("Big", 4, TOLERANT + ROUNDS + EVENTS_PER_ROUND),
    ],
)
def test_a_history_has_the_events_that_the_budget_counts(
    name: str, records: int, events: int, run: Run, session: boto3.Session
) -> None:
    done = run(name, records)
    retries = failures_of(session, done).count("ThrottledByVendor")
    assert len(events_of(session, done)) == events + EVENTS_PER_RETRY * retries


def events_of(session: boto3.Session, done: dict[str, Any]) -> list[dict[str, Any]]:
    pages = session.client("stepfunctions").get_paginator("get_execution_history")
    found = pages.paginate(executionArn=done["executionArn"])
    return [dict(event) for page in found for event in page["events"]]


def failures_of(session: boto3.Session, done: dict[str, Any]) -> list[str]:
    """The errors of all attempts of the run."""
    return [
        event["taskFailedEventDetails"]["error"]
        for event in events_of(session, done)
        if event["type"] == "TaskFailed"
    ]
