"""What the gate lets out, what it refuses, and what it says is missing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from accounts.models import Recipient
from accounts.services import open_customer, stop_recipient
from consent.services import narrow_consent
from disclosures.conditions import CODES
from disclosures.errors import NotAllowedError, ReleaseDenied, RequestReusedError
from disclosures.models import RecipientPolicy, Release, ReleaseDenial, ReleaseLine
from disclosures.services import preview_release, release_disclosure
from ledger.actor import Actor
from ledger.models import Entry
from ledger.services import commitment_of
from protection.clock import provider_today
from protection.files import seal_bytes
from tests.consent.factories import holder_of
from tests.disclosures.factories import FIELDS, FROM, REQUESTER, TO, Case, basis, purpose
from tests.factories import (
    AccountFactory,
    CustomerFactory,
    RecipientAgreementFactory,
    RecipientFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


def codes(case: Case, **changes: Any) -> set[str]:
    """Return the codes of what a request lacks."""
    decision = preview_release(request=case.request(**changes), by=case.by)
    return {condition.code for condition in decision.missing}


def paper() -> Any:
    return seal_bytes(b"%PDF-1.7", name="order.pdf", content_type="application/pdf", retention_class="evidence")


def test_a_consent_in_force_lets_out_what_it_covers() -> None:
    case = Case()
    case.consented()
    decision = preview_release(request=case.request(), by=case.by)
    assert decision.allowed
    assert set(decision.effective_field_ids) == set(FIELDS)


def test_without_a_consent_the_missing_condition_names_customer_recipient_and_purpose() -> None:
    case = Case()
    decision = preview_release(request=case.request(), by=case.by)
    (missing,) = decision.missing
    assert missing.code == "consent_missing"
    assert all(str(party) in missing.message for party in (case.customer, case.recipient, purpose("energy_analysis")))
    assert missing.action


def test_a_preview_changes_nothing() -> None:
    case = Case()
    case.consented()
    before = Entry.objects.count()
    preview_release(request=case.request(), by=case.by)
    preview_release(request=case.request(reason=""), by=case.by)
    assert (Entry.objects.count(), Release.objects.count(), ReleaseDenial.objects.count()) == (before, 0, 0)


def test_a_release_writes_itself_its_line_and_their_ledger_entries() -> None:
    case = Case()
    consent = case.consented()
    release = case.released()
    line = ReleaseLine.objects.get(release=release)
    assert line.consent_version_id == consent.scope_version_id
    assert (line.data_from, line.data_to, line.account_ids) == (FROM, TO, [case.account.pk])
    made, entry = Entry.objects.get(pk=release.entry_id), Entry.objects.get(pk=line.entry_id)
    assert bytes(made.commitment) == commitment_of(bytes(release.salt), bytes(release.evidence))
    tag = bytes(case.customer.tag)
    assert bytes(entry.subject_tag) == tag
    assert bytes(entry.commitment) == commitment_of(bytes(line.salt), bytes(made.commitment) + tag)
    assert release.package.status == "pending"


def test_the_releases_evidence_names_no_customer() -> None:
    case = Case()
    case.consented()
    evidence = bytes(case.released().evidence).decode()
    assert case.customer.name not in evidence
    assert str(case.customer.uuid) not in evidence
    assert case.account.number not in evidence


def test_withdrawn_consent_stops_the_next_release_and_says_that_it_was_withdrawn() -> None:
    case = Case()
    consent = case.consented()
    case.released()
    case.withdraw(consent)
    decision = preview_release(request=case.request(), by=case.by)
    (missing,) = decision.missing
    assert missing.code == "consent_ended"
    assert "withdrawn" in missing.message


def test_a_denial_is_kept_with_every_missing_condition_and_its_ledger_entry() -> None:
    case = Case(recipient=RecipientFactory.create())
    with pytest.raises(ReleaseDenied) as refused:
        release_disclosure(request=case.request(), by=case.by)
    denial = ReleaseDenial.objects.get(pk=refused.value.denial.pk)
    assert {condition["code"] for condition in denial.conditions} == {"agreement_missing", "consent_missing"}
    assert denial.customer_ids == [case.customer.pk]
    entry = Entry.objects.get(pk=denial.entry_id)
    assert entry.kind == "release.denied"
    assert bytes(entry.subject_tag) == bytes(case.customer.tag)
    assert not Release.objects.exists()


def test_the_same_submission_twice_makes_one_release() -> None:
    case = Case()
    case.consented()
    token = case.customer.uuid
    first = release_disclosure(request=case.request(), by=case.by, request_uuid=token)
    assert release_disclosure(request=case.request(), by=case.by, request_uuid=token) == first
    assert Release.objects.count() == 1


@pytest.mark.parametrize("is_refused", [False, True])
@pytest.mark.parametrize("change", ["customers", "field_ids", "reason", "data_from"])
def test_a_request_id_with_other_content_is_not_answered_as_before(change: str, is_refused: bool) -> None:
    case, other = Case(), CustomerFactory.create()
    open_customer(customer=other, reason="The customer sent us a form.", by=case.by)
    if not is_refused:
        case.consented()
        release_disclosure(request=case.request(), by=case.by, request_uuid=case.customer.uuid)
    else:
        with pytest.raises(ReleaseDenied):
            release_disclosure(request=case.request(), by=case.by, request_uuid=case.customer.uuid)
    changed = {
        "customers": (other,),
        "field_ids": ("customer.name",),
        "reason": "For another study of the same homes",
        "data_from": date(2025, 3, 2),
    }[change]
    with pytest.raises(RequestReusedError):
        release_disclosure(request=case.request(**{change: changed}), by=case.by, request_uuid=case.customer.uuid)


def test_the_same_refused_submission_twice_is_one_denial() -> None:
    case = Case()
    for _ in range(2):
        with pytest.raises(ReleaseDenied):
            release_disclosure(request=case.request(), by=case.by, request_uuid=case.customer.uuid)
    assert ReleaseDenial.objects.count() == 1


@pytest.mark.parametrize(
    ("asked", "consented", "effective"),
    [
        (("usage.readings", "customer.name"), ("usage.readings",), {"usage.readings"}),
        (("usage.readings", "customer.tax_id"), ("usage.readings", "customer.name"), {"usage.readings"}),
        (("customer.name",), ("usage.readings", "customer.name"), {"customer.name"}),
    ],
)
def test_what_goes_out_is_asked_and_consented_and_releasable(
    asked: tuple[str, ...], consented: tuple[str, ...], effective: set[str]
) -> None:
    case = Case()
    case.consented(field_ids=consented)
    decision = preview_release(request=case.request(field_ids=asked), by=case.by)
    assert set(decision.effective_field_ids) == effective
    assert set(decision.withheld_field_ids) == set(asked) - effective


def test_what_goes_out_stays_within_the_recipients_policy() -> None:
    case = Case()
    case.consented()
    RecipientPolicy.objects.create(recipient=case.recipient, field_ids=["usage.readings"], reason="Usage only")
    decision = preview_release(request=case.request(), by=case.by)
    assert decision.effective_field_ids == ("usage.readings",)


def test_what_goes_out_stays_within_what_the_purpose_needs() -> None:
    case = Case()
    request = case.request(
        basis=basis("contractor_primary_purpose"), purpose=purpose("grid_operations"), field_ids=FIELDS
    )
    decision = preview_release(request=request, by=case.by)
    assert decision.allowed
    assert set(decision.effective_field_ids) == {"account.number", "usage.readings"}


def test_what_goes_out_stays_within_the_consented_span_of_data() -> None:
    case = Case()
    case.consented(data_from=date(2025, 3, 10), data_to=date(2025, 3, 20))
    (share,) = preview_release(request=case.request(), by=case.by).shares
    assert (share.data_from, share.data_to) == (date(2025, 3, 10), date(2025, 3, 20))


def test_one_customer_without_consent_stops_the_whole_release() -> None:
    case = Case()
    case.consented()
    other = AccountFactory.create()
    actor = Actor.operator("Ops", "A release of two customers")
    decision = preview_release(request=case.request(customers=(case.customer, other.customer)), by=actor)
    assert [condition.code for condition in decision.missing] == ["consent_missing"]
    assert decision.shares == ()


def _stop(case: Case) -> None:
    case.recipient = stop_recipient(recipient=case.recipient, reason="Data was passed on", by=case.by)


def _end_agreement(case: Case) -> None:
    case.recipient.agreements.update(valid_to=provider_today())


def _narrow_away(case: Case) -> None:
    consent = case.customer.consents.get()
    narrow_consent(consent=consent, field_ids=["account.number"], by=case.by)


@pytest.mark.parametrize(
    ("spoil", "code"),
    [(_stop, "recipient_stopped"), (_end_agreement, "agreement_missing"), (_narrow_away, "consent_fields")],
)
def test_what_changes_after_the_consent_counts_at_once(spoil: Callable[[Case], None], code: str) -> None:
    case = Case()
    case.consented()
    asked = {"field_ids": ("usage.readings",)}
    assert codes(case, **asked) == set()
    spoil(case)
    assert codes(case, **asked) == {code}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"reason": "short"}, {"reason_missing"}),
        ({"data_to": FROM}, {"period_empty"}),
        ({"recipient": None}, {"recipient_missing"}),
        ({"purpose": None}, {"purpose_missing"}),
        ({"field_ids": ("customer.bank_account",)}, {"fields_missing"}),
        ({"field_ids": ("customer.name",), "format": "greenbutton"}, {"format_needs_usage"}),
        ({"account_ids": (0,)}, {"account_missing"}),
        ({"data_from": date(2020, 1, 1), "data_to": date(2020, 2, 1)}, {"consent_period"}),
    ],
)
def test_each_fault_of_a_request_is_named(changes: dict[str, Any], expected: set[str]) -> None:
    case = Case()
    case.consented()
    missing = codes(case, **changes)
    assert expected <= missing <= CODES


@pytest.mark.parametrize(
    ("code", "kind", "changes", "expected"),
    [
        ("contractor_primary_purpose", "contractor", {"purpose": "energy_analysis"}, {"purpose_secondary"}),
        ("contractor_primary_purpose", "court", {}, {"recipient_kind"}),
        ("warrant_or_court_order", "court", {}, {"demand_missing", "document_missing"}),
        ("subpoena_after_notice", "court", {}, {"demand_missing", "document_missing", "notice_missing"}),
        ("emergency", "contractor", {}, {"recipient_kind"}),
        ("collections", "collection_agency", {"fields": ("usage.readings",)}, {"fields_missing"}),
        ("aggregate", "contractor", {}, {"basis_aggregate"}),
        ("own_request", "contractor", {}, {"recipient_not_wanted"}),
    ],
)
def test_each_basis_demands_its_own(code: str, kind: str, changes: dict[str, Any], expected: set[str]) -> None:
    case = Case(recipient=RecipientFactory.create(under_agreement=True, kind=kind))
    request = case.request(
        basis=basis(code),
        purpose=purpose(changes.get("purpose", "legal_obligation")),
        field_ids=changes.get("fields", FIELDS),
        requester=REQUESTER,
    )
    decision = preview_release(request=request, by=Actor.operator("Ops", "Trying every basis"))
    assert {condition.code for condition in decision.missing} == expected


def test_a_contractor_receives_nothing_without_an_agreement_even_on_consent() -> None:
    case = Case(recipient=RecipientFactory.create())
    case.consented()
    assert codes(case) == {"agreement_missing"}
    RecipientAgreementFactory.create(recipient=case.recipient)
    assert codes(case) == set()


def test_a_third_party_that_the_customer_authorised_needs_no_agreement() -> None:
    case = Case(recipient=RecipientFactory.create(kind=Recipient.Kind.AUTHORISED_THIRD_PARTY))
    case.consented()
    assert case.released()


@pytest.mark.parametrize("trait", ["auditor", "staff"])
def test_who_did_not_open_the_customer_may_not_release(trait: str) -> None:
    case = Case()
    case.consented()
    stranger = Actor.of(UserFactory.create(bound=True, **{trait: True}))
    with pytest.raises(NotAllowedError):
        release_disclosure(request=case.request(), by=stranger)
    with pytest.raises(NotAllowedError):
        preview_release(request=case.request(), by=stranger)


def test_a_customer_releases_their_own_data_to_themself_only() -> None:
    customer = CustomerFactory.create()
    by = Actor.of(holder_of(customer))
    case = Case(account=customer.accounts.get())
    own = case.request(basis=basis("own_request"), recipient=None, purpose=None)
    assert release_disclosure(request=own, by=by).is_own_request
    with pytest.raises(NotAllowedError):
        release_disclosure(request=case.request(), by=by)
    with pytest.raises(NotAllowedError):
        release_disclosure(request=replace(own, customers=(CustomerFactory.create(),)), by=by)
