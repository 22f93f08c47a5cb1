"""Another system of the provider's, signed in to the API with OAuth2 client credentials."""

from typing import Any

from allauth.idp.oidc.models import Client as Registration
from django.test import Client

from accounts.models import User
from tests.factories import UserFactory

SECRET = "plainly-fictitious-secret"


class Machine(Client):
    """Django's test client with a bearer token; bodies are JSON unless `format` says multipart."""

    def send(self, path: str, body: dict[str, Any] | None = None, *, multipart: bool = False, key: str = "") -> Any:
        """Post a body, with an Idempotency-Key where one is given."""
        headers = {"Idempotency-Key": key} if key else {}
        if multipart:
            return self.post(path, body or {}, headers=headers)
        return self.post(path, body or {}, content_type="application/json", headers=headers)


def registered(*, owner: User | None = None, scopes: tuple[str, ...] = ()) -> Registration:
    """Return a registered client; its owner is staff under a confidentiality agreement unless given."""
    client = Registration(name="Billing system", owner=owner or UserFactory.create(staff=True, bound=True))
    client.set_grant_types([Registration.GrantType.CLIENT_CREDENTIALS])
    client.set_scopes(list(scopes))
    client.set_secret(SECRET)
    client.save()
    return client


def machine(*scopes: str, owner: User | None = None) -> Machine:
    """Return a client with a token for the scopes, got at the token endpoint as a machine gets it."""
    client = registered(owner=owner, scopes=scopes)
    response = Client().post(
        "/identity/o/api/token",
        {
            "grant_type": "client_credentials",
            "client_id": client.pk,
            "client_secret": SECRET,
            "scope": " ".join(scopes),
        },
    )
    assert response.status_code == 200, response.content
    return Machine(headers={"Authorization": f"Bearer {response.json()['access_token']}"})
