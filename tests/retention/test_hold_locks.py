"""Holds and purges wait for each other in one order: no row is lost in between, and neither blocks the other."""

import time
from datetime import UTC, datetime

import psycopg
import pytest
from django.contrib.sessions.models import Session

from protection.rowsecurity import provider_rows
from retention.models import LegalHold, PurgeItem
from retention.services import begin_purge, run_purge
from retention.waypoints import Subject, Waypoint, observed_by
from tests.conftest import ActAs, Connect
from tests.retention.factories import AS_OF, OPERATOR, committed_household
from tests.retention.test_races import in_thread, insert_hold
from tests.rights.factories import a_member, correct

EXPIRED = datetime(2019, 1, 15, tzinfo=UTC)
CUSTOMER = "SELECT id FROM accounts_customer WHERE id = %s FOR KEY SHARE NOWAIT"
ACCOUNT = "SELECT id FROM accounts_account WHERE id = %s FOR KEY SHARE NOWAIT"


def test_no_hold_comes_between_the_look_at_the_holds_and_the_deletion_of_rows(
    committed_database: str, acting_as: ActAs, as_role: Connect
) -> None:
    home = committed_household()
    Session.objects.create(session_key="k" * 32, session_data="", expire_date=EXPIRED)
    tried: list[str] = []

    with as_role("web") as clerk, acting_as("purge"):
        clerk.execute("SET lock_timeout = '50ms'")

        def try_a_hold(point: Waypoint, subject: Subject) -> None:
            is_due = point is Waypoint.DROP_DUE and isinstance(subject, PurgeItem)
            if is_due and subject.action == PurgeItem.Action.DELETE_ROWS:
                with pytest.raises(psycopg.errors.LockNotAvailable), clerk.transaction():
                    insert_hold(clerk, home)
                tried.append(subject.partition)

        with observed_by(try_a_hold):
            run_purge(run=begin_purge(by=OPERATOR, as_of=AS_OF))
        with clerk.transaction():
            insert_hold(clerk, home)
    assert "django_session" in tried


def test_a_correction_that_waits_for_a_purge_keeps_no_row_from_it(
    committed_database: str, acting_as: ActAs, as_role: Connect
) -> None:
    """A purge that moves held rows needs the accounts they refer to; who waits for it must not have locked them."""
    with provider_rows():
        user, account = a_member()

    def demand() -> None:
        with provider_rows():
            correct(user, account.customer, "customer.name", "Alexandra Sample")

    with as_role("purge") as purge, as_role("worker") as witness:
        with purge.transaction():
            purge.execute("LOCK TABLE retention_legalhold IN SHARE MODE")
            thread, faults = in_thread(demand)
            time.sleep(0.5)
            assert thread.is_alive()
            with witness.transaction():
                witness.execute("SELECT set_config('resguardo.scope', 'provider', true)")
                for statement, key in ((CUSTOMER, account.customer_id), (ACCOUNT, account.pk)):
                    assert witness.execute(statement, [key]).fetchall() == [(key,)]
        thread.join()
    assert not faults
    with provider_rows():
        assert LegalHold.objects.in_force().get().customer == account.customer
