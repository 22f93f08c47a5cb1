"""What ends a consent without an act of its own: computed when it is asked for, in one place for all who ask."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from accounts.models import Account, Recipient
from accounts.services import resume_recipient, stop_recipient
from consent.models import Consent, NoticeText
from consent.searching import search_consents
from consent.selectors import consents_in_force, covering_version, status_of
from consent.services import expire_consent, expire_consents, grant_consent, withdraw_consent
from consent.states import StatusCode
from energy.models import UsagePoint
from ledger.actor import Actor
from protection.clock import provider_today
from tests.consent.factories import FIELDS, granted, holder_of, noticed, scope_of, staff_with, terms
from tests.factories import AccountFactory, RecipientAgreementFactory, RecipientFactory, UserFactory

pytestmark = pytest.mark.django_db
BEAT = Actor.system("beat")


def days(count: int) -> date:
    return provider_today() + timedelta(days=count)


def running(**changes: Any) -> Consent:
    """Return a consent of a customer with one open account, for a recipient under agreement."""
    account: Account = AccountFactory.create()
    return granted(customer=account.customer, recipient=RecipientFactory.create(under_agreement=True), **changes)


def close_account(consent: Consent) -> None:
    consent.customer.accounts.update(closed_on=days(0))


def close_customer(consent: Consent) -> None:
    type(consent.customer).objects.filter(pk=consent.customer_id).update(closed_at=Now())


def end_agreement(consent: Consent) -> None:
    consent.recipient.agreements.update(valid_to=days(0))


def stop(consent: Consent) -> None:
    by = Actor.of(UserFactory.create(staff=True, bound=True))
    stop_recipient(recipient=consent.recipient, reason="Data was passed on", by=by)


def ask_anew(consent: Consent, effective_from: date | None = None) -> None:
    noticed("consent_form", effective_from=effective_from or days(0), asks_anew=True)


ENDINGS = [
    (close_account, StatusCode.ACCOUNT_CLOSED),
    (close_customer, StatusCode.ACCOUNT_CLOSED),
    (end_agreement, StatusCode.AGREEMENT_ENDED),
    (stop, StatusCode.RECIPIENT_STOPPED),
    (ask_anew, StatusCode.NOTICE_OUTDATED),
]


@pytest.mark.parametrize(("end", "code"), ENDINGS)
def test_a_consent_that_something_else_ended_says_what_and_covers_nothing(
    end: Callable[[Consent], None], code: StatusCode
) -> None:
    consent = running()
    asked = covering(consent)
    assert (status_of(consent).code, asked()) == (StatusCode.ACTIVE, consent.scope_version_id)
    end(consent)
    status = status_of(consent)
    assert (status.code, asked(), status.is_running) == (code, None, False)
    assert status.reason
    assert consent in search_consents(status=code, day=days(0))
    assert consent not in search_consents(status="active", day=days(0))
    listed = Consent.objects.with_state(days(0)).get(pk=consent.pk)
    assert listed.state == code


def covering(consent: Consent, **changes: Any) -> Callable[[], int | None]:
    asked = {"field_ids": FIELDS, "data_from": date(2024, 2, 1), "data_to": date(2024, 3, 1), **changes}
    parties = {
        "recipient_id": consent.recipient_id,
        "purpose_id": consent.purpose_id,
        "customer_id": consent.customer_id,
    }
    return lambda: covering_version(**parties, **asked)


@pytest.mark.parametrize(
    ("asked", "is_covered"),
    [
        ({}, True),
        ({"field_ids": ["customer.name"]}, True),
        ({"field_ids": [*FIELDS, "customer.email"]}, False),
        ({"data_from": date(2023, 12, 31)}, False),
        ({"data_to": date(2025, 1, 1)}, True),
        ({"data_to": date(2025, 1, 2)}, False),
    ],
)
def test_only_what_was_agreed_to_is_covered(asked: dict[str, Any], is_covered: bool) -> None:
    consent = running(data_to=date(2025, 1, 1))
    assert bool(covering(consent, **asked)()) == is_covered


def test_a_consent_for_one_meter_covers_no_other_and_not_all() -> None:
    account = AccountFactory.create()
    first, second = (UsagePoint.objects.create(account=account, identifier=f"UsagePoint/{n}") for n in range(2))
    consent = granted(customer=account.customer, usage_point_ids=[first.pk])
    assert covering(consent, usage_point_ids=[first.pk])() == consent.scope_version_id
    assert covering(consent, usage_point_ids=[first.pk, second.pk])() is None
    assert covering(consent)() is None


def test_it_is_asked_in_one_query(django_assert_num_queries: Any) -> None:
    asked = covering(running())
    with django_assert_num_queries(1):
        assert asked()


def test_who_moves_within_the_area_keeps_the_consent_that_is_for_all_meters() -> None:
    consent = running()
    AccountFactory.create(customer=consent.customer, opened_on=days(0))
    consent.customer.accounts.filter(opened_on__lt=days(0)).update(closed_on=days(0))
    assert status_of(consent).code == StatusCode.ACTIVE


def test_a_consent_for_the_meters_of_a_closed_account_ends_though_another_account_is_open() -> None:
    account = AccountFactory.create()
    point = UsagePoint.objects.create(account=account, identifier="UsagePoint/1")
    consent = granted(customer=account.customer, usage_point_ids=[point.pk])
    AccountFactory.create(customer=account.customer)
    account.closed_on = days(0)
    account.save()
    assert status_of(consent).code == StatusCode.ACCOUNT_CLOSED


def test_an_account_that_closes_later_ends_nothing_yet() -> None:
    consent = running()
    consent.customer.accounts.update(closed_on=days(1))
    assert status_of(consent).code == StatusCode.ACTIVE
    assert status_of(consent, days(1)).code == StatusCode.ACCOUNT_CLOSED


def test_a_resumed_organization_has_its_consents_back() -> None:
    consent = running()
    stop(consent)
    by = Actor.of(UserFactory.create(administrator=True, bound=True))
    resume_recipient(recipient=consent.recipient, reason="It mended what it did", by=by)
    assert status_of(consent).code == StatusCode.ACTIVE


def test_a_form_that_asks_anew_does_so_from_its_day_on_and_a_new_consent_counts() -> None:
    consent = running()
    ask_anew(consent, days(3))
    assert status_of(consent, days(2)).code == StatusCode.ACTIVE
    assert status_of(consent, days(3)).code == StatusCode.NOTICE_OUTDATED


def test_agreeing_to_the_newer_form_makes_the_consent_run_again() -> None:
    consent = running()
    ask_anew(consent)
    newer = NoticeText.objects.get(notice__number=2, language="en")
    by = Actor.of(staff_with(consent.customer))
    again = grant_consent(customer=consent.customer, recipient=consent.recipient, by=by, **terms(notice_text=newer))
    assert status_of(again).code == StatusCode.ACTIVE


def test_a_third_party_without_any_agreement_is_not_one_whose_agreement_ended() -> None:
    recipient = RecipientFactory.create(kind=Recipient.Kind.AUTHORISED_THIRD_PARTY)
    RecipientAgreementFactory.create(recipient=recipient, valid_to=days(0))
    assert status_of(granted(recipient=recipient)).code == StatusCode.ACTIVE
    assert status_of(granted()).code == StatusCode.ACTIVE


@pytest.mark.parametrize(("end", "code"), ENDINGS)
def test_what_the_portal_calls_running_is_what_a_release_may_lean_on(
    end: Callable[[Consent], None], code: StatusCode
) -> None:
    consent = running()
    wanted = {"recipient": consent.recipient, "purpose": consent.purpose, "customers": [consent.customer]}
    end(consent)
    is_recipients_own = code in {StatusCode.AGREEMENT_ENDED, StatusCode.RECIPIENT_STOPPED}
    assert consents_in_force(**wanted).exists() == is_recipients_own  # these the gate names by itself


def test_a_closed_account_is_recorded_as_the_end_and_stays_it() -> None:
    consent = running()
    close_account(consent)
    ended = expire_consent(consent=consent, by=BEAT)
    assert (ended.is_granted, ended.current_version.kind, ended.current_version.cause) == (
        False,
        "expire",
        "account_closed",
    )
    consent.customer.accounts.update(closed_on=None)
    assert status_of(ended).code == StatusCode.ACCOUNT_CLOSED
    assert ended.current_version.evidence_json["cause"] == "account_closed"


@pytest.mark.parametrize("end", [end_agreement, stop, ask_anew])
def test_what_may_come_back_is_not_recorded_as_an_end(end: Callable[[Consent], None]) -> None:
    consent = running()
    end(consent)
    assert expire_consents(by=BEAT) == 0
    consent.refresh_from_db()
    assert consent.is_granted


def test_recording_ends_twice_records_each_once() -> None:
    ended, other, withdrawn = running(), running(), running()
    for consent in (ended, withdrawn):
        close_account(consent)
    withdraw_consent(consent=withdrawn, by=Actor.of(staff_with(withdrawn.customer)))
    assert expire_consents(by=BEAT) == 1
    assert expire_consents(by=BEAT) == 0
    assert [c.versions.count() for c in (ended, other, withdrawn)] == [2, 1, 2]


def test_raw_sql_cannot_record_another_cause_than_the_real_one() -> None:
    consent = running()
    close_account(consent)
    with pytest.raises(Exception, match="still runs"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO consent_consentversion (uuid, consent_id, customer_id, recipient_id, purpose_id, kind, cause,"
            " usage_point_ids, field_ids, datamap_version, method, signer_name, reason, actor_kind, entry_id, salt,"
            " evidence) SELECT gen_random_uuid(), id, customer_id, recipient_id, purpose_id, 'expire', 'expired',"
            " '{}', '{}', 1, '', '', '', 'system', 424242, 's', '{}' FROM consent_consent WHERE id = %s",
            [consent.pk],
        )


def test_a_member_sees_the_true_state_though_another_account_is_out_of_sight() -> None:
    consent = running()
    holder_of(consent.customer)
    assert status_of(consent).code == StatusCode.ACTIVE
    assert scope_of(consent).usage_point_ids == []
