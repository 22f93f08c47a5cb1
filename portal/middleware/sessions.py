from collections.abc import Callable
from datetime import UTC, datetime

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

_SEEN = "seen_at"
_BEGUN = "begun_at"
_WRITE_EVERY_SECONDS = 60


class SessionLifetimeMiddleware:
    """End a session after a quiet while, and in any case after the absolute limit counted from signing in.

    Django's cookie age alone is renewed by any write to the session; these two limits are not.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = datetime.now(UTC).timestamp()
            begun = request.session.setdefault(_BEGUN, now)
            seen = request.session.setdefault(_SEEN, now)
            if now - begun > settings.SESSION_COOKIE_AGE or now - seen > settings.SESSION_IDLE_LIMIT.total_seconds():
                logout(request)
            elif now - seen > _WRITE_EVERY_SECONDS:
                request.session[_SEEN] = now
        return self.get_response(request)
