import re
from collections.abc import Callable
from dataclasses import replace

from django.http import HttpRequest, HttpResponse

from accounts.models import Role, User
from consent.cookies import (
    CHOICE_COOKIE,
    CHOICE_SECONDS,
    STATISTICS,
    VISIT_COOKIE,
    VISIT_SECONDS,
    Privacy,
    choice_in,
    choice_value,
    set_private_cookie,
    signal_of,
)
from consent.models import VisitCount
from consent.services import note_signal, remembered_of
from consent.visits import count_visit, family_of
from protection.rowsecurity import subject_rows

_NOTED = "privacy_signal"
_ROUTE = re.compile(r"[a-z_]+(:[a-z_]+)*\Z")
_REMEMBERED_ROLES = frozenset({Role.CUSTOMER, *(Role.STAFF, Role.AUDITOR, Role.ADMINISTRATOR)})


class PrivacyMiddleware:
    """Know for each request what its browser and its sender said about cookies; count visits that nobody is named in.

    `request.privacy` says which optional cookies may be set and whether to ask. A signed-in person's signal is recorded
    when it changes, and their choice on another device is taken over to this one; both are looked up once a session.
    Visits are counted of anonymous visitors and customers, and of nobody whose browser asks for privacy.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        privacy = Privacy(signal_of(request.headers), choice_in(request.COOKIES.get(CHOICE_COOKIE, "")))
        known = _recall(request, privacy)
        request.privacy = known  # type: ignore[attr-defined]
        response = self.get_response(request)
        if known.chosen is not None and known.chosen != privacy.chosen and CHOICE_COOKIE not in response.cookies:
            set_private_cookie(response, CHOICE_COOKIE, choice_value(known.chosen), CHOICE_SECONDS)
        if _is_counted(request, response, known):
            _count(request, response, known)
        return response


def _recall(request: HttpRequest, privacy: Privacy) -> Privacy:
    """Return what counts with what is known of the signed-in person; asked of the database once a session."""
    user = request.user
    if not isinstance(user, User) or user.role not in _REMEMBERED_ROLES:
        return privacy
    signal = f"{privacy.signal.has_gpc:d}{privacy.signal.has_dnt:d}"
    if request.session.get(_NOTED) == signal:
        return privacy
    # Also where somebody may see nobody's data yet, their own rows are theirs.
    with subject_rows(user_id=user.pk):
        remembered = remembered_of(user)
        note_signal(user=user, signal=privacy.signal, last=remembered.signal)
    request.session[_NOTED] = signal
    return privacy if privacy.chosen is not None else replace(privacy, chosen=remembered.chosen)


def _is_counted(request: HttpRequest, response: HttpResponse, privacy: Privacy) -> bool:
    is_asked_for = request.method == "GET" and response.status_code == 200 and "Sec-Purpose" not in request.headers
    role = getattr(request.user, "role", Role.CUSTOMER)
    return is_asked_for and role == Role.CUSTOMER and not privacy.signal.is_on


def _count(request: HttpRequest, response: HttpResponse, privacy: Privacy) -> None:
    is_document = response.get("Content-Disposition", "").startswith("attachment")
    route = request.resolver_match.view_name if request.resolver_match else ""
    if not _ROUTE.match(route) or not (is_document or response.get("Content-Type", "").startswith("text/html")):
        return
    allows = privacy.allows(STATISTICS)
    count_visit(
        page=route,
        kind=VisitCount.Kind.DOCUMENT if is_document else VisitCount.Kind.PAGE,
        browser=family_of(request.headers.get("User-Agent", "")),
        is_first=allows and VISIT_COOKIE not in request.COOKIES,
    )
    if allows:
        set_private_cookie(response, VISIT_COOKIE, "1", VISIT_SECONDS)
