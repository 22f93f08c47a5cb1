"""What the portal changes of allauth's sign-in: no open sign-up, sealed second factors, scopes for machines."""

from base64 import b64decode, b64encode
from secrets import token_urlsafe
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.idp.oidc.adapter import DefaultOIDCAdapter
from allauth.mfa import app_settings as mfa_settings
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm, BaseAuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from protection import sealing
from protection.keystore import key_store

_PLACE = b"authenticator.data"


def must_have_second_factor(user: User) -> bool:
    """Say whether the user may not go without a second factor: the provider's people and recipients' users."""
    return user.is_provider or user.recipient_id is not None


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """People get their user from the provider, not by signing up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Refuse open sign-up."""
        return False


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Keep TOTP and recovery seeds sealed, and say what to do about a code that is not taken."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("This code is not right, or it was used before. Wait for the next one, then enter it."),
    }

    def encrypt(self, text: str) -> str:
        """Seal a seed under the system key."""
        sealed = sealing.seal(text.encode(), key_id=key_store().system_key(), place=_PLACE)
        return b64encode(sealed).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Open a sealed seed; raises TamperedError when it was altered."""
        return sealing.open_sealed(b64decode(encrypted_text), place=_PLACE).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Refuse to take the last second factor from somebody who may not go without."""
        own = Authenticator.objects.filter(user=authenticator.user_id).exclude(pk=authenticator.pk)
        others = own.exclude(type=Authenticator.Type.RECOVERY_CODES)
        return not must_have_second_factor(authenticator.user) or others.exists()


class _SpentCode(BaseAuthenticateForm):  # type: ignore[misc]
    """Take a code from an app once only, as RFC 6238 section 5.2 has it.

    allauth remembers a code for one period; with its tolerance the code stays valid for longer than that.
    """

    def clean_code(self) -> str:
        """Return the code; raises ValidationError when it is wrong or was used before."""
        code: str = super().clean_code()
        if self.authenticator.type == Authenticator.Type.TOTP:
            spent = f"spent-code?user={self.user.pk}&code={normalize_user_code(code)}"
            seconds = mfa_settings.TOTP_PERIOD * (2 * mfa_settings.TOTP_TOLERANCE + 1)
            if not cache.add(spent, "y", timeout=seconds):
                raise MFAAdapter().validation_error("incorrect_code")
        return code


class SignInCodeForm(_SpentCode, AuthenticateForm):  # type: ignore[misc]
    """Ask for a code at sign-in."""


class RepeatedCodeForm(_SpentCode, ReauthenticateForm):  # type: ignore[misc]
    """Ask for a code again where a page wants proof of who is there."""


class OIDCAdapter(DefaultOIDCAdapter):  # type: ignore[misc]
    """Name the scopes that machine clients may be given, and make secrets that no shell or form has to quote."""

    scope_display: dict[str, Any] = {
        "consents:read": _("Read consents"),
        "consents:write": _("Log and withdraw consents"),
        "releases:write": _("Preview and make releases"),
        "disclosures:read": _("Read and export disclosure histories"),
        "ledger:read": _("Read the ledger, and have entries proven"),
    }

    def generate_client_secret(self) -> str:
        """Return 256 random bits as letters, digits, hyphens and underscores."""
        return token_urlsafe(32)
