"""What the embedded AWS does is what AWS does: case by case."""

from collections import Counter
from collections.abc import Iterator

import pytest
from alone import run_alone
from case import KEYS, SOURCES, Case, read_cases
from over_http import Account, account
from table import DOCUMENT, table

from fan_out.local import EmbeddedAws

CASES = read_cases()
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@pytest.fixture(scope="module")
def embedded() -> Iterator[Account]:
    with EmbeddedAws() as aws, account(aws.session()) as made:
        yield made


@each_case
def test_a_case_says_what_it_shows_and_where_that_is_known_from(case: Case) -> None:
    assert case.given.keys() <= KEYS
    assert case.given["source"] in SOURCES
    assert case.given["title"]
    assert case.given["where"]
    assert len({"status", "refused", "refused_here"} & case.given.keys()) == 1


def test_a_number_is_one_cases_and_begins_with_that_of_its_group() -> None:
    assert max(Counter(case.number for case in CASES).values()) == 1
    assert all(str(case.number // 100) == case.group.partition("-")[0] for case in CASES)


def test_the_page_of_the_embedded_aws_has_the_cases_as_they_are() -> None:
    """Where it has not: ``python tests/truth/table.py`` writes them into it."""
    assert table(CASES) in DOCUMENT.read_text()


@each_case
def test_the_interpreter_alone_does_as_aws(case: Case) -> None:
    assert case.differences(run_alone(case)) == []


@each_case
def test_the_embedded_aws_does_as_aws(case: Case, embedded: Account) -> None:
    assert case.differences(embedded.run(case)) == []
