"""Django's test client, signed in as somebody."""

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.totp.internal import auth as totp
from django.http import HttpRequest
from django.test import Client

from accounts.models import User
from portal.sign_in import must_have_second_factor
from tests.factories import PASSWORD


def signed_in(user: User, *, lately: bool = False) -> Client:
    """Return a client signed in as `user`, with a second factor where one is demanded.

    With `lately` the user has just proved again who they are, as pages that reveal something want it.
    """
    client = Client()
    if must_have_second_factor(user):
        totp.TOTP.activate(user, totp.generate_totp_secret())
    client.force_login(user)
    if must_have_second_factor(user):
        show_second_factor(client, user)
    if lately:
        client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


def show_second_factor(client: Client, user: User) -> None:
    """Have the client's session remember that the user showed a second factor."""
    request = HttpRequest()
    request.session = client.session
    record_authentication(request, user, method="mfa", type="totp")
    request.session.save()
