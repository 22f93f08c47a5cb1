"""What happens between transactions that really commit: races, and what only the purge role may do."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import Thread
from uuid import uuid4

import psycopg
import pytest
from django.db import connection, transaction

from consent.models import Consent, ConsentVersion
from consent.selectors import consents_in_force
from consent.services import grant_consent, withdraw_consent
from ledger.actor import Actor
from protection.rowsecurity import provider_rows
from tests.consent.factories import granted, staff_with, terms
from tests.factories import CustomerFactory, RecipientFactory

Connect = Callable[[str], AbstractContextManager[psycopg.Connection]]
pytestmark = pytest.mark.usefixtures("committed_database")


def in_thread(work: Callable[[], object]) -> Thread:
    """Run work on a connection of its own, seeing the provider's rows."""

    def run() -> None:
        try:
            with provider_rows():
                work()
        finally:
            connection.close()

    thread = Thread(target=run)
    thread.start()
    return thread


def test_a_withdrawal_waits_for_the_release_that_is_being_made_and_stops_the_next() -> None:
    with provider_rows():
        consent = granted()
        by = Actor.of(staff_with(consent.customer))
    wanted = {"recipient": consent.recipient, "purpose": consent.purpose, "customers": [consent.customer]}
    with provider_rows():
        assert consents_in_force(**wanted, lock=True).exists()
        withdrawing = in_thread(lambda: withdraw_consent(consent=consent, by=by))
        withdrawing.join(timeout=0.5)
        assert withdrawing.is_alive()
        assert consents_in_force(**wanted).exists()
    withdrawing.join(timeout=10)
    assert not withdrawing.is_alive()
    with provider_rows():
        assert not consents_in_force(**wanted, lock=True).exists()


def test_a_release_that_begins_during_a_withdrawal_waits_and_sees_it() -> None:
    with provider_rows():
        consent = granted()
        by = Actor.of(staff_with(consent.customer))
    seen: list[bool] = []
    wanted = {"recipient": consent.recipient, "purpose": consent.purpose, "customers": [consent.customer]}
    with provider_rows():
        withdraw_consent(consent=consent, by=by)
        releasing = in_thread(lambda: seen.append(consents_in_force(**wanted, lock=True).exists()))
        releasing.join(timeout=0.5)
        assert releasing.is_alive()
    releasing.join(timeout=10)
    assert seen == [False]


def test_a_form_sent_twice_at_once_makes_one_consent() -> None:
    with provider_rows():
        customer, recipient = CustomerFactory.create(), RecipientFactory.create()
        by = Actor.of(staff_with(customer))
        details = terms(request_id=uuid4())
    made: list[int] = []
    sending = [
        in_thread(
            lambda: made.append(grant_consent(customer=customer, recipient=recipient, by=by, **details).version_count)
        )
        for _ in range(2)
    ]
    for thread in sending:
        thread.join(timeout=10)
    assert made == [1, 1]
    with provider_rows():
        assert ConsentVersion.objects.count() == 1


def test_withdrawn_twice_at_once_is_withdrawn_once() -> None:
    with provider_rows():
        consent = granted()
        by = Actor.of(staff_with(consent.customer))
    ended: list[bool] = []
    for thread in [
        in_thread(lambda: ended.append(withdraw_consent(consent=consent, by=by).is_granted)) for _ in range(2)
    ]:
        thread.join(timeout=10)
    assert ended == [False, False]
    with provider_rows():
        assert consent.versions.filter(kind="withdraw").count() == 1


def test_the_purge_role_deletes_whole_consents_only(as_role: Connect) -> None:
    with provider_rows():
        consent = granted()
    with as_role("purge") as purge:
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            purge.execute("DELETE FROM consent_consentversion WHERE consent_id = %s", [consent.pk])
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            purge.execute("UPDATE consent_consent SET is_granted = true")
        with purge.transaction():
            purge.execute("DELETE FROM consent_receipt WHERE customer_id = %s", [consent.customer_id])
            purge.execute("DELETE FROM consent_consentversion WHERE consent_id = %s", [consent.pk])
            purge.execute("DELETE FROM consent_consent WHERE id = %s", [consent.pk])
            purge.execute("DELETE FROM consent_servednotice WHERE customer_id = %s", [consent.customer_id])
    with provider_rows(), transaction.atomic():
        assert not Consent.objects.exists()
