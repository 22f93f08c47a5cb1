from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.errors import NotAllowedError
from accounts.models import Member
from consent.errors import (
    ConsentError,
    EvidenceMissingError,
    FieldsNotCoveredError,
    MethodError,
    NotGrantedError,
    NothingChangedError,
    NothingLeftError,
    NoticeNotInForceError,
    PeriodError,
    RecipientStoppedError,
    RequestReusedError,
    SignatureMissingError,
    StillRunsError,
    UsagePointsUnknownError,
    WiderError,
)
from consent.models import Consent, ConsentVersion, Notice, NoticeText, Purpose
from consent.models.notices import text_digest
from consent.selectors import consents_in_force, consents_of, status_of
from consent.services import expire_consent, grant_consent, load_purposes, narrow_consent, withdraw_consent
from energy.models import UsagePoint
from ledger.actor import Actor
from ledger.models import Entry
from ledger.services import commitment_of
from protection.clock import provider_today
from protection.files import open_file
from tests.consent.factories import FIELDS, SCANNED, granted, holder_of, last_act_on, scope_of, staff_with, terms
from tests.factories import AccountFactory, CustomerFactory, MemberFactory, RecipientFactory, UserFactory

pytestmark = pytest.mark.django_db

BEAT = Actor.system("beat")


def days(count: int) -> date:
    return provider_today() + timedelta(days=count)


def test_a_consent_keeps_what_was_agreed_and_its_ledger_entry_commits_to_it() -> None:
    consent = granted(data_to=date(2025, 1, 1), permission_to=days(30), project="Heat pump 17")
    version = consent.versions.get()
    entry = Entry.objects.get(pk=version.entry_id)
    assert entry.kind == "consent.granted"
    assert bytes(entry.subject_tag) == bytes(consent.customer.tag)
    assert bytes(entry.commitment) == commitment_of(bytes(version.salt), bytes(version.evidence))
    evidence = version.evidence_json
    assert evidence["scope"] == {
        "field_ids": sorted(FIELDS),
        "usage_point_ids": [],
        "data_from": "2024-01-01",
        "data_to": "2025-01-01",
        "permission_from": days(0).isoformat(),
        "permission_to": days(30).isoformat(),
    }
    assert evidence["recipient"]["legal_name"] == consent.recipient.legal_name
    assert evidence["notice"]["sha256"] == terms()["notice_text"].sha256
    assert evidence["file"]["sha256"] == SCANNED.sha256
    assert evidence["file"]["original_sha256"] == SCANNED.original_sha256
    assert (evidence["project"], evidence["signer_name"], evidence["method"]) == (
        "Heat pump 17",
        "Alex Sample",
        "paper",
    )


def test_the_scan_is_kept_sealed_as_evidence() -> None:
    sealed = granted().versions.get().evidence_file
    assert sealed is not None
    assert sealed.retention_class == "evidence"
    with open_file(sealed) as stream:
        assert stream.read() == SCANNED.content


def test_a_paper_signed_in_the_past_permits_from_today_only() -> None:
    consent = granted(signed_on=date(2020, 5, 1))
    assert consent.versions.get().permission_from == days(0)
    with pytest.raises(PeriodError) as refused:
        granted(permission_from=days(-1))
    assert refused.value.field == "permission_from"


@pytest.mark.parametrize(
    ("changes", "error", "field"),
    [
        ({"field_ids": []}, FieldsNotCoveredError, "field_ids"),
        ({"field_ids": ["customer.name", "customer.tax_id"]}, FieldsNotCoveredError, "field_ids"),
        ({"field_ids": ["no.such.field"]}, FieldsNotCoveredError, "field_ids"),
        ({"usage_point_ids": [123456]}, UsagePointsUnknownError, "usage_point_ids"),
        ({"data_to": date(2024, 1, 1)}, PeriodError, "data_to"),
        ({"permission_to": date(2024, 1, 1)}, PeriodError, "permission_to"),
        ({"signed_on": date(2199, 1, 1)}, PeriodError, "signed_on"),
        ({"signed_on": None}, SignatureMissingError, "signed_on"),
        ({"signer_name": "  "}, SignatureMissingError, "signer_name"),
        ({"evidence": None}, EvidenceMissingError, "evidence"),
        ({"method": "portal"}, MethodError, "method"),
        ({"method": "carrier pigeon"}, MethodError, "method"),
    ],
)
def test_what_is_missing_or_wrong_is_named_and_nothing_is_recorded(
    changes: dict[str, Any], error: type[ConsentError], field: str
) -> None:
    with pytest.raises(error) as refused:
        granted(**changes)
    assert refused.value.field == field
    assert str(refused.value)
    assert not Consent.objects.exists()
    assert not Entry.objects.filter(kind__startswith="consent.").exists()


def test_a_usage_point_of_another_customer_cannot_be_consented_to() -> None:
    customer = CustomerFactory.create()
    own = UsagePoint.objects.create(account=AccountFactory.create(customer=customer), identifier="UsagePoint/1")
    foreign = UsagePoint.objects.create(account=AccountFactory.create(), identifier="UsagePoint/2")
    assert scope_of(granted(customer=customer, usage_point_ids=[own.pk])).usage_point_ids == [own.pk]
    with pytest.raises(UsagePointsUnknownError):
        granted(customer=customer, usage_point_ids=[own.pk, foreign.pk])


def test_by_telephone_no_scan_is_needed() -> None:
    assert granted(method="telephone", evidence=None).is_granted


def test_nobody_can_agree_to_a_stopped_recipient() -> None:
    staff = UserFactory.create(staff=True)
    recipient = RecipientFactory.create(stopped_at="2026-01-01T00:00Z", stopped_by=staff)
    with pytest.raises(RecipientStoppedError, match="stopped"):
        granted(recipient=recipient)


def test_a_form_that_is_not_in_force_grants_nothing() -> None:
    draft = Notice.objects.create(kind="consent_form", number=2, effective_from="2026-01-01")
    text = NoticeText.objects.create(notice=draft, language="en", title="T", body="B", sha256=text_digest("T", "B"))
    with pytest.raises(NoticeNotInForceError):
        granted(notice_text=text)


def test_other_members_cannot_agree_but_can_withdraw() -> None:
    consent = granted()
    by = Actor.of(holder_of(consent.customer, part=Member.Part.ADULT_MEMBER))
    with pytest.raises(NotAllowedError):
        granted(customer=consent.customer, by=by, method="portal")
    assert not withdraw_consent(consent=consent, by=by).is_granted


def test_staff_who_did_not_open_the_customer_record_and_end_nothing() -> None:
    consent = granted()
    by = Actor.of(UserFactory.create(staff=True, bound=True))
    with pytest.raises(NotAllowedError):
        granted(customer=consent.customer, by=by)
    with pytest.raises(NotAllowedError):
        withdraw_consent(consent=consent, by=by)
    with pytest.raises(NotAllowedError):
        narrow_consent(consent=consent, field_ids=["customer.name"], by=by)


@pytest.mark.parametrize("trait", ["auditor", "of_recipient"])
def test_auditors_and_recipients_record_no_consent(trait: str) -> None:
    with pytest.raises(NotAllowedError):
        granted(by=Actor.of(UserFactory.create(bound=True, **{trait: True})))


def test_another_customers_holder_withdraws_nothing() -> None:
    consent, stranger = granted(), holder_of(CustomerFactory.create())
    with pytest.raises(NotAllowedError):
        withdraw_consent(consent=consent, by=Actor.of(stranger))


def test_a_member_whose_time_has_passed_withdraws_nothing() -> None:
    consent = granted()
    former = MemberFactory.create(account__customer=consent.customer, valid_to=days(-1)).user
    with pytest.raises(NotAllowedError):
        withdraw_consent(consent=consent, by=Actor.of(former))


def test_the_same_request_twice_is_one_consent() -> None:
    request_id, customer = uuid4(), CustomerFactory.create()
    by, recipient = Actor.of(staff_with(customer)), RecipientFactory.create()
    first = granted(customer=customer, recipient=recipient, by=by, request_id=request_id)
    again = granted(customer=customer, recipient=recipient, by=by, request_id=request_id)
    assert again == first
    assert ConsentVersion.objects.count() == 1
    with pytest.raises(RequestReusedError):
        granted(customer=customer, recipient=recipient, by=by, request_id=request_id, data_from=date(2023, 1, 1))


def test_a_new_consent_takes_the_place_of_the_one_before() -> None:
    first = granted()
    again = granted(customer=first.customer, recipient=first.recipient, field_ids=["customer.name"])
    assert again == first
    assert (again.version_count, scope_of(again).field_ids) == (2, ["customer.name"])


def in_force(consent: Consent, **more: Any) -> list[ConsentVersion]:
    return list(
        consents_in_force(recipient=consent.recipient, purpose=consent.purpose, customers=[consent.customer_id], **more)
    )


def test_a_withdrawal_counts_at_once_and_the_past_stays_what_it_was() -> None:
    consent = granted()
    assert in_force(consent) == [consent.current_version]
    withdrawn = withdraw_consent(consent=consent, reason="No longer needed.", by=Actor.of(staff_with(consent.customer)))
    assert in_force(withdrawn) == []
    assert status_of(withdrawn).code == "withdrawn"
    assert last_act_on(withdrawn).reason == "No longer needed."
    assert Entry.objects.get(pk=last_act_on(withdrawn).entry_id).kind == "consent.withdrawn"
    assert withdrawn.scope_version == consent.current_version


def test_withdrawing_again_changes_nothing() -> None:
    consent = granted()
    by = Actor.of(staff_with(consent.customer))
    withdraw_consent(consent=consent, by=by)
    assert withdraw_consent(consent=consent, by=by).version_count == 2


@pytest.mark.parametrize(
    ("permission", "day", "code"),
    [
        ({}, 0, "active"),
        ({}, -1, "none"),
        ({"permission_to": 10}, 9, "active"),
        ({"permission_to": 10}, 10, "expired"),
        ({"permission_from": 5}, 4, "not_yet"),
        ({"permission_from": 5}, 5, "active"),
    ],
)
def test_the_state_of_a_day_has_its_reason_and_decides_what_is_in_force(
    permission: dict[str, int], day: int, code: str
) -> None:
    consent = granted(**{name: days(count) for name, count in permission.items()})
    status = status_of(consent, days(day))
    assert status.code == code
    assert status.reason
    assert bool(in_force(consent, at=days(day))) == (code == "active")


def test_only_the_named_recipient_purpose_and_customers_are_in_force() -> None:
    consent = granted()
    wanted = {"recipient": consent.recipient, "purpose": consent.purpose, "customers": [consent.customer]}
    assert consents_in_force(**wanted).count() == 1
    others = {
        "recipient": RecipientFactory.create(),
        "purpose": Purpose.objects.get(code="research"),
        "customers": [CustomerFactory.create()],
    }
    for name, other in others.items():
        assert not consents_in_force(**{**wanted, name: other}).exists()


def test_many_customers_are_read_in_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    recipient = RecipientFactory.create()
    customers = [granted(recipient=recipient).customer for _ in range(3)]
    purpose = Purpose.objects.get(code="energy_analysis")
    with django_assert_num_queries(3):  # the lock, the clock, the versions
        found = list(consents_in_force(recipient=recipient, purpose=purpose, customers=customers, lock=True))
        assert {version.consent.customer_id for version in found} == {customer.pk for customer in customers}


def test_a_narrowed_consent_covers_less_and_no_more() -> None:
    consent = granted(permission_to=days(100))
    by = Actor.of(holder_of(consent.customer))
    narrowed = narrow_consent(
        consent=consent,
        field_ids=["customer.name"],
        data_from=date(2024, 6, 1),
        data_to=date(2025, 1, 1),
        permission_to=days(10),
        by=by,
    )
    scope = scope_of(narrowed)
    assert (scope.field_ids, scope.data_from, scope.data_to) == (["customer.name"], date(2024, 6, 1), date(2025, 1, 1))
    assert (scope.permission_to, scope.kind, scope.method) == (days(10), "narrow", "portal")
    assert in_force(consent) == [scope]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({}, NothingChangedError),
        ({"field_ids": FIELDS}, NothingChangedError),
        ({"field_ids": []}, NothingLeftError),
        ({"field_ids": [*FIELDS, "customer.email"]}, WiderError),
        ({"data_from": date(2023, 1, 1)}, WiderError),
        ({"data_to": date(2027, 1, 1)}, WiderError),
        ({"data_to": date(2024, 1, 1)}, NothingLeftError),
        ({"permission_to": date(2199, 1, 1)}, WiderError),
        ({"permission_to": date(2024, 1, 1)}, NothingLeftError),
    ],
)
def test_narrowing_to_as_much_more_or_nothing_is_refused(changes: dict[str, Any], error: type[ConsentError]) -> None:
    consent = granted(permission_to=days(100), data_to=date(2026, 1, 1))
    with pytest.raises(error):
        narrow_consent(consent=consent, by=Actor.of(holder_of(consent.customer)), **changes)
    assert consent.versions.count() == 1


def test_an_ended_consent_is_not_narrowed() -> None:
    consent = granted()
    by = Actor.of(holder_of(consent.customer))
    withdraw_consent(consent=consent, by=by)
    with pytest.raises(NotGrantedError):
        narrow_consent(consent=consent, field_ids=["customer.name"], by=by)


def test_a_running_consent_does_not_expire_and_only_the_portal_expires_one() -> None:
    consent = granted()
    with pytest.raises(StillRunsError):
        expire_consent(consent=consent, by=BEAT)
    with pytest.raises(NotAllowedError):
        expire_consent(consent=consent, by=Actor.of(staff_with(consent.customer)))


def test_running_consents_are_listed_first_without_a_query_each(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    customer = CustomerFactory.create()
    by = Actor.of(staff_with(customer))
    running, ended = granted(customer=customer, by=by), granted(customer=customer, by=by)
    withdraw_consent(consent=ended, by=by)
    today = provider_today()
    with django_assert_num_queries(1):
        assert consents_of([customer], today) == [running, ended]


def test_loading_purposes_again_adds_none_and_overwrites_none() -> None:
    Purpose.objects.filter(code="research").update(data_classes=["usage"])
    assert load_purposes() == 0
    assert Purpose.objects.get(code="research").data_classes == ["usage"]
    Purpose.objects.get(code="research").delete()
    assert load_purposes() == 1


def test_granting_asks_no_more_of_the_database_than_it_needs(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    customer, recipient = CustomerFactory.create(), RecipientFactory.create()
    by, details = Actor.of(staff_with(customer)), terms(method="telephone", evidence=None)
    with django_assert_max_num_queries(8):
        grant_consent(customer=customer, recipient=recipient, by=by, **details)
