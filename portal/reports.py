"""The reports and registers that a role may read, each with its address."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from accounts.models import Role
from accounts.permissions import StaffRequired

_STAFF = frozenset({Role.STAFF, Role.ADMINISTRATOR})
_ADMINISTRATOR = frozenset({Role.ADMINISTRATOR})


@dataclass(frozen=True, slots=True)
class Report:
    """Name one report: heading, what it answers, URL name, and who may read it."""

    title: str | Promise
    text: str | Promise
    url_name: str
    roles: frozenset[Role] = _STAFF


@dataclass(frozen=True, slots=True)
class Link:
    """Show one report."""

    title: str | Promise
    text: str | Promise
    url: str


REPORTS: tuple[Report, ...] = (
    Report(_("Disclosures"), _("What was released, and what was refused and why."), "disclosures:list"),
    Report(
        _("Disclosures that take two people"),
        _("Proposed releases, and who decided them."),
        "disclosures:proposal_list",
    ),
    Report(_("Legal demands"), _("Warrants, orders and subpoenas, with their clocks."), "disclosures:demand_list"),
    Report(_("Breaches"), _("What happened, who must be told, and until when."), "disclosures:breach_list"),
    Report(_("Consents"), _("Which consents stand, which ended, and when."), "consent:list"),
    Report(_("Notices given"), _("Which version of a notice reached how many customers."), "consent:delivery_list"),
    Report(
        _("Recipients"),
        _("Organizations that may receive data, their agreements, and which are stopped."),
        "accounts:recipient_list",
    ),
    Report(_("Purges"), _("What was deleted, when, and the certificates of it."), "retention:run_list"),
    Report(_("Legal holds"), _("What must not be deleted for now, and why."), "retention:hold_list"),
    Report(_("Yearly report"), _("The figures that the regulator asks for."), "yearly_report", _ADMINISTRATOR),
    Report(_("Controls"), _("Which promise is kept by what, and whether it holds today."), "controls", _ADMINISTRATOR),
    Report(_("Ledger"), _("The sealed trail and its checkpoints."), "ledger:entry_list", _ADMINISTRATOR),
    Report(
        _("Visit statistics"), _("How often pages were visited, without visitors."), "consent:visits", _ADMINISTRATOR
    ),
    Report(
        _("Messages to recipients' systems"),
        _("Where we send messages, and which did not arrive."),
        "consent:webhook_list",
        _ADMINISTRATOR,
    ),
)


def reports_for(role: str) -> list[Link]:
    """List what somebody of this role may read, in the order of the page."""
    return [Link(report.title, report.text, reverse(report.url_name)) for report in REPORTS if role in report.roles]


class ReportsView(StaffRequired, TemplateView):
    """Lead staff and administrators to everything that counts or lists what was done."""

    template_name = "portal/reports.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(reports=reports_for(self.user.role), **kwargs)
