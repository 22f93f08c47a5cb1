"""Django's test client, signed in as somebody."""

from allauth.mfa.totp.internal import auth as totp
from django.test import Client

from accounts.models import User
from tests.factories import PASSWORD


def signed_in(user: User, *, lately: bool = False) -> Client:
    """Return a client signed in as `user`, with a second factor where one is demanded.

    With `lately` the user has just proved again who they are, as pages that reveal something want it.
    """
    client = Client()
    if user.is_provider or user.recipient_id:
        totp.TOTP.activate(user, totp.generate_totp_secret())
    client.force_login(user)
    if lately:
        client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client
