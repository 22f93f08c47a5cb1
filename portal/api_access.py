"""How other systems sign in to the API: OAuth2 client credentials, opaque tokens, a responsible person per client."""

from typing import TYPE_CHECKING, Any

from allauth.idp.oidc.contrib.rest_framework.authentication import TokenAuthentication
from allauth.idp.oidc.models import Client, Token
from django.urls import reverse
from django.utils.translation import gettext as _
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from accounts.models import User
from accounts.permissions import can_own_api_client, has_confidentiality_agreement
from ledger.actor import Actor
from protection.rowsecurity import see_provider_rows

if TYPE_CHECKING:
    from rest_framework.views import APIView


class ClientAuthentication(TokenAuthentication):  # type: ignore[misc]
    """Accept a client's access token; the request acts for the client's owner, one of the provider's people.

    A token that a person granted to some client is refused: it would lend the owner's sight to that person. The owner
    needs a confidentiality agreement in force, as for the pages; the request then sees the provider's rows.
    """

    def authenticate(self, request: Request) -> tuple[User, Token] | None:
        """Return the owner and the token, None where none is sent.

        Raises AuthenticationFailed for a token that is unknown, expired or revoked (RFC 6750 section 3.1), and
        PermissionDenied for one whose client has no owner who may look.
        """
        result: tuple[Any, Any] | None = super().authenticate(request)
        if result is None:
            if "Authorization" in request.headers:
                raise AuthenticationFailed(no_access(_("The access token is unknown, expired or revoked.")))
            return None
        token = result[1]
        if not isinstance(token, Token) or not _is_of_a_client(token):
            raise PermissionDenied(_("The API takes tokens of client credentials only, not those of a person."))
        owner = token.client.owner
        if not isinstance(owner, User) or not can_own_api_client(owner, token.get_scopes()):
            raise PermissionDenied(_("This client's owner may not do this. Ask an administrator to register it anew."))
        if not has_confidentiality_agreement(owner):
            raise PermissionDenied(
                _("The client's owner has no confidentiality agreement in force. Ask an administrator to record it.")
            )
        request._request.actor = Actor(  # type: ignore[attr-defined]
            kind="client", name=token.client.name, user_id=owner.pk
        )
        see_provider_rows()
        return owner, token

    def authenticate_header(self, request: Request) -> str:
        """Make an anonymous request a 401 that says how to sign in (RFC 6750 section 3)."""
        return 'Bearer error="invalid_token"' if "Authorization" in request.headers else "Bearer"


class ClientThrottle(SimpleRateThrottle):
    """Hold each client to its own rate: one that runs wild slows down no other of the same owner."""

    scope = "client"

    def get_cache_key(self, request: Request, view: "APIView") -> str | None:
        """Count by the token's client; without one the request has been refused already."""
        client_id = request.auth.client_id if isinstance(request.auth, Token) else None
        return client_id and self.cache_format % {"scope": self.scope, "ident": client_id}


def _is_of_a_client(token: Token) -> bool:
    return token.user_id is None and Client.GrantType.CLIENT_CREDENTIALS in token.client.get_grant_types()


def no_access(trouble: str) -> str:
    """Return what is wrong with a request's token, and where the client gets one."""
    remedy = _("Get one at %(address)s and send it in the header `Authorization: Bearer TOKEN`.")
    return f"{trouble} {remedy % {'address': reverse('idp:oidc:token')}}"
