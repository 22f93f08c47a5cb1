from collections.abc import Callable

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve, reverse
from django.utils.http import urlencode

from accounts.models import User
from portal.sign_in import must_have_second_factor

_ALWAYS_OPEN = frozenset({"set_language", "healthz", "account_login", "account_logout", "signed_out"})
_SETTING_UP = frozenset(
    {
        "mfa_index",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "account_reauthenticate",
        "account_email",
        "account_email_verification_sent",
        "account_confirm_email",
    }
)
_PROVING = frozenset({"mfa_reauthenticate", "mfa_reauthenticate_webauthn"})


class SecondFactorMiddleware:
    """Hold the provider's people and recipients to a second factor in each session (NIST SP 800-63B-4, AAL2).

    allauth asks at sign-in for a second factor that exists; no setting of it demands one. Here somebody without one is
    sent to set it up. It then has to be shown to the session that set it up as well: another session, begun with a
    stolen password before there was a second factor, would else come in with it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if not isinstance(user, User) or not must_have_second_factor(user) or _has_shown_it(request, user):
            return self.get_response(request)
        has_one = is_mfa_enabled(user)
        if _name_of(request.path_info) in _ALWAYS_OPEN | (_PROVING if has_one else _SETTING_UP):
            return self.get_response(request)
        if not has_one:
            return redirect("mfa_activate_totp")
        wanted = request.get_full_path() if request.method == "GET" else reverse("home")
        return redirect(f"{reverse(_proof_of(user))}?{urlencode({'next': wanted})}")


def _has_shown_it(request: HttpRequest, user: User) -> bool:
    return any(record["method"] == "mfa" for record in get_authentication_records(request, user))


def _proof_of(user: User) -> str:
    has_codes = is_mfa_enabled(user, [Authenticator.Type.TOTP])
    return "mfa_reauthenticate" if has_codes else "mfa_reauthenticate_webauthn"


def _name_of(path: str) -> str:
    try:
        return resolve(path).url_name or ""
    except Resolver404:
        return ""
