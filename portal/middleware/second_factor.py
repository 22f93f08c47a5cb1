from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve

from accounts.models import User

_SESSION_KEY = "second_factor_seen"
_OPEN_PREFIXES = ("account_", "mfa_", "usersessions_")
_OPEN_NAMES = frozenset({"set_language", "healthz"})


class SecondFactorMiddleware:
    """Send the provider's people and recipients to set up a second factor before they reach any other page.

    allauth asks for a second factor that exists; no setting of it demands one (NIST SP 800-63B-4, AAL2).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if isinstance(user, User) and _must_have(user) and not _is_open(request.path_info):
            if not request.session.get(_SESSION_KEY) and not is_mfa_enabled(user):
                return redirect("mfa_activate_totp")
            request.session.setdefault(_SESSION_KEY, True)
        return self.get_response(request)


def _must_have(user: User) -> bool:
    return user.is_provider or user.recipient_id is not None


def _is_open(path: str) -> bool:
    try:
        name = resolve(path).url_name or ""
    except Resolver404:
        return True
    return name in _OPEN_NAMES or name.startswith(_OPEN_PREFIXES)
