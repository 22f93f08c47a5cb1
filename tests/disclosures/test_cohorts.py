"""Releases to customers chosen by a rule: who is in, who is left out and why, and that two persons stand for it."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from accounts.models import Account, Recipient
from accounts.services import stop_recipient
from consent.services import withdraw_consent
from disclosures.approvals import BULK_OVER, government_ids
from disclosures.cohorts import Cohort, read_account_list
from disclosures.errors import (
    DecisionReasonMissingError,
    NotAllowedError,
    ProposalRefused,
    ProposalUnneededError,
    ReleaseDenied,
)
from disclosures.gate import ReleaseRequest
from disclosures.models import Package, Release, ReleaseDenial, ReleaseExclusion, ReleaseLine, ReleaseProposal
from disclosures.services import (
    approve_disclosure,
    build_package,
    carry_out_proposal,
    claim_proposals,
    preview_release,
    propose_disclosure,
    reject_disclosure,
    release_disclosure,
)
from ledger.actor import Actor
from ledger.models import Entry
from ledger.services import commitment_of
from protection.files import open_file
from retention.errors import DecidedError, SecondPersonError
from tests.consent.factories import granted
from tests.disclosures.factories import FIELDS, FROM, REQUESTER, TO, WHY, Case, basis, clerk_for, purpose
from tests.factories import AccountFactory, RecipientFactory, UserFactory

pytestmark = pytest.mark.django_db


def clerk() -> Actor:
    return Actor.of(UserFactory.create(staff=True, bound=True))


def asked(recipient: Recipient, cohort: Cohort, code: str = "written_consent", **changes: Any) -> ReleaseRequest:
    """Return a request for a cohort: on consent for a secondary purpose, else for the running of the grid."""
    terms = {
        "cohort": cohort,
        "recipient": recipient,
        "basis": basis(code),
        "purpose": purpose("energy_analysis" if code == "written_consent" else "grid_operations"),
        "field_ids": FIELDS if code == "written_consent" else ("account.number", "usage.readings"),
        "data_from": FROM,
        "data_to": TO,
        "reason": WHY,
        **changes,
    }
    return ReleaseRequest(**terms)


def contractor() -> Recipient:
    return RecipientFactory.create(under_agreement=True)


def approved(request: ReleaseRequest) -> ReleaseProposal:
    return approve_disclosure(proposal=propose_disclosure(request=request, by=clerk()), by=clerk())


def released(request: ReleaseRequest) -> Release:
    release = carry_out_proposal(proposal=approved(request))
    assert isinstance(release, Release)
    return release


def consented(account: Account, recipient: Recipient, **terms: Any) -> Any:
    by = Actor.of(clerk_for(account.customer))
    return granted(
        customer=account.customer,
        recipient=recipient,
        by=by,
        **{"field_ids": FIELDS, "data_from": date(2024, 1, 1), **terms},
    )


def withdraw(consent: Any) -> None:
    withdraw_consent(consent=consent, by=Actor.of(clerk_for(consent.customer)))


@pytest.mark.parametrize(
    ("cohort", "chosen"),
    [
        (Cohort(customer_class="commercial"), {"shop"}),
        (Cohort(climate_zone="12"), {"home", "shop"}),
        (Cohort(climate_zone="12", customer_class="residential"), {"home"}),
        (Cohort(open_on=date(2025, 6, 1)), {"home", "shop"}),
        (Cohort(), {"home", "shop", "gone"}),
    ],
)
def test_a_cohort_is_who_meets_all_that_is_asked(cohort: Cohort, chosen: set[str]) -> None:
    accounts = {
        "home": AccountFactory.create(climate_zone="12"),
        "shop": AccountFactory.create(climate_zone="12", customer_class="commercial"),
        "gone": AccountFactory.create(climate_zone="3", closed_on=date(2025, 5, 1)),
    }
    release = released(asked(contractor(), cohort, "contractor_primary_purpose"))
    customers = set(release.lines.values_list("customer", flat=True))
    assert customers == {accounts[name].customer_id for name in chosen}


def test_a_list_finds_accounts_and_names_the_lines_that_are_wrong() -> None:
    first, second = AccountFactory.create(), AccountFactory.create()
    lines = ["account number", first.number, "", f'"{second.number}",Alex', "999", first.number]
    found = read_account_list(lines)
    assert set(found.account_ids) == {first.pk, second.pk}
    assert found.unknown == ((5, "999"),)
    assert found.repeated == ((6, first.number),)


def test_who_lacks_something_is_left_out_with_the_reason_counted_and_kept() -> None:
    recipient = contractor()
    agreed, silent, gone, narrow = (AccountFactory.create() for _ in range(4))
    consented(agreed, recipient)
    withdraw(consented(gone, recipient))
    consented(narrow, recipient, data_to=date(2024, 6, 1))
    request = asked(recipient, Cohort())
    decision = preview_release(request=request, by=clerk())
    counted = {"consent_ended": 1, "consent_missing": 1, "consent_period": 1}
    assert (decision.line_count, decision.excluded) == (1, counted)
    release = released(request)
    assert [line.customer_id for line in release.lines.all()] == [agreed.customer_id]
    kept = dict(release.exclusions.values_list("customer", "code"))
    assert kept == {
        silent.customer_id: "consent_missing",
        gone.customer_id: "consent_ended",
        narrow.customer_id: "consent_period",
    }


def test_each_customers_line_of_a_release_to_many_has_its_own_entry_in_the_ledger() -> None:
    accounts = AccountFactory.create_batch(3)
    release = released(asked(contractor(), Cohort(), "contractor_primary_purpose"))
    made = Entry.objects.get(pk=release.entry_id)
    for account in accounts:
        line = ReleaseLine.objects.get(release=release, customer=account.customer_id)
        entry = Entry.objects.get(pk=line.entry_id)
        tag = bytes(account.customer.tag)
        assert bytes(entry.subject_tag) == tag
        assert bytes(entry.commitment) == commitment_of(bytes(line.salt), bytes(made.commitment) + tag)


def test_a_consent_limits_each_customers_line_of_a_release_to_many() -> None:
    recipient = contractor()
    account = AccountFactory.create()
    consented(account, recipient, field_ids=("usage.readings",), data_from=date(2025, 3, 10))
    (line,) = released(asked(recipient, Cohort(is_consented=True))).lines.all()
    assert (line.field_ids, line.data_from, line.data_to) == (["usage.readings"], date(2025, 3, 10), TO)


def test_the_package_of_a_release_to_many_holds_each_customer() -> None:
    accounts = AccountFactory.create_batch(3)
    release = released(asked(contractor(), Cohort(), "contractor_primary_purpose", format="jsonl"))
    assert build_package(release=release).status == Package.Status.READY
    with open_file(Package.objects.get(release=release).built.file) as stream:
        text = stream.read().decode()
    assert all(account.number in text for account in accounts)


def test_a_withdrawal_after_a_release_to_many_is_counted_where_they_are_too_many_to_name() -> None:
    recipient = contractor()
    consents = [consented(account, recipient) for account in AccountFactory.create_batch(12)]
    release = released(asked(recipient, Cohort()))
    for consent in consents[:11]:
        withdraw(consent)
    package = build_package(release=release)
    assert package.status == Package.Status.REFUSED
    assert "11 customers" in package.problem


def test_a_cohort_takes_two_persons_and_the_proposer_is_not_the_second() -> None:
    AccountFactory.create()
    request = asked(contractor(), Cohort(), "contractor_primary_purpose")
    with pytest.raises(ReleaseDenied) as refused:
        release_disclosure(request=request, by=clerk())
    assert [condition["code"] for condition in refused.value.denial.conditions] == ["approval_missing"]
    proposer = clerk()
    proposal = propose_disclosure(request=request, by=proposer)
    with pytest.raises(SecondPersonError):
        approve_disclosure(proposal=proposal, by=proposer)
    assert carry_out_proposal(proposal=proposal) is None
    approve_disclosure(proposal=proposal, by=clerk())
    with pytest.raises(DecidedError):
        reject_disclosure(proposal=proposal, by=clerk(), reason="Too many customers at once")


def test_more_named_customers_than_the_bound_take_two_persons() -> None:
    customers = tuple(account.customer for account in AccountFactory.create_batch(BULK_OVER + 1))
    request = replace(asked(contractor(), Cohort(), "contractor_primary_purpose"), cohort=None, customers=customers)
    by = Actor.operator("Ops", "A release of named customers")
    with pytest.raises(ReleaseDenied):
        release_disclosure(request=request, by=by)
    assert released(request).line_count == BULK_OVER + 1


def test_what_one_person_may_release_is_not_proposed_to_two() -> None:
    case = Case()
    case.consented()
    with pytest.raises(ProposalUnneededError):
        propose_disclosure(request=case.request(), by=case.by)


def test_what_lacks_something_already_is_not_proposed() -> None:
    with pytest.raises(ProposalRefused) as refused:
        propose_disclosure(request=asked(contractor(), Cohort()), by=clerk())
    assert [condition.code for condition in refused.value.missing] == ["nobody_left"]


@pytest.mark.parametrize("trait", ["auditor", "of_recipient"])
def test_neither_auditors_nor_recipients_propose_or_approve(trait: str) -> None:
    AccountFactory.create()
    request = asked(contractor(), Cohort(), "contractor_primary_purpose")
    stranger = Actor.of(UserFactory.create(bound=True, **{trait: True}))
    with pytest.raises(NotAllowedError):
        propose_disclosure(request=request, by=stranger)
    with pytest.raises(NotAllowedError):
        approve_disclosure(proposal=propose_disclosure(request=request, by=clerk()), by=stranger)
    with pytest.raises(NotAllowedError):
        preview_release(request=request, by=Actor.of(UserFactory.create(staff=True)))


def test_a_proposal_is_rejected_with_a_reason_and_then_nothing_goes_out() -> None:
    AccountFactory.create()
    proposal = propose_disclosure(request=asked(contractor(), Cohort(), "contractor_primary_purpose"), by=clerk())
    with pytest.raises(DecisionReasonMissingError):
        reject_disclosure(proposal=proposal, by=clerk(), reason="no")
    reject_disclosure(proposal=proposal, by=clerk(), reason="The contractor needs no more than totals")
    assert carry_out_proposal(proposal=proposal) is None
    assert not Release.objects.exists()


def test_what_happens_after_the_approval_counts_and_the_refusal_is_kept() -> None:
    AccountFactory.create()
    recipient = contractor()
    proposal = approved(asked(recipient, Cohort(), "contractor_primary_purpose"))
    assert claim_proposals() == [proposal.pk]
    stop_recipient(recipient=recipient, reason="Data was passed on", by=clerk())
    denial = carry_out_proposal(proposal=proposal)
    assert isinstance(denial, ReleaseDenial)
    assert denial.proposal == proposal
    assert claim_proposals() == []


def test_a_killed_worker_leaves_a_proposal_that_is_carried_out_once() -> None:
    AccountFactory.create()
    proposal = approved(asked(contractor(), Cohort(), "contractor_primary_purpose"))
    assert claim_proposals() == [proposal.pk]
    first, second = (carry_out_proposal(proposal=proposal) for _ in range(2))
    assert first == second
    assert Release.objects.count() == 1
    assert claim_proposals() == []


def test_an_emergency_goes_out_at_once_and_is_put_before_a_second_person() -> None:
    case = Case(recipient=RecipientFactory.create(kind=Recipient.Kind.EMERGENCY_SERVICE))
    release = case.released(
        basis=basis("emergency"),
        purpose=purpose("legal_obligation"),
        field_ids=("customer.name",),
        requester=REQUESTER,
    )
    review = release.proposal
    assert review is not None
    assert (review.kind, review.is_decided) == ("emergency", False)
    with pytest.raises(SecondPersonError):
        approve_disclosure(proposal=review, by=case.by)
    assert approve_disclosure(proposal=review, by=clerk()).is_approved


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"requester": None}, "requester_missing"),
        ({"name": " "}, "requester_missing"),
        ({"authority": ""}, "authority_missing"),
        ({"delivery_address": ""}, "delivery_address_missing"),
        ({"channel": "telephone"}, "call_back_missing"),
    ],
)
def test_legal_process_needs_to_know_who_asks(changes: dict[str, Any], code: str) -> None:
    case = Case(recipient=RecipientFactory.create(kind=Recipient.Kind.EMERGENCY_SERVICE))
    requester = None if "requester" in changes else type(REQUESTER)(**{**REQUESTER.as_json(), **changes})
    request = case.request(
        basis=basis("emergency"), purpose=purpose("legal_obligation"), field_ids=("customer.name",), requester=requester
    )
    assert code in {condition.code for condition in preview_release(request=request, by=case.by).missing}


def run(sql: str, *parameters: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def test_a_proposal_is_decided_once_and_never_changed_or_removed() -> None:
    AccountFactory.create()
    proposal = approved(asked(contractor(), Cohort(), "contractor_primary_purpose"))
    for change in ("is_approved = false", "field_ids = '{customer.name}'", "cohort = NULL", "decided_by_name = 'x'"):
        with pytest.raises(ProgrammingError, match="written once"):
            run(f"UPDATE disclosures_releaseproposal SET {change} WHERE id = %s", proposal.pk)  # noqa: S608
    with pytest.raises(ProgrammingError, match="permission denied"):
        run("DELETE FROM disclosures_releaseproposal")


def test_an_approval_without_its_ledger_entry_is_refused_by_the_database() -> None:
    AccountFactory.create()
    proposal = propose_disclosure(request=asked(contractor(), Cohort(), "contractor_primary_purpose"), by=clerk())
    forged = (
        "UPDATE disclosures_releaseproposal SET is_approved = true, decided_at = now(), decided_by_name = 'Somebody',"
        " decided_by_id = %s, decision_entry_id = 1, decision_salt = 's', decision_evidence = 'e' WHERE id = %s"
    )
    with pytest.raises(IntegrityError, match="ledger entry"):
        run(forged, UserFactory.create().pk, proposal.pk)


@pytest.mark.parametrize(
    ("copied", "message"),
    [
        ("proposal_id, cohort", "release_once_per_proposal"),
        ("NULL, cohort", "takes a second person"),
    ],
)
def test_the_database_refuses_a_cohort_without_its_own_approval(copied: str, message: str) -> None:
    AccountFactory.create()
    release = released(asked(contractor(), Cohort(), "contractor_primary_purpose"))
    same = (
        "recipient_id, purpose_id, purpose_is_secondary, basis_id, basis_kind, requires_consent, requires_agreement,"
        " requires_document, notice_days, field_ids, data_from, data_to, format, reason, actor_kind, actor_name,"
        " line_count, decided_at, salt, evidence, requester"
    )
    entry = (
        "WITH entry AS (INSERT INTO ledger_entry (kind, subject_tag, commitment)"
        " SELECT kind, subject_tag, commitment FROM ledger_entry WHERE id = %s RETURNING id)"
    )
    with pytest.raises(IntegrityError, match=message):
        run(
            f"{entry} INSERT INTO disclosures_release (uuid, request_uuid, entry_id, proposal_id, cohort, {same})"  # noqa: S608
            f" SELECT gen_random_uuid(), gen_random_uuid(), (SELECT id FROM entry), {copied}, {same}"
            " FROM disclosures_release WHERE id = %s",
            release.entry_id,
            release.pk,
        )


def test_the_database_knows_the_same_bound_and_the_same_government_ids() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT disclosures_bulk_over(), disclosures_government_ids()")
        bound, ids = cursor.fetchone()
    assert bound == BULK_OVER
    assert set(ids) >= government_ids()


def test_who_was_left_out_is_written_with_the_release_and_never_changed() -> None:
    recipient = contractor()
    consented(AccountFactory.create(), recipient)
    AccountFactory.create()
    released(asked(recipient, Cohort()))
    assert ReleaseExclusion.objects.count() == 1
    with pytest.raises(ProgrammingError, match="permission denied"):
        run("UPDATE disclosures_releaseexclusion SET code = 'x'")
    with pytest.raises(ProgrammingError, match="permission denied"):
        run("DELETE FROM disclosures_releaseexclusion")
