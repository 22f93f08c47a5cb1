from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from accounts.permissions import AdministratorRequired
from portal.database_guards import pending_migrations
from portal.watch.conditions import LEAST_MONTHS_AHEAD, SILENCE, SILENT_AFTER, UNSEALED_AFTER
from portal.watch.figures import Figures, read_figures
from retention.incidents import advice_on, title_of
from retention.models import Incident
from retention.schedule import label_of

PAST_SHOWN = 20

_PROCESSES: dict[str, str | Promise] = {
    "web": gettext_lazy("Web server"),
    "worker": gettext_lazy("Worker"),
    "purge": gettext_lazy("Purge worker"),
    "beat": gettext_lazy("Scheduled work"),
}
_WAITING: dict[str, str | Promise] = {
    "imports": gettext_lazy("Imports"),
    "packages": gettext_lazy("Packages to build"),
    "messages": gettext_lazy("Messages to send"),
    "purge_steps": gettext_lazy("Steps of purges"),
    "ledger_entries": gettext_lazy("Ledger entries to seal"),
}


@dataclass(frozen=True, slots=True)
class Sign:
    """One kind of process: when it last signed, and what to do where that is too long ago."""

    label: str
    at: Any
    is_alive: bool
    advice: str


@dataclass(frozen=True, slots=True)
class Told:
    """An incident in words."""

    incident: Incident
    title: str
    advice: str


class SystemView(AdministratorRequired, TemplateView):
    """Show administrators whether everything works and, where it does not, what to do."""

    template_name = "portal/system.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        figures = read_figures()
        past = Incident.objects.filter(resolved_at__isnull=False).order_by("-resolved_at", "-pk")[:PAST_SHOWN]
        return super().get_context_data(
            figures=figures,
            open_incidents=[_told(incident) for incident in Incident.objects.open().order_by("opened_at", "pk")],
            past_incidents=[_told(incident) for incident in past],
            signs=list(_signs(figures)),
            past_due=[(label_of(code), days) for code, days in figures.past_due.items() if days != 0],
            is_unsealed=bool(figures.oldest_unsealed and figures.age(figures.oldest_unsealed) > UNSEALED_AFTER),
            waiting=[(_WAITING[what], number) for what, number in figures.waiting.items()],
            months=[(table, last, figures.months_ahead(table)) for table, last in sorted(figures.last_months.items())],
            least_months=LEAST_MONTHS_AHEAD,
            migrations=pending_migrations(),
            **kwargs,
        )


def _signs(figures: Figures) -> Iterator[Sign]:
    for process, label in _PROCESSES.items():
        at = figures.signs.get(process)
        is_alive = at is not None and figures.age(at) <= SILENT_AFTER
        # The web server signs when its health is asked for; that nobody asks is no fault, and this page is its answer.
        is_alive = is_alive or process == "web"
        advice = "" if is_alive else advice_on(SILENCE[process])
        yield Sign(str(label), at, is_alive, advice)


def _told(incident: Incident) -> Told:
    return Told(incident, title_of(incident.kind), advice_on(incident.kind) or _("Read the log."))
