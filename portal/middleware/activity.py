from hashlib import sha256

from allauth.usersessions.middleware import UserSessionsMiddleware
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse

_NOTE_EVERY_SECONDS = 60


class SessionActivityMiddleware(UserSessionsMiddleware):  # type: ignore[misc]
    """Note for the list of sessions when each was last seen, once a minute, and at once when its client changes.

    allauth's own middleware writes at every request: five statements that nobody reads.
    """

    def __call__(self, request: HttpRequest) -> HttpResponse:
        noted = request.user.is_authenticated and not cache.add(_client_of(request), 1, _NOTE_EVERY_SECONDS)
        response: HttpResponse = self.get_response(request) if noted else super().__call__(request)
        return response


def _client_of(request: HttpRequest) -> str:
    seen = (request.session.session_key, *map(request.META.get, ("REMOTE_ADDR", "HTTP_X_FORWARDED_FOR")))
    text = "\n".join(map(str, (*seen, request.headers.get("User-Agent"))))
    return f"activity:{sha256(text.encode()).hexdigest()}"
