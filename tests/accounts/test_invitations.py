"""How somebody gets a sign-in: by a link in their own mailbox, once, and never without a second factor."""

import re
from html import unescape
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import OutboxMessage, Recipient, User
from accounts.permissions import has_confidentiality_agreement
from accounts.services import change_role, invite_person
from consent.sender import send_messages
from ledger.actor import Actor
from ledger.models import Entry
from tests.factories import PASSWORD, RecipientFactory, UserFactory
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db
PERSON = {"name": "Nova Newcomer", "email": "nova@provider.example", "role": "staff", "language": "en"}


@pytest.fixture
def desk() -> Client:
    return signed_in(UserFactory(administrator=True, bound=True))


def text_of(response: Any) -> str:
    return unescape(response.content.decode())


def link_in_the_mail() -> str:
    send_messages()
    found = re.search(r"/accounts/password/reset/key/\S+", mail.outbox[-1].body)
    assert found
    return found.group()


def choose_password(client: Client, link: str) -> Any:
    page = client.get(link, follow=True)
    address = page.redirect_chain[-1][0] if page.redirect_chain else link
    return client.post(address, {"password1": PASSWORD, "password2": PASSWORD})


def test_invited_person_chooses_a_password_by_a_link_and_must_set_up_a_second_factor(desk: Client) -> None:
    desk.post("/people/new/", PERSON)
    user = User.objects.get(email="nova@provider.example")
    assert not user.has_usable_password()
    assert mail.outbox == []
    assert PASSWORD not in str(OutboxMessage.objects.values_list("context", flat=True))

    link = link_in_the_mail()
    assert mail.outbox[0].to == ["Nova Newcomer <nova@provider.example>"]
    choose_password(Client(), link)
    client = Client()
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})

    assert client.get("/customers/")["Location"].startswith("/accounts/2fa/totp/activate/")
    assert not has_confidentiality_agreement(user)
    assert Entry.objects.filter(kind="user.invited").count() == 1


def test_link_works_once(desk: Client) -> None:
    desk.post("/people/new/", PERSON)
    link = link_in_the_mail()
    choose_password(Client(), link)

    assert "This link no longer works" in text_of(Client().get(link, follow=True))


def test_the_link_is_kept_nowhere(desk: Client) -> None:
    desk.post("/people/new/", PERSON)
    link_in_the_mail()
    message = OutboxMessage.objects.get()

    assert set(message.context) == {"user"}


def test_recipients_user_is_bound_to_their_recipient_and_nobody_else_is(desk: Client) -> None:
    recipient: Recipient = RecipientFactory()

    missing = desk.post("/people/new/", {**PERSON, "role": "recipient"})
    too_much = desk.post("/people/new/", {**PERSON, "recipient": recipient.pk})
    desk.post("/people/new/", {**PERSON, "role": "recipient", "recipient": recipient.pk})

    assert missing.context["form"].errors["recipient"]
    assert too_much.context["form"].errors["recipient"]
    assert User.objects.get(email=PERSON["email"]).recipient == recipient


def test_customer_is_not_among_the_roles(desk: Client) -> None:
    assert desk.post("/people/new/", {**PERSON, "role": "customer"}).context["form"].errors["role"]


def test_address_that_signs_in_already_is_refused_in_words(desk: Client) -> None:
    UserFactory(email="nova@provider.example")

    assert "already" in text_of(desk.post("/people/new/", {**PERSON, "email": "Nova@Provider.example"}))


def test_new_link_goes_only_to_who_never_chose_a_password(desk: Client) -> None:
    desk.post("/people/new/", PERSON)
    user = User.objects.get(email=PERSON["email"])
    desk.post(f"/people/{user.uuid}/invite/")
    assert OutboxMessage.objects.filter(template="invitation").count() == 2

    choose_password(Client(), link_in_the_mail())

    assert "They chose a password before" in text_of(desk.post(f"/people/{user.uuid}/invite/"))


@pytest.mark.parametrize("trait", ["staff", "auditor", "of_recipient"])
def test_only_administrators_add_people(trait: str) -> None:
    user = UserFactory(**{trait: True})

    assert signed_in(user).post("/people/new/", PERSON).status_code == 403


def test_role_changes_among_the_providers_roles_from_the_next_click(desk: Client) -> None:
    person = UserFactory(staff=True, bound=True)
    theirs = signed_in(person)
    assert theirs.get("/customers/").status_code == 200

    desk.post(f"/people/{person.uuid}/role/", {"role": "auditor", "reason": "Moved to the audit team"})

    assert theirs.get("/customers/").status_code == 403
    assert Entry.objects.filter(kind="user.role_changed").count() == 1


def test_nobody_changes_their_own_role_nor_makes_a_customer_staff(desk: Client) -> None:
    administrator = UserFactory(administrator=True)
    for user, who in ((administrator, administrator), (UserFactory(), administrator)):
        with pytest.raises(Exception, match="right to do this"):
            change_role(user=user, role="staff", reason="Because I can", by=Actor.of(who))


def test_command_invites_the_first_administrator(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("invite_person", "first@provider.example", name="Fay First", role="administrator")

    assert User.objects.get(email="first@provider.example").role == "administrator"
    assert "first@provider.example" in capsys.readouterr().out
    with pytest.raises(CommandError, match="already"):
        call_command("invite_person", "first@provider.example", name="Fay First", role="administrator")


def test_invitation_refuses_who_is_no_administrator() -> None:
    with pytest.raises(Exception, match="right to do this"):
        invite_person(email="x@people.example", name="X", role="staff", by=Actor.of(UserFactory(staff=True)))
