from html import unescape
from typing import Any

import pytest
from django.test import Client

from accounts.models import ConfidentialityAgreement, Recipient, RecipientAgreement, User
from accounts.permissions import has_confidentiality_agreement
from ledger.models import Entry
from tests.factories import PASSWORD, MemberFactory, RecipientFactory, UserFactory
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db

PERIOD = {"title": "Confidentiality 2026", "signed_on": "2026-01-02", "valid_from": "2026-01-02", "valid_to": ""}
REASON = {"reason": "They left the company"}


@pytest.fixture
def desk() -> Client:
    return signed_in(UserFactory(administrator=True, bound=True))


def text_of(response: Any) -> str:
    return unescape(response.content.decode())


def test_people_are_listed_with_the_end_of_their_agreement(desk: Client) -> None:
    bound: User = UserFactory(staff=True, bound=True, name="Bound Example")
    ConfidentialityAgreement.objects.filter(user=bound).update(valid_to="2099-01-01")
    UserFactory(staff=True, name="Free Example")

    page = text_of(desk.get("/people/", {"role": "staff"}))

    assert "until 31 December 2098" in page
    assert "none in force" in page


def test_people_are_found_by_name(desk: Client) -> None:
    wanted = UserFactory(name="Rosalind Example")
    UserFactory()

    assert list(desk.get("/people/", {"q": "rosalind"}).context["page_obj"].object_list) == [wanted]


def test_recorded_agreement_binds_at_once(desk: Client) -> None:
    person: User = UserFactory(staff=True)

    desk.post(f"/people/{person.uuid}/agreements/new/", PERIOD)

    assert has_confidentiality_agreement(person)
    assert Entry.objects.filter(kind="agreement.added").count() == 1


def test_agreement_sent_twice_is_recorded_once(desk: Client) -> None:
    person: User = UserFactory(staff=True)

    desk.post(f"/people/{person.uuid}/agreements/new/", PERIOD)
    response = desk.post(f"/people/{person.uuid}/agreements/new/", PERIOD)

    assert "already recorded" in text_of(response)
    assert ConfidentialityAgreement.objects.filter(user=person).count() == 1


def test_agreement_that_ends_before_it_begins_is_refused_in_words(desk: Client) -> None:
    person: User = UserFactory(staff=True)

    response = desk.post(f"/people/{person.uuid}/agreements/new/", PERIOD | {"valid_to": "2026-01-02"})

    assert "must end after it begins" in text_of(response)


def test_stopped_sign_in_ends_a_session_that_runs(desk: Client) -> None:
    member = MemberFactory()
    theirs = signed_in(member.user)
    assert theirs.get("/my-data/").status_code == 200

    desk.post(f"/people/{member.user.uuid}/deactivate/", REASON)

    assert theirs.get("/my-data/")["Location"].startswith("/accounts/login/")
    assert not Client().login(email=member.user.email, password=PASSWORD)


def test_allowed_sign_in_works_again(desk: Client) -> None:
    person = UserFactory(is_active=False)

    desk.post(f"/people/{person.uuid}/reactivate/", REASON)

    person.refresh_from_db()
    assert person.is_active


def test_administrator_cannot_stop_themselves() -> None:
    administrator: User = UserFactory(administrator=True, bound=True)

    response = signed_in(administrator).post(f"/people/{administrator.uuid}/deactivate/", REASON)

    administrator.refresh_from_db()
    assert administrator.is_active
    assert response.context["form"].non_field_errors()


def test_recipient_is_added_with_its_agreement(desk: Client) -> None:
    details = {"legal_name": "Sunny Example LLC", "kind": "contractor", "email": "desk@sunny.example"}

    desk.post("/recipients/new/", details)
    recipient = Recipient.objects.get()
    desk.post(f"/recipients/{recipient.uuid}/agreements/new/", PERIOD)

    assert RecipientAgreement.objects.get().recipient == recipient
    assert "without end" in text_of(desk.get("/recipients/"))


def test_second_recipient_of_the_same_name_is_refused_in_words(desk: Client) -> None:
    recipient = RecipientFactory()
    details = {"legal_name": recipient.legal_name, "kind": "contractor", "email": "desk@sunny.example"}

    assert desk.post("/recipients/new/", details).context["form"].errors["legal_name"]


def test_switch_stops_a_recipient_and_only_an_administrator_lets_it_go_on() -> None:
    recipient = RecipientFactory()
    staff = signed_in(UserFactory(staff=True, bound=True))

    staff.post(f"/recipients/{recipient.uuid}/stop/", {"reason": "A breach was reported"})
    assert "A breach was reported" in text_of(staff.get(f"/recipients/{recipient.uuid}/"))
    assert staff.post(f"/recipients/{recipient.uuid}/resume/", {"reason": "It is mended now"}).status_code == 403
    recipient.refresh_from_db()
    assert recipient.is_stopped

    signed_in(UserFactory(administrator=True)).post(
        f"/recipients/{recipient.uuid}/resume/", {"reason": "It is mended now"}
    )
    recipient.refresh_from_db()
    assert not recipient.is_stopped


def test_switch_needs_a_reason() -> None:
    recipient = RecipientFactory()

    response = signed_in(UserFactory(staff=True)).post(f"/recipients/{recipient.uuid}/stop/", {"reason": "x"})

    assert response.context["form"].errors["reason"]


def test_language_is_kept_for_pages_and_mail() -> None:
    user: User = UserFactory()
    client = signed_in(user)

    response = client.post("/settings/", {"language": "es"})

    user.refresh_from_db()
    assert user.language == "es"
    assert response.cookies["django_language"].value == "es"
