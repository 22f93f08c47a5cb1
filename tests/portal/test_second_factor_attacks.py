"""Ways around the second factor, tried with a stolen password."""

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.test import Client, override_settings

from accounts.models import User
from tests.browser import confirm_email, give_second_factor
from tests.factories import PASSWORD, UserFactory
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk() -> User:
    """A member of staff who has no second factor yet."""
    user: User = UserFactory(staff=True, bound=True)
    confirm_email(user)
    return user


def _by_password(user: User) -> Client:
    client = Client()
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    return client


def _code(secret: str, *, step: int = 0, period: int = 30) -> str:
    code: str = totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // period + step))
    return code


def test_session_begun_before_the_second_factor_does_not_come_in_with_it(clerk: User) -> None:
    thief = _by_password(clerk)
    assert thief.get("/")["Location"] == "/accounts/2fa/totp/activate/"
    give_second_factor(clerk)
    for page in ("/", "/accounts/2fa/totp/deactivate/", "/accounts/2fa/recovery-codes/", "/accounts/email/"):
        assert thief.get(page)["Location"].startswith("/accounts/2fa/reauthenticate/?next="), page


def test_path_that_leads_nowhere_is_no_way_in(clerk: User) -> None:
    assert _by_password(clerk).get("/no-such-page/").status_code == 302


def test_session_that_shows_the_second_factor_comes_in(clerk: User) -> None:
    client = _by_password(clerk)
    secret = give_second_factor(clerk)
    address = client.get("/")["Location"]
    assert client.get(address).status_code == 200
    assert client.post(address, {"code": _code(secret), "next": "/"})["Location"] == "/"
    assert client.get("/").status_code == 200


def test_key_alone_is_asked_for_as_a_key(clerk: User) -> None:
    client = _by_password(clerk)
    Authenticator.objects.create(user=clerk, type=Authenticator.Type.WEBAUTHN, data={})
    assert client.get("/")["Location"].startswith("/accounts/2fa/webauthn/reauthenticate/")


def test_last_second_factor_of_staff_stays(clerk: User) -> None:
    client = signed_in(clerk, lately=True)
    client.post("/accounts/2fa/totp/deactivate/")
    assert Authenticator.objects.filter(user=clerk, type=Authenticator.Type.TOTP).exists()


def test_customer_may_give_up_the_second_factor() -> None:
    person = UserFactory()
    give_second_factor(person)
    client = signed_in(person, lately=True)
    client.post("/accounts/2fa/totp/deactivate/")
    assert not Authenticator.objects.filter(user=person).exists()


@override_settings(MFA_TOTP_PERIOD=1)
def test_code_is_not_taken_twice_while_the_tolerance_still_covers_it(clerk: User) -> None:
    client, replaying = _by_password(clerk), _by_password(clerk)
    code = _code(give_second_factor(clerk), step=1, period=1)
    assert client.post("/accounts/2fa/reauthenticate/", {"code": code}).status_code == 302
    time.sleep(1.05)
    assert replaying.post("/accounts/2fa/reauthenticate/", {"code": code}).status_code == 200
