"""How to sign in to the demo as each role: e-mail address, password and one-time codes."""

import hashlib
import time
from base64 import b32encode
from dataclasses import dataclass

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from allauth.mfa.utils import decrypt
from django.conf import settings

from accounts.models import Recipient, User

DEMO_PASSWORD = "fictitious-harbour-42"  # noqa: S105 (printed to whoever starts the demo)
_MARK = "@demo.example"


@dataclass(frozen=True, slots=True)
class SignIn:
    """A way into the demo. `totp_secret` is base32, as an authenticator app takes it; empty without second factor."""

    role: str
    who: str
    email: str
    password: str
    totp_secret: str

    def code(self, now: float | None = None) -> str:
        """Return the six digits that are valid now (RFC 6238), or nothing without second factor."""
        if not self.totp_secret:
            return ""
        counter = int(time.time() if now is None else now) // settings.MFA_TOTP_PERIOD
        return str(format_hotp_value(hotp_value(self.totp_secret, counter)))


def create_sign_in(
    *, email: str, name: str, role: str, seed: int, language: str = "en", recipient: Recipient | None = None
) -> User:
    """Make a demo user with a verified address, the demo password, a TOTP secret and recovery codes."""
    user = User.objects.create_user(email, DEMO_PASSWORD, name=name, role=role, language=language, recipient=recipient)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    secret = b32encode(hashlib.sha256(f"{seed}|{email}".encode()).digest()[:20]).decode()
    TOTP.activate(user, secret)
    RecoveryCodes.activate(user)
    return user


def demo_sign_ins() -> list[SignIn]:
    """Return the demo's sign-ins, the main one of each role first."""
    totp = Authenticator.objects.filter(type=Authenticator.Type.TOTP, user__email__endswith=_MARK)
    return [
        SignIn(
            role=authenticator.user.role,
            who=_who(authenticator.user),
            email=authenticator.user.email,
            password=DEMO_PASSWORD,
            totp_secret=decrypt(authenticator.data["secret"]),
        )
        for authenticator in totp.select_related("user__recipient").order_by("user_id")
    ]


def _who(user: User) -> str:
    """Say for whom somebody signs in: a recipient's user for the organization, anybody else for themselves."""
    return user.recipient.legal_name if user.recipient else user.get_full_name()
