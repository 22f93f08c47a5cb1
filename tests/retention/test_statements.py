"""What a purge asks of the database and the disk does not grow with the data, and little with the months."""

import os
from collections.abc import Callable
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from protection.rowsecurity import provider_rows
from retention.disposal.closing import close_months
from retention.models import PurgeItem, PurgeRun
from retention.services import approve_purge_plan, make_purge_plan, run_purge, start_purge
from tests.conftest import ActAs
from tests.retention.factories import AS_OF, OPERATOR, SECOND_OPERATOR, committed_household

FEW = [date(2020, month, 5) for month in range(1, 4)]
MANY = [date(2019, month, 5) for month in range(1, 13)]
STATEMENTS_A_MONTH = 14
STATEMENTS_A_START = 45
SYNCS_A_RUN = 3
"""All intents, all outcomes, the certificate."""


def started(months: list[date]) -> PurgeRun:
    """Return an approved run that is to drop these months, all of them closed."""
    committed_household(months)
    with provider_rows():
        close_months(limit=100)
    plan = make_purge_plan(by=OPERATOR, as_of=AS_OF)
    return start_purge(plan=approve_purge_plan(plan=plan, by=SECOND_OPERATOR), by=OPERATOR)


def counted(work: Callable[[], object]) -> CaptureQueriesContext:
    """Return the statements that some work sends, BEGIN and COMMIT included."""
    with CaptureQueriesContext(connection) as statements:
        work()
    return statements


def commits(statements: CaptureQueriesContext) -> int:
    return sum(query["sql"] == "COMMIT" for query in statements.captured_queries)


def test_each_further_month_costs_a_few_statements_and_one_commit(
    committed_database: str, acting_as: ActAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    sync = os.fsync
    with acting_as("purge"):
        run_purge(run=started([date(2020, 7, 5)]))  # so that the journal and its folder are there
        runs = [started(months) for months in (FEW,)]
        few = counted(lambda: run_purge(run=runs[0]))
        runs.append(started(MANY))
        monkeypatch.setattr(os, "fsync", lambda descriptor: (synced.append(descriptor), sync(descriptor)))
        many = counted(lambda: run_purge(run=runs[1]))
    for run, months in zip(runs, (FEW, MANY), strict=True):
        done = run.items.filter(action=PurgeItem.Action.DROP_MONTH, status=PurgeItem.Status.DONE)
        assert done.count() == len(months)
    further = len(MANY) - len(FEW)
    assert len(many) - len(few) <= STATEMENTS_A_MONTH * further
    assert commits(many) - commits(few) == further
    assert len(synced) == SYNCS_A_RUN
