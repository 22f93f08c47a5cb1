"""What the portal changes of allauth's sign-in: no open sign-up, sealed second factors, scopes for machines."""

from base64 import b64decode, b64encode
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.idp.oidc.adapter import DefaultOIDCAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from protection import sealing
from protection.keystore import key_store

_PLACE = b"authenticator.data"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """People get their user from the provider, not by signing up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Refuse open sign-up."""
        return False


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Keep TOTP and recovery seeds sealed."""

    def encrypt(self, text: str) -> str:
        """Seal a seed under the system key."""
        sealed = sealing.seal(text.encode(), key_id=key_store().system_key(), place=_PLACE)
        return b64encode(sealed).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Open a sealed seed; raises TamperedError when it was altered."""
        return sealing.open_sealed(b64decode(encrypted_text), place=_PLACE).decode()


class OIDCAdapter(DefaultOIDCAdapter):  # type: ignore[misc]
    """Name the scopes that machine clients may be given."""

    scope_display: dict[str, Any] = {
        "consents:read": _("Read consents"),
        "consents:write": _("Log and withdraw consents"),
        "releases:write": _("Preview and make releases"),
        "disclosures:read": _("Read and export disclosure histories"),
    }
