"""How other systems sign in to the API: OAuth2 client credentials, opaque tokens, a responsible person per client."""

from typing import Any

from allauth.idp.oidc.contrib.rest_framework.authentication import TokenAuthentication
from allauth.idp.oidc.models import Client, Token
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from accounts.models import User
from accounts.permissions import has_confidentiality_agreement
from ledger.actor import Actor
from protection.rowsecurity import see_provider_rows


class ClientAuthentication(TokenAuthentication):  # type: ignore[misc]
    """Accept a client's access token; the request acts for the client's owner, one of the provider's people.

    A token that a person granted to some client is refused: it would lend the owner's sight to that person. The owner
    needs a confidentiality agreement in force, as for the pages; the request then sees the provider's rows.
    """

    def authenticate(self, request: Request) -> tuple[User, Token] | None:
        """Return the owner and the token, None without a valid token."""
        result: tuple[Any, Token] | None = super().authenticate(request)
        if result is None:
            return None
        token = result[1]
        if token.user_id is not None or Client.GrantType.CLIENT_CREDENTIALS not in token.client.get_grant_types():
            raise PermissionDenied("The API takes tokens of client credentials only, not those of a person.")
        owner = token.client.owner
        if not isinstance(owner, User) or not owner.is_active or not owner.is_provider:
            raise PermissionDenied("This client has no owner at the provider. An administrator can set one.")
        if not has_confidentiality_agreement(owner):
            raise PermissionDenied("The client's owner has no confidentiality agreement in force.")
        request._request.actor = Actor(  # type: ignore[attr-defined]
            kind="client", name=token.client.name, user_id=owner.pk
        )
        see_provider_rows()
        return owner, token

    def authenticate_header(self, request: Request) -> str:
        """Make an anonymous request a 401 that says how to sign in."""
        return "Bearer"
