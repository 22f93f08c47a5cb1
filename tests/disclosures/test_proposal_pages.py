"""The pages of releases that take two persons: check, propose, decide."""

from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Account, Recipient, User
from disclosures.models import Release, ReleaseProposal
from disclosures.tasks import release_as_proposed
from tests.disclosures.factories import REQUESTER, Case, basis, purpose
from tests.factories import AccountFactory, RecipientFactory, UserFactory
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db
NEW = "/disclosures/proposals/new/"


def text_of(response: Any) -> str:
    return " ".join(unescape(response.content.decode()).split())


def clerk() -> User:
    return UserFactory.create(staff=True, bound=True)


def entered(recipient: Recipient, **changes: Any) -> dict[str, Any]:
    return {
        "recipient": recipient.pk,
        "purpose": purpose("grid_operations").pk,
        "basis": basis("contractor_primary_purpose").pk,
        "field_ids": ["account.number", "usage.readings"],
        "data_from": "2025-03-01",
        "data_last": "2025-03-31",
        "format": "csv",
        "reason": "Load study of the district in March",
        "request_uuid": "0d8f3a52-54c5-4f0e-8f4c-2b7d1c0a9e61",
        **changes,
    }


def contractor() -> Recipient:
    return RecipientFactory.create(under_agreement=True)


def listed(*accounts: Account, beside: str = "") -> SimpleUploadedFile:
    lines = [account.number for account in accounts]
    return SimpleUploadedFile("accounts.csv", "\n".join([*lines, beside]).encode())


def test_a_check_says_how_many_and_changes_nothing() -> None:
    AccountFactory.create_batch(2)
    response = signed_in(clerk()).post(NEW, entered(contractor(), preview="1"))
    assert "Data of 2 customers would go out" in text_of(response)
    assert not ReleaseProposal.objects.exists()


def test_one_proposes_another_approves_and_the_release_is_made() -> None:
    accounts = AccountFactory.create_batch(2)
    AccountFactory.create()
    proposer, second = clerk(), clerk()
    page = signed_in(proposer).post(NEW, entered(contractor(), account_list=listed(*accounts)), follow=True)
    assert "2 accounts of a list" in text_of(page)
    assert "Approve the release" not in text_of(page)
    proposal = ReleaseProposal.objects.get()
    address = f"/disclosures/proposals/{proposal.uuid}/"
    desk = signed_in(second)
    assert "Approve the release" in text_of(desk.get(address))
    desk.post(f"{address}decide/", {"decision": "approve"})
    release_as_proposed(proposal.pk)
    release = Release.objects.get()
    assert set(release.lines.values_list("customer", flat=True)) == {account.customer_id for account in accounts}
    assert "2 customers" in text_of(desk.get(address))
    shown = text_of(desk.get(f"/disclosures/{release.uuid}/"))
    assert "Who proposed and who decided" in shown
    assert "2 accounts of a list" in shown


def test_numbers_that_are_not_found_are_named_and_left_out_only_where_that_is_said() -> None:
    account = AccountFactory.create()
    desk, recipient = signed_in(clerk()), contractor()
    page = desk.post(NEW, entered(recipient, account_list=listed(account, beside="12345")))
    assert "Line 2: 12345" in text_of(page)
    assert not ReleaseProposal.objects.exists()
    given = entered(recipient, account_list=listed(account, beside="12345"), leave_unknown="on")
    desk.post(NEW, given)
    assert ReleaseProposal.objects.get().account_ids == [account.pk]


def test_a_rejection_says_why_and_a_missing_reason_is_said() -> None:
    AccountFactory.create()
    signed_in(clerk()).post(NEW, entered(contractor()))
    proposal = ReleaseProposal.objects.get()
    desk, address = signed_in(clerk()), f"/disclosures/proposals/{proposal.uuid}/"
    page = desk.post(f"{address}decide/", {"decision": "reject", "reason": ""}, follow=True)
    assert "State in at least ten characters" in text_of(page)
    page = desk.post(f"{address}decide/", {"decision": "reject", "reason": "Totals are enough here"}, follow=True)
    assert "Totals are enough here" in text_of(page)
    assert "Rejected" in text_of(desk.get("/disclosures/proposals/"))


def test_a_list_that_is_not_text_or_holds_no_account_is_refused() -> None:
    desk, recipient = signed_in(clerk()), contractor()
    for content, words in ((b"\xff\xfe\x00", "not text"), (b"1\n2", "None of the numbers")):
        upload = SimpleUploadedFile("accounts.csv", content)
        assert words in text_of(desk.post(NEW, entered(recipient, account_list=upload)))


def test_an_emergency_shows_who_asked_and_waits_for_its_review() -> None:
    case = Case(recipient=RecipientFactory.create(kind=Recipient.Kind.EMERGENCY_SERVICE))
    release = case.released(
        basis=basis("emergency"),
        purpose=purpose("legal_obligation"),
        field_ids=("customer.name",),
        requester=REQUESTER,
    )
    assert release.proposal is not None
    shown = text_of(signed_in(clerk()).get(f"/disclosures/proposals/{release.proposal.uuid}/"))
    assert "It was justified" in shown
    assert REQUESTER.name in shown


@pytest.mark.parametrize("role", ["auditor", "customer", "recipient"])
def test_only_the_desk_reaches_proposals(role: str) -> None:
    organization = contractor() if role == "recipient" else None
    client = signed_in(UserFactory.create(role=role, bound=True, recipient=organization))
    assert {client.get(NEW).status_code, client.get("/disclosures/proposals/").status_code} == {403}
