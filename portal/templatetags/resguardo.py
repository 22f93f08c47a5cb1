"""Template tags and filters of every package's pages: figures, dates, identifiers as people read them; navigation."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal, format_percent
from django import template
from django.core.paginator import Page
from django.template import Context
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import get_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext

from accounts.models import Role
from consent.cookies import privacy_of
from portal.navigation import Entry, entries_for
from portal.navigation import footer_links as footer_entries

register = template.Library()

# People here write figures as the United States do, in Spanish too: 1,234.5 kWh.
LOCALES = {"en": Locale.parse("en_US"), "es": Locale.parse("es_US")}
LONG_DATE = {"en": "d MMMM y", "es": "d 'de' MMMM 'de' y"}
MONTH = {"en": "MMMM y", "es": "MMMM 'de' y"}
NO_BREAK = "\N{NO-BREAK SPACE}"

# The first that matches names it: Edge and Opera call themselves Chrome too, Chrome calls itself Safari.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)

Number = int | float | Decimal


def _language() -> str:
    return (get_language() or "en").split("-")[0]


def _locale() -> Locale:
    return LOCALES.get(_language(), LOCALES["en"])


@register.simple_tag(takes_context=True)
def navigation(context: Context) -> list[Entry]:
    """List the navigation of the user's role; see portal/navigation.py."""
    request = context.get("request")
    return entries_for(request) if request else []


@register.simple_tag
def footer_links() -> list[Entry]:
    """List the links at the foot of every page."""
    return footer_entries()


@register.simple_tag(takes_context=True)
def asks_about_cookies(context: Context) -> bool:
    """Say whether this page asks about cookies: where nobody has chosen, of people whose visits would be counted."""
    request = context.get("request")
    if request is None or request.path == reverse("consent:cookies"):
        return False
    role = getattr(getattr(request, "user", None), "role", Role.CUSTOMER)
    return role == Role.CUSTOMER and privacy_of(request).must_ask


@register.filter
def kwh(value: Number | None) -> str:
    """Write an amount of energy in kilowatt-hours with one decimal: "1,234.5 kWh"; a dash for None."""
    return "–" if value is None else f"{format_decimal(value, format='#,##0.0', locale=_locale())}{NO_BREAK}kWh"


@register.filter
def number(value: Number | None) -> str:
    """Write a number grouped by locale, with at most three decimals; a dash for None."""
    return "–" if value is None else format_decimal(value, locale=_locale())


@register.filter
def money(amount: Number | None, currency: str = "USD") -> str:
    """Write an amount of money with its ISO 4217 currency: "$1,234.50"; a dash for None."""
    return "–" if amount is None else format_currency(amount, currency or "USD", locale=_locale())


@register.filter
def percent(value: Number | None) -> str:
    """Write a share of 1 in whole per cent; a dash for None."""
    return "–" if value is None else format_percent(value, locale=_locale())


@register.filter
def machine_number(value: Number | None) -> str:
    """Write a number for an attribute that a program reads, never localized; 0 for None."""
    return "0" if value is None else str(value)


@register.filter
def local_date(value: date | None) -> str:
    """Write a day in full: "12 March 2026", "12 de marzo de 2026"; a dash for None.

    A moment becomes its day in the provider's zone.
    """
    if value is None:
        return "–"
    day = timezone.localtime(value).date() if isinstance(value, datetime) and timezone.is_aware(value) else value
    return format_date(day, format=LONG_DATE.get(_language(), LONG_DATE["en"]), locale=_locale())


@register.filter
def local_month(value: date | None) -> str:
    """Write a day's month: "March 2026", "marzo de 2026"; a dash for None."""
    return "–" if value is None else format_date(value, format=MONTH.get(_language(), MONTH["en"]), locale=_locale())


@register.filter
def local_time(value: datetime | None) -> str:
    """Write a moment in the provider's zone, which it names: "12 March 2026, 2:05 PM PDT"; a dash for None."""
    if value is None:
        return "–"
    zone = timezone.get_current_timezone()
    moment = timezone.localtime(value if timezone.is_aware(value) else value.replace(tzinfo=UTC), zone)
    clock = format_datetime(moment, format="h:mm a", locale=_locale(), tzinfo=zone)
    return f"{local_date(moment)}, {clock} {moment.tzname()}".replace("\N{NARROW NO-BREAK SPACE}", NO_BREAK)


@register.filter
def day_before(value: date | None) -> date | None:
    """Give the last day that a half-open period ending at value still contains."""
    return None if value is None else value - timedelta(days=1)


@register.filter
def last_four(value: object) -> str:
    """Give the last four characters of an identifier; nothing of one that is too short to hide the rest."""
    text = "" if value is None else str(value).strip()
    return text[-4:] if len(text) > 4 else ""


@register.filter
def masked(value: object) -> str:
    """Mask an identifier but for its last four characters: "•••• 6789"; a dash for none."""
    if value in (None, ""):
        return "–"
    return f"••••{NO_BREAK}{last_four(value)}".rstrip(NO_BREAK)


@register.filter
def iso_date(value: object) -> str:
    """Write the value of a date field as ISO 8601, which a native date input needs whatever the page's language."""
    if isinstance(value, date):
        return value.isoformat()[:10]
    for pattern in get_format("DATE_INPUT_FORMATS"):
        try:
            return datetime.strptime(str(value), pattern).replace(tzinfo=UTC).date().isoformat()
        except ValueError:
            continue
    return str(value)


@register.filter
def date_part(name: str) -> str:
    """Say which part of a date a widget named by Django's SelectDateWidget asks for: day, month or year."""
    return name.rsplit("_", 1)[-1]


@register.filter
def in_fours(text: str) -> str:
    """Part a long key into groups of four, so that it can be read aloud and typed."""
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


@register.filter
def svg(document: str) -> SafeString:
    """Put an SVG document made by our own server into the page itself; raise ValueError for anything else."""
    start = document.find("<svg ")
    if start < 0 or "<script" in document:
        raise ValueError("Not an SVG drawing that may stand in a page.")
    return mark_safe(document[start:])  # noqa: S308


@register.filter
def browser(user_agent: str) -> str:
    """Name the browser and the system that a User-Agent header claims: "Firefox, Windows"."""
    name = next((label for mark, label in _BROWSERS if mark in user_agent), "")
    system = next((label for mark, label in _SYSTEMS if mark in user_agent), "")
    return ", ".join(part for part in (name, system) if part) or gettext("Unknown device")


@register.filter
def page_numbers(page: Page[Any]) -> Iterator[str | int]:
    """List the page numbers around a page, with an ellipsis for those left out."""
    return page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)
