"""Requests from outside: filed, matched in two points, put before the customer, answered; a failure tells nothing."""

from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.db import Error, connection, transaction

from accounts.ages import latest_birth_of_age
from accounts.errors import NotAllowedError
from accounts.models import Customer, Member, OutboxMessage, Recipient, User
from consent.errors import FieldsNotCoveredError, RequestAnsweredError, RequestLimitError, UploadRefusedError
from consent.models import Offer, ProjectRequest, Purpose, RequestMatch, RequestUpload
from consent.request_files import file_requests
from consent.request_forms import NAMES_OF_COLUMNS
from consent.selectors import offers_for, unmatched_requests
from consent.services import (
    ProjectDetails,
    decline_offer,
    file_project_request,
    match_by_hand,
    match_requests,
    requests,
    withdraw_project_request,
)
from consent.views.requests import with_state
from ledger.actor import Actor
from protection.clock import provider_today
from protection.rowsecurity import recipient_rows, subject_rows
from tests.consent.factories import agreed, holder_of, staff_with
from tests.factories import AccountFactory, CustomerFactory, MemberFactory, RecipientFactory, UserFactory
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db

SYSTEM = Actor.system("test")
FIELDS = ("account.number", "usage.readings")
NO_NUMBER = {"account_number": "9999999999"}


@pytest.fixture
def filer() -> User:
    return UserFactory.create(of_recipient=True, recipient=RecipientFactory.create(under_agreement=True))


def details(customer: Customer | None = None, **changes: Any) -> ProjectDetails:
    """Return a request that names a customer as the record does, with changes."""
    account = customer.accounts.get() if customer else None
    named = {
        "account_number": account.number if account else "9999999999",
        "customer_name": customer.name if customer else "Nobody Known",
        "postal_code": account.service_postal_code if account else "90009",
    }
    terms = {
        "purpose": Purpose.objects.get(code="energy_analysis"),
        "program": "Heat Pump Fund",
        "project": "HP-7",
        "description": "A heat pump takes the place of a gas furnace.",
        "funds": Decimal("1500.00"),
        "contact_name": "Robin Contractor",
        "contact_email": "robin@contractor.example",
        "field_ids": FIELDS,
        "months_back": 12,
        **named,
    }
    return ProjectDetails(**{**terms, **changes})


def filed(filer: User, customer: Customer | None = None, **changes: Any) -> ProjectRequest:
    assert filer.recipient is not None
    by = Actor.of(filer)
    return file_project_request(recipient=filer.recipient, details=details(customer, **changes), by=by)


def matched(filer: User, customer: Customer | None = None, **changes: Any) -> RequestMatch:
    request = filed(filer, customer, **changes)
    match_requests(by=SYSTEM)
    return request.matches.get()


def state_of(request: ProjectRequest) -> str:
    return with_state(ProjectRequest.objects.filter(pk=request.pk)).get().state  # type: ignore[attr-defined, no-any-return]


def a_customer(**fields: Any) -> Customer:
    return AccountFactory.create(customer=CustomerFactory.create(**fields)).customer


def test_a_request_that_matches_is_put_before_the_customer(filer: User) -> None:
    customer = a_customer()
    match = matched(filer, customer)
    assert (match.outcome, match.customer) == ("matched", customer)
    offer = offers_for(customer).get()
    assert (offer, offer.field_ids, offer.requests) == (match.offer, sorted(FIELDS), [match.request])
    message = OutboxMessage.objects.get(template="project_request")
    assert (message.customer, message.context) == (customer, {"request": str(match.request.uuid)})


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"customer_name": "Someone Else"}, "matched"),
        ({"postal_code": "99999"}, "matched"),
        ({"customer_name": "Someone Else", "postal_code": "99999"}, "no_match"),
        ({"account_number": "9999999999"}, "no_match"),
        ({"account_number": "9999999999", "email": "ALEX@HOME.EXAMPLE"}, "matched"),
        (
            {"account_number": "9999999999", "customer_name": "X", "postal_code": "9", "email": "alex@home.example"},
            "no_match",
        ),
        ({"customer_name": "X", "postal_code": "9", "phone": "(555) 010-1234"}, "matched"),
    ],
)
def test_two_points_are_needed_one_of_them_the_number_or_the_address(
    filer: User, changes: dict[str, str], outcome: str
) -> None:
    customer = a_customer(name="Álex Sample", email="alex@home.example", phone="555-010-1234")
    assert matched(filer, customer, **changes).outcome == outcome


def test_several_who_match_are_nobody(filer: User) -> None:
    for _ in range(2):
        a_customer(name="Sam Twin", email="twins@home.example")
    match = matched(filer, customer_name="Sam Twin", email="twins@home.example")
    assert (match.outcome, match.customer) == ("ambiguous", None)


def test_closed_accounts_and_minors_without_a_guardian_are_not_asked(filer: User) -> None:
    today = provider_today()
    gone = AccountFactory.create(closed_on=today).customer
    child = a_customer(birth_date=latest_birth_of_age(today) + timedelta(days=9))
    assert matched(filer, gone).outcome == "closed"
    assert matched(filer, child).outcome == "minor"
    assert not Offer.objects.exists()


def test_a_guardian_is_asked_for_a_minor(filer: User) -> None:
    child = CustomerFactory.create(birth_date=latest_birth_of_age(provider_today()) + timedelta(days=9))
    guardian = holder_of(child, part=Member.Part.GUARDIAN)
    match = matched(filer, child)
    assert match.outcome == "matched"
    assert agreed(guardian, child, match.offer, data_from=provider_today(), field_ids=["account.number"]).is_granted
    assert state_of(match.request) == "approved"


def test_whatever_was_found_the_organization_sees_the_same(filer: User) -> None:
    """No row, no state, no page differs between a match and none of them."""
    customer = a_customer()
    cases = [
        filed(filer, customer),
        filed(filer),
        filed(filer, AccountFactory.create(closed_on=provider_today()).customer),
        filed(filer, a_customer(birth_date=latest_birth_of_age(provider_today()) + timedelta(days=9))),
    ]
    match_requests(by=SYSTEM)
    assert {match.outcome for match in RequestMatch.objects.all()} == {"matched", "no_match", "closed", "minor"}
    client = signed_in(filer)
    seen = set()
    for case in cases:
        page = client.get(f"/project-requests/{case.uuid}/").content.decode()
        for own in (str(case.uuid), case.customer_name, case.account_number, case.postal_code):
            page = page.replace(own, "")
        seen.add(page.split("<main", 1)[1].split("csrfmiddlewaretoken")[0])
    assert len(seen) == 1
    with recipient_rows(filer.recipient_id or 0):
        assert {state_of(case) for case in cases} == {"received"}
        assert not RequestMatch.objects.exists()
        assert not Offer.objects.exists()
        assert not Customer.objects.exists()


def test_another_organization_and_another_customer_see_nothing(filer: User) -> None:
    customer = a_customer()
    match = matched(filer, customer)
    stranger, other = RecipientFactory.create(), a_customer()
    with recipient_rows(stranger.pk):
        assert not ProjectRequest.objects.exists()
    with subject_rows(user_id=1, customers=[other.pk]):
        assert not ProjectRequest.objects.exists()
    with subject_rows(user_id=1, customers=[customer.pk]):
        assert list(ProjectRequest.objects.all()) == [match.request]
    of_stranger = UserFactory.create(of_recipient=True, recipient=stranger)
    assert signed_in(of_stranger).get(f"/project-requests/{match.request.uuid}/").status_code == 404


def test_the_same_again_is_the_same_request(filer: User) -> None:
    customer = a_customer()
    assert filed(filer, customer) == filed(filer, customer)
    assert filed(filer, customer, project="HP-8") != filed(filer, customer)


def test_declining_costs_nothing_and_is_told(filer: User) -> None:
    customer = a_customer()
    match = matched(filer, customer)
    holder = Actor.of(holder_of(customer))
    assert match.offer is not None
    for _ in range(2):
        decline_offer(offer=match.offer, customer=customer, by=holder)
    assert state_of(match.request) == "declined"
    assert OutboxMessage.objects.get(template="request_declined").recipient == filer.recipient
    with pytest.raises(RequestAnsweredError):
        withdraw_project_request(request=match.request, by=Actor.of(filer))


@pytest.mark.parametrize("is_answered_first", [True, False])
def test_an_answer_confirms_no_other_way_to_name_the_customer(filer: User, is_answered_first: bool) -> None:
    customer = a_customer(email="alex@home.example")
    asked, by = matched(filer, customer), Actor.of(filer)
    assert asked.offer is not None
    if not is_answered_first:
        guess = matched(filer, customer, customer_name="No", postal_code="9", email="alex@home.example")
    holder = MemberFactory.create(account=customer.accounts.get()).user
    decline_offer(offer=asked.offer, customer=customer, by=Actor.of(holder))
    if is_answered_first:
        guess = matched(filer, customer, customer_name="No", postal_code="9", email="alex@home.example")
    wrong = matched(filer, customer, customer_name="No", postal_code="9", email="other@home.example")
    assert (guess.offer, wrong.offer) == (asked.offer, None)
    assert [state_of(each.request) for each in (asked, guess, wrong)] == ["declined", "received", "received"]
    assert OutboxMessage.objects.get(template="request_declined").context == {"request": str(asked.request.uuid)}
    for each in (guess, wrong):
        assert withdraw_project_request(request=each.request, by=by).withdrawn_at is not None


def test_what_is_taken_back_nobody_is_asked_any_more(filer: User) -> None:
    customer = a_customer()
    match = matched(filer, customer)
    withdraw_project_request(request=match.request, by=Actor.of(filer))
    assert state_of(match.request) == "withdrawn"
    assert not offers_for(customer).exists()


@pytest.mark.database_role("deploy")
def test_a_request_expires_with_its_offer(filer: User) -> None:
    """As the owner of the tables, who alone can make a row look old."""
    customer = a_customer()
    match = matched(filer, customer)
    assert match.offer is not None
    assert match.offer.expires_at == match.request.expires_at
    with connection.cursor() as cursor:
        for table in ("consent_projectrequest", "consent_offer"):
            cursor.execute(
                f"UPDATE {table} SET created_at = created_at - interval '61 days',"  # noqa: S608
                " expires_at = expires_at - interval '61 days'"
            )
    assert state_of(match.request) == "expired"
    assert not offers_for(customer).exists()
    assert not unmatched_requests().exists()
    anew = matched(filer, customer)
    assert anew.request != match.request
    assert offers_for(customer).get() == anew.offer != match.offer


def test_who_is_stopped_unbound_or_of_another_organization_files_nothing(filer: User) -> None:
    recipient = filer.recipient
    assert recipient is not None
    others = (
        UserFactory.create(of_recipient=True, recipient=RecipientFactory.create(under_agreement=True)),
        UserFactory.create(staff=True, bound=True),
        UserFactory.create(),
    )
    for user in others:
        with pytest.raises(NotAllowedError):
            file_project_request(recipient=recipient, details=details(), by=Actor.of(user))
    unbound = UserFactory.create(of_recipient=True)
    with pytest.raises(NotAllowedError):
        filed(unbound)
    Recipient.objects.filter(pk=recipient.pk).update(
        stopped_at="2026-01-01T00:00Z", stopped_by=UserFactory.create(staff=True)
    )
    with pytest.raises(NotAllowedError):
        filed(filer)


def test_more_than_the_purpose_needs_is_not_asked_for(filer: User) -> None:
    with pytest.raises(FieldsNotCoveredError):
        filed(filer, field_ids=["customer.tax_id"])


def test_an_organization_files_so_many_a_day_and_no_more(filer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "A_DAY", 2)
    for project in ("1", "2"):
        filed(filer, project=project)
    with pytest.raises(RequestLimitError):
        filed(filer, project="3")
    assert filed(filer, project="2").project == "2"


def test_a_clerk_matches_by_hand_whom_they_opened(filer: User) -> None:
    customer = a_customer()
    match = matched(filer)
    assert list(unmatched_requests()) == [match]
    with pytest.raises(NotAllowedError):
        match_by_hand(request=match.request, customer=customer, by=Actor.of(UserFactory.create(staff=True, bound=True)))
    staff = staff_with(customer)
    by_hand = match_by_hand(request=match.request, customer=customer, by=Actor.of(staff))
    assert (by_hand.matched_by, offers_for(customer).get()) == (staff, by_hand.offer)
    assert not unmatched_requests().exists()
    with pytest.raises(RequestAnsweredError):
        match_by_hand(request=match.request, customer=customer, by=Actor.of(staff))


def _line(**changes: str) -> dict[str, str]:
    line = {
        "purpose": "energy_analysis",
        "program": "Heat Pump Fund",
        "project": "HP-1",
        "description": "A heat pump, please",
        "funds": "900",
        "months": "12",
        "data": "account.number; usage.readings",
        "contact_name": "Robin",
        "contact_email": "robin@contractor.example",
        "account_number": "7123456789",
        "customer_name": "Alex Sample",
        "postal_code": "90000",
    }
    return {**line, **changes}


def _file(*lines: dict[str, str], columns: tuple[str, ...] = tuple(NAMES_OF_COLUMNS)) -> BytesIO:
    rows = [",".join(columns), *(",".join(f'"{line.get(name, "")}"' for name in columns) for line in lines)]
    return BytesIO("\r\n".join(rows).encode("utf-8-sig"))


def uploaded(filer: User, content: BytesIO) -> RequestUpload:
    assert filer.recipient is not None
    return file_requests(recipient=filer.recipient, stream=content, name="projects.csv", by=Actor.of(filer))


def test_every_line_is_accepted_or_refused_by_itself(filer: User) -> None:
    content = _file(
        _line(),
        _line(project="=1+1", funds="-5"),
        _line(project="HP-3", purpose="sale"),
        _line(project="HP-4", data="customer.tax_id"),
        _line(project="HP-5"),
    )
    upload = uploaded(filer, content)
    assert [line["line"] for line in upload.accepted] == [2, 6]
    assert [line["line"] for line in upload.refused] == [3, 4, 5]
    assert "funds:" in upload.refused[0]["problems"][0]
    assert "data:" in upload.refused[2]["problems"][0]
    content.seek(0)
    assert uploaded(filer, content) == upload
    assert ProjectRequest.objects.count() == 2
    report = signed_in(filer).get(f"/project-requests/uploads/{upload.uuid}/report.csv").content.decode()
    assert "3,'=1+1,refused" in report


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"project\r\nHP",
        b"x" * 1_000_001,
        _file(columns=(*NAMES_OF_COLUMNS, "secret")).getvalue(),
        _file(*[_line()] * 1_001).getvalue(),
    ],
    ids=["empty", "no text", "columns", "large", "unknown column", "long"],
)
def test_a_file_that_is_none_is_refused_whole(filer: User, content: bytes) -> None:
    with pytest.raises(UploadRefusedError):
        uploaded(filer, BytesIO(content))
    assert not RequestUpload.objects.exists()


def _refused(sql: str, *params: object) -> str:
    with pytest.raises(Error) as refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)
    return str(refused.value)


def test_the_database_keeps_what_was_filed_and_found(filer: User) -> None:
    match = matched(filer, a_customer())
    for sql in (
        "UPDATE consent_projectrequest SET account_number = '1'",
        "DELETE FROM consent_projectrequest",
        "UPDATE consent_requestmatch SET outcome = 'no_match'",
        "DELETE FROM consent_requestmatch",
    ):
        assert "permission denied" in _refused(sql)
    withdraw_project_request(request=match.request, by=Actor.of(filer))
    again = "UPDATE consent_projectrequest SET withdrawn_at = now() WHERE id = %s"
    assert "taken back once" in _refused(again, match.request_id)


def test_the_database_puts_a_request_before_nobody_else(filer: User) -> None:
    match, other = matched(filer, a_customer()), a_customer()
    fresh = filed(filer, project="HP-9")
    sql = (
        "INSERT INTO consent_requestmatch (uuid, request_id, outcome, customer_id, offer_id, points, entry_id, salt,"
        " evidence, matched_by_id) SELECT gen_random_uuid(), %s, 'matched', %s, %s, %s, entry_id + 100000, salt,"
        " evidence, NULL FROM consent_requestmatch WHERE id = %s"
    )
    points = ["account_number", "customer_name"]
    assert "whom it matches" in _refused(sql, fresh.pk, other.pk, match.offer_id, points, match.pk)
    assert "needs_two_points" in _refused(sql, fresh.pk, match.customer_id, match.offer_id, points[:1], match.pk)


def test_pages_of_filing_work_from_end_to_end(filer: User) -> None:
    client = signed_in(filer)
    assert "File a request" in client.get("/project-requests/").content.decode()
    filled = {**_line(), "field_ids": list(FIELDS), "months_back": "12"}
    response = client.post("/project-requests/new/?purpose=energy_analysis", filled)
    request = ProjectRequest.objects.get()
    assert response["Location"] == f"/project-requests/{request.uuid}/"
    missing = client.post("/project-requests/new/?purpose=energy_analysis", {}).content.decode()
    assert missing.count("usa-error-message") >= 9
    assert client.get("/project-requests/upload/").status_code == 200
    content = _file(_line(project="HP-2"))
    content.name = "projects.csv"
    page = client.post("/project-requests/upload/", {"upload": content}, follow=True).content.decode()
    assert "1 accepted, 0 refused" in page
    client.post(f"/project-requests/{request.uuid}/withdraw/")
    assert state_of(request) == "withdrawn"


def test_the_desk_finds_whom_a_request_means(filer: User) -> None:
    customer = a_customer()
    match = matched(filer)
    staff = staff_with(customer)
    client = signed_in(staff)
    assert "Nobody Known" in client.get("/consents/requests/").content.decode()
    page = f"/consents/requests/{match.request.uuid}/match/"
    assert "Nobody matches" in client.get(page).content.decode()
    unopened = a_customer()
    response = client.post(page, {"account_number": unopened.accounts.get().number})
    assert f"/customers/{unopened.uuid}/open/" in response["Location"]
    assert client.post(page, {"account_number": customer.accounts.get().number}).status_code == 302
    assert offers_for(customer).exists()


def test_the_customer_reads_who_asks_and_until_when(filer: User) -> None:
    customer = a_customer()
    match = matched(filer, customer)
    client = signed_in(holder_of(customer), lately=True)
    page = client.get(f"/consents/offers/{match.offer.uuid}/?customer={customer.uuid}").content.decode()  # type: ignore[union-attr]
    for text in ("Heat Pump Fund", "A heat pump takes the place", "Robin Contractor", "Answer until"):
        assert text in page
    assert "checked" not in page.split("<form", 1)[1]
