"""What a purge asks of the database and the disk, whatever it forgets: a few statements a month, few waits for disk."""

import os
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from protection.rowsecurity import provider_rows
from retention.disposal.closing import close_months
from retention.models import PurgeItem, PurgeRun
from retention.services import approve_purge_plan, make_purge_plan, plan_purge, run_purge, start_purge
from tests.conftest import ActAs
from tests.retention.factories import AS_OF, OPERATOR, SECOND_OPERATOR, committed_household

FEW = [date(2020, month, 5) for month in range(1, 4)]
MANY = [date(2019, month, 5) for month in range(1, 13)]
STATEMENTS_A_MONTH = 0
"""Of months that go together: nothing is held of them, and they are closed."""
STATEMENTS_A_PLAN = 8
SYNCS_A_RUN = 3
"""All intents, all outcomes, the certificate."""


def started(months: list[date], acting_as: ActAs) -> PurgeRun:
    """Return an approved run that is to drop these months, all of them closed."""
    committed_household(months)
    with acting_as("purge"):
        with provider_rows():
            close_months(limit=100)
        plan = make_purge_plan(by=OPERATOR, as_of=AS_OF)
        return start_purge(plan=approve_purge_plan(plan=plan, by=SECOND_OPERATOR), by=OPERATOR)


def purged(run: PurgeRun, acting_as: ActAs) -> CaptureQueriesContext:
    """Carry a run out and return the statements that it sent, BEGIN and COMMIT included."""
    with acting_as("purge"), CaptureQueriesContext(connection) as statements:
        run_purge(run=run)
    return statements


def months_dropped(run: PurgeRun) -> int:
    """Return how many months a run dropped."""
    return run.items.filter(action=PurgeItem.Action.DROP_MONTH, status=PurgeItem.Status.DONE).count()


def commits(statements: CaptureQueriesContext) -> int:
    return sum(query["sql"] == "COMMIT" for query in statements.captured_queries)


def test_further_months_cost_no_further_statement_and_no_commit(
    committed_database: str, acting_as: ActAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    sync = os.fsync

    def watched(descriptor: int) -> None:
        synced.append(descriptor)
        sync(descriptor)

    first = started(FEW, acting_as)
    few = purged(first, acting_as)
    second = started(MANY, acting_as)
    monkeypatch.setattr(os, "fsync", watched)
    many = purged(second, acting_as)

    assert (months_dropped(first), months_dropped(second)) == (len(FEW), len(MANY))
    further = len(MANY) - len(FEW)
    assert len(many) - len(few) <= STATEMENTS_A_MONTH * further
    assert commits(many) == commits(few)
    assert len(synced) == SYNCS_A_RUN


def test_a_plan_of_every_class_asks_few_questions_when_nothing_but_months_is_past_its_time(
    committed_database: str, acting_as: ActAs
) -> None:
    committed_household(MANY)
    with acting_as("purge"):
        with provider_rows():
            close_months(limit=100)
        with CaptureQueriesContext(connection) as statements:
            plan = plan_purge(as_of=AS_OF)
    assert plan.months_to_drop == len(MANY)
    assert len(statements) <= STATEMENTS_A_PLAN
