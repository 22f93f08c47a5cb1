"""What the API's schema says beyond the views: how a client signs in."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext
from drf_spectacular.extensions import OpenApiAuthenticationExtension

from portal.sign_in import OIDCAdapter


class ClientAuthenticationScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describe the sign-in with OAuth2 client credentials."""

    target_class = "portal.api_access.ClientAuthentication"
    name = "client_credentials"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """Return the OAuth2 flow with its scopes (OpenAPI 3.0.3, 4.7.24)."""
        scopes = {name: gettext(label) for name, label in OIDCAdapter.scope_display.items()}
        flow = {"tokenUrl": reverse("idp:oidc:token"), "scopes": scopes}
        return {"type": "oauth2", "flows": {"clientCredentials": flow}}
