from collections.abc import Callable
from http import HTTPStatus

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from portal import journal_guard

_ALWAYS_OPEN = "/healthz"
_RETRY_AFTER_SECONDS = "300"


class RestoredMiddleware:
    """Answer everything with 503 while a restored backup holds what was forgotten; see `portal.journal_guard`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info == _ALWAYS_OPEN or not _is_shut():
            return self.get_response(request)
        response = _refusal(request)
        response.headers["Retry-After"] = _RETRY_AFTER_SECONDS
        response.headers["Cache-Control"] = "no-store"
        return response


def _is_shut() -> bool:
    try:
        return journal_guard.is_shut()
    except DatabaseError:
        return False  # the view says in its own way that the database does not answer


def _refusal(request: HttpRequest) -> HttpResponse:
    if request.path_info.startswith("/api/"):
        detail = _("The portal is being brought back from a backup. Try again later.")
        return JsonResponse({"detail": detail}, status=HTTPStatus.SERVICE_UNAVAILABLE)
    return render(request, "portal/restored.html", status=HTTPStatus.SERVICE_UNAVAILABLE)
