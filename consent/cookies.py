"""The cookies that the portal sets, by purpose, and what a visitor's browser has said about them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

STATEMENT_VERSION = 1
"""Raised when a purpose or a cookie is added below: everybody is then asked again."""

CHOICE_COOKIE = "rg_cookies"
VISIT_COOKIE = "rg_visit"
CHOICE_SECONDS = 365 * 24 * 3600
VISIT_SECONDS = 30 * 60

STATISTICS = "statistics"
_NONE = "none"


@dataclass(frozen=True, slots=True)
class Cookie:
    """One cookie: its name, what it is for, how long the browser keeps it."""

    name: str
    meaning: str | Promise
    lasts: str | Promise


@dataclass(frozen=True, slots=True)
class CookiePurpose:
    """What some cookies are for. An optional purpose is off until somebody allows it."""

    code: str
    label: str | Promise
    meaning: str | Promise
    cookies: tuple[Cookie, ...]
    is_optional: bool = False


PURPOSES: tuple[CookiePurpose, ...] = (
    CookiePurpose(
        "necessary",
        _("Necessary"),
        _("Without these you could not sign in or send a form. They are used for nothing else."),
        (
            Cookie("sessionid", _("Keeps you signed in."), _("Until you close the browser, twelve hours at most")),
            Cookie("csrftoken", _("Makes sure that a form was sent from our own page."), _("One year")),
            Cookie("django_language", _("Remembers the language you chose, once you choose one."), _("One year")),
            Cookie("messages", _("Carries a notice, such as “saved”, to the next page."), _("One page")),
            Cookie(CHOICE_COOKIE, _("Remembers what you chose on this page."), _("One year")),
        ),
    ),
    CookiePurpose(
        STATISTICS,
        _("Visit statistics"),
        _("Tells us how many visits we have, not only how many pages are opened. It holds the number 1 and no more."),
        (Cookie(VISIT_COOKIE, _("Marks that a visit has begun."), _("30 minutes after the last page")),),
        is_optional=True,
    ),
)
OPTIONAL = frozenset(purpose.code for purpose in PURPOSES if purpose.is_optional)


@dataclass(frozen=True, slots=True)
class Signal:
    """What a browser asks for with every page: Global Privacy Control (Sec-GPC: 1), Do Not Track (DNT: 1)."""

    has_gpc: bool = False
    has_dnt: bool = False

    @property
    def is_on(self) -> bool:
        """Say whether the browser asks for privacy in either way."""
        return self.has_gpc or self.has_dnt


@dataclass(frozen=True, slots=True)
class Privacy:
    """What counts for one request: the browser's signal, and the purposes allowed (None: nobody has chosen yet)."""

    signal: Signal = Signal()
    chosen: frozenset[str] | None = None

    @property
    def must_ask(self) -> bool:
        """Say whether to ask: never where the browser has answered for its owner."""
        return self.chosen is None and not self.signal.is_on

    def allows(self, purpose: str) -> bool:
        """Say whether cookies for an optional purpose may be set; the signal outweighs what was allowed."""
        return not self.signal.is_on and purpose in (self.chosen or ())


def signal_of(headers: Mapping[str, str]) -> Signal:
    """Read the signals of a request's headers."""
    return Signal(has_gpc=headers.get("Sec-GPC", "").strip() == "1", has_dnt=headers.get("DNT", "").strip() == "1")


def privacy_of(request: HttpRequest) -> Privacy:
    """Return what the middleware found to count for a request; a request that never passed it is asked nothing."""
    found = getattr(request, "privacy", None)
    return found if isinstance(found, Privacy) else Privacy(chosen=frozenset())


def choice_value(purposes: Iterable[str]) -> str:
    """Return the value of the cookie that remembers a choice: the statement's version and what was allowed."""
    return f"{STATEMENT_VERSION}.{'.'.join(sorted(OPTIONAL.intersection(purposes))) or _NONE}"


def choice_in(value: str) -> frozenset[str] | None:
    """Read such a value; None for a choice under another version, or no choice at all."""
    version, _dot, purposes = value.partition(".")
    if version != str(STATEMENT_VERSION) or not purposes:
        return None
    return OPTIONAL.intersection(purposes.split("."))


def set_private_cookie(response: HttpResponse, name: str, value: str, seconds: int) -> None:
    """Set a cookie that no script reads and no other site is sent."""
    response.set_cookie(
        name, value, max_age=seconds, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax"
    )
