"""Which pages each role is led to, as data.

An entry whose URL does not exist in this installation is left out: the navigation never promises a page that is
not there.
"""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Destination:
    """Name a place in the navigation: label, URL name, and the URL names of further pages that belong to it."""

    label: str | Promise
    url_name: str
    belongs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """Show one place; `current` is a value of aria-current: "page" on the page itself, "true" below it, else empty."""

    label: str | Promise
    url: str
    current: str = ""


NAVIGATION: dict[str, tuple[Destination, ...]] = {
    "customer": (
        Destination(_("Home"), "home"),
        Destination(_("My data"), "accounts:my_data"),
        Destination(_("Usage and bills"), "energy:usage", ("energy:bills",)),
        Destination(_("Who has my data"), "disclosures:history", ("consent:list",)),
        Destination(_("Requests"), "rights:request_list"),
        Destination(
            _("Settings"),
            "accounts:settings",
            ("mfa_index", "account_email", "account_change_password", "consent:notices_received"),
        ),
    ),
    "recipient": (
        Destination(_("Home"), "home"),
        Destination(_("Deliveries"), "disclosures:inbox"),
        Destination(_("Requests"), "consent:request_list"),
        Destination(_("Consents"), "consent:receipt_list"),
        Destination(_("Messages to your system"), "consent:webhook_list"),
        Destination(_("Our agreements"), "accounts:own_agreements"),
    ),
    "staff": (
        Destination(_("Queue"), "rights:queue"),
        Destination(_("Customers"), "accounts:customer_search"),
        Destination(_("Consents"), "consent:list"),
        Destination(_("Letters and calls"), "consent:message_list"),
        Destination(_("Disclosures"), "disclosures:list"),
        Destination(_("Legal demands"), "disclosures:demand_list", ("disclosures:breach_list",)),
        Destination(_("Imports"), "energy:import_list"),
        Destination(_("Retention"), "retention:overview"),
        Destination(_("Reports"), "reports", ("accounts:recipient_list", "consent:delivery_list")),
    ),
    "auditor": (
        Destination(_("Search"), "disclosures:search"),
        Destination(_("Exports"), "disclosures:export_list", ("disclosures:export_create",)),
        Destination(_("Ledger"), "ledger:entry_list"),
        Destination(_("Controls"), "controls"),
        Destination(_("Yearly report"), "yearly_report"),
        Destination(_("Visit statistics"), "consent:visits"),
    ),
    "administrator": (
        Destination(_("Provider"), "provider"),
        Destination(_("People and agreements"), "accounts:people"),
        Destination(_("Recipients"), "accounts:recipient_list", ("disclosures:merger_list", "consent:webhook_list")),
        Destination(_("Notices and purposes"), "consent:notice_list"),
        Destination(_("Retention"), "retention:overview"),
        Destination(_("Rules"), "retention:rule_list"),
        Destination(_("Keys"), "accounts:key_list"),
        Destination(_("Visit statistics"), "consent:visits"),
        Destination(_("System"), "system", ("controls", "reports", "yearly_report", "ledger:entry_list")),
    ),
}

FOOTER: tuple[Destination, ...] = (
    Destination(_("Privacy notice"), "consent:notice_current"),
    Destination(_("Accessibility"), "accessibility"),
    Destination(_("Cookies and privacy signals"), "consent:cookies"),
    Destination(_("When we may give data out"), "disclosures:basis_list"),
    Destination(_("Privacy contact"), "privacy"),
)


def entries_for(request: HttpRequest) -> list[Entry]:
    """List the navigation of the request's user with the current place marked; nothing for an anonymous visitor."""
    role = getattr(getattr(request, "user", None), "role", "")
    places = [(place, url) for place in NAVIGATION.get(str(role), ()) if (url := _resolve(place.url_name))]
    current = _current_place(request, places)
    return [
        Entry(place.label, url, ("page" if request.path == url else "true") if place is current else "")
        for place, url in places
    ]


def footer_links() -> list[Entry]:
    """List the links at the foot of every page."""
    return [Entry(place.label, url) for place in FOOTER if (url := _resolve(place.url_name))]


def _current_place(request: HttpRequest, places: list[tuple[Destination, str]]) -> Destination | None:
    """Find the place that the request's page is, or is below: the longest address that the page's own begins with."""
    match = request.resolver_match
    name = match.view_name if match else ""
    best: tuple[int, Destination] | None = None
    for place, url in places:
        own = [url] if url != "/" else []
        own += [further for further_name in place.belongs if (further := _resolve(further_name))]
        reach = max((len(prefix) for prefix in own if request.path.startswith(prefix)), default=0)
        if name == place.url_name or request.path == url:
            return place
        if reach and (best is None or reach > best[0]):
            best = (reach, place)
    return best[1] if best else None


def _resolve(url_name: str) -> str:
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""
