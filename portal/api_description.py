"""The API's own description (OpenAPI 3)."""

from typing import Any

from django.urls import reverse
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.views import SpectacularAPIView

from portal.api_access import ClientAuthentication
from portal.sign_in import OIDCAdapter


class ClientScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Tell the API's description how a client signs in."""

    target_class = ClientAuthentication
    name = "client"

    def get_security_requirement(self, auto_schema: Any) -> dict[str, list[str]]:
        """Return the scope that the operation wants."""
        scopes = [permission.scope_of(auto_schema.method) for permission in auto_schema.view.get_permissions()]
        return {self.name: scopes}

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """Return the grant, where its tokens come from, and the scopes that there are."""
        scopes = {name: str(text) for name, text in OIDCAdapter.scope_display.items()}
        flow = {"tokenUrl": reverse("idp:oidc:token"), "scopes": scopes}
        return {"type": "oauth2", "flows": {"clientCredentials": flow}}


class DescriptionView(SpectacularAPIView):
    """Answer anybody with the description; it is made of the code alone and names nobody."""
