"""What must not be: each condition that holds is one incident of its kind and subject, until it no longer holds."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max
from django.utils.translation import gettext as _

from disclosures.selectors import emergencies_overdue, emergencies_rejected
from portal import database_guards
from portal.watch.figures import Figures
from retention import incidents
from retention.models import Incident, PurgeRun
from retention.schedule import label_of

SILENT_AFTER = timedelta(minutes=5)
"""So long without a sign, and a process counts as stopped; a noticing process must have been awake as long itself."""

UNSEALED_AFTER = timedelta(minutes=15)
STALLED_AFTER = timedelta(hours=1)
NEW_FOR = timedelta(days=2)
LEAST_MONTHS_AHEAD = 6
SHOWN_FOR = timedelta(days=30)

SILENCE = {
    "beat": incidents.SCHEDULE_STOPPED,
    "worker": incidents.WORKER_SILENT,
    "purge": incidents.PURGE_SILENT,
}


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that administrators must know of: a kind of `retention.incidents`, its subject, a sentence."""

    kind: str
    subject: str
    text: str


_ENDING_WITH_THEIR_CONDITION = frozenset(
    {
        incidents.LEDGER_UNSEALED,
        incidents.MONTHS_MISSING,
        incidents.RUN_STALLED,
        incidents.REVIEW_OVERDUE,
        incidents.EMERGENCY_UNJUSTIFIED,
    }
)


def is_over(incident: Incident, figures: Figures, *, awake_for: timedelta) -> bool:
    """Say whether an open incident, whose condition does not hold now, is thereby over.

    Not if this process could not have noticed it, and not if its kind is raised and ended by who knows of it: a purge.
    """
    if incident.kind in SILENCE.values():
        return awake_for >= SILENT_AFTER
    if incident.kind == incidents.CLASS_PAST_DUE:
        return figures.past_due.get(incident.subject, 0) is not None
    if incident.kind == incidents.GUARD_MISSING:
        return not database_guards.pending_migrations()
    return incident.kind in _ENDING_WITH_THEIR_CONDITION


def conditions(figures: Figures, *, awake_for: timedelta) -> Iterator[Condition]:
    """Yield what does not hold; `awake_for` is how long the looking process has run."""
    if awake_for >= SILENT_AFTER:
        yield from _silent(figures)
    yield from _past_due(figures)
    yield from _unsealed(figures)
    yield from _months_missing(figures)
    yield from _stalled_runs(figures)
    yield from _emergencies(figures)
    yield from _guards()


def _silent(figures: Figures) -> Iterator[Condition]:
    for process, kind in SILENCE.items():
        signed = figures.signs.get(process)
        if signed is None:
            yield Condition(kind, "", _("It has never given a sign of life."))
        elif figures.age(signed) > SILENT_AFTER:
            yield Condition(kind, "", _("The last sign of life was at %(moment)s.") % {"moment": _written(signed)})


def _written(moment: object) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _past_due(figures: Figures) -> Iterator[Condition]:
    for code, days in figures.past_due.items():
        if days is not None and days > settings.PAST_DUE_DAYS:
            values = {"name": label_of(code), "days": days, "limit": settings.PAST_DUE_DAYS}
            text = _("%(name)s: the oldest has been past its time for %(days)d days; allowed are %(limit)d.") % values
            yield Condition(incidents.CLASS_PAST_DUE, code, text)


def _unsealed(figures: Figures) -> Iterator[Condition]:
    oldest = figures.oldest_unsealed
    if oldest is not None and figures.age(oldest) > UNSEALED_AFTER:
        text = _("Entries since %(moment)s are under no checkpoint.") % {"moment": _written(oldest)}
        yield Condition(incidents.LEDGER_UNSEALED, "", text)


def _months_missing(figures: Figures) -> Iterator[Condition]:
    """Yield each table whose months run out; those of a new installation are made in its first night."""
    if figures.age(figures.installed_at) < NEW_FOR:
        return
    for table, last in figures.last_months.items():
        if figures.months_ahead(table) < LEAST_MONTHS_AHEAD:
            values = {"table": table, "month": f"{last:%Y-%m}"}
            yield Condition(incidents.MONTHS_MISSING, table, _("%(table)s ends with %(month)s.") % values)


def _stalled_runs(figures: Figures) -> Iterator[Condition]:
    for run in PurgeRun.objects.unfinished().order_by("pk"):
        moved = _moved_at(run)
        if figures.age(moved) > STALLED_AFTER:
            values = {"day": run.as_of, "moment": _written(moved)}
            text = _("The purge as of %(day)s has not moved since %(moment)s.") % values
            yield Condition(incidents.RUN_STALLED, str(run.uuid), text)


def _moved_at(run: PurgeRun) -> datetime:
    """Return when a run last ended a step, took a part of a long one, or was let go on; else when it began."""
    steps = run.items.aggregate(ended=Max("finished_at"), claimed=Max("claimed_until"))
    ordered = run.orders.aggregate(latest=Max("given_at"))["latest"]
    moments = (run.created_at, run.started_at, steps["ended"], steps["claimed"], ordered)
    return max(moment for moment in moments if moment is not None)


def _emergencies(figures: Figures) -> Iterator[Condition]:
    """Yield each release in an emergency that nobody reviewed in time, or that the second person found unjustified."""
    for review in emergencies_overdue(figures.now):
        values = {"recipient": review.recipient.legal_name, "moment": _written(review.due_at)}
        text = _("The release to %(recipient)s was to be reviewed by %(moment)s.") % values
        yield Condition(incidents.REVIEW_OVERDUE, str(review.uuid), text)
    for review in emergencies_rejected(figures.now - SHOWN_FOR):
        values = {"recipient": review.recipient.legal_name, "reason": review.decision_reason}
        text = _("The release to %(recipient)s: %(reason)s") % values
        yield Condition(incidents.EMERGENCY_UNJUSTIFIED, str(review.uuid), text)


def _guards() -> Iterator[Condition]:
    """Yield each guard that is gone; pending migrations are an upgrade under way and the deployer's own business."""
    for fault in database_guards.faults():
        if fault.kind != database_guards.MIGRATIONS:
            yield Condition(incidents.GUARD_MISSING, f"{fault.kind}: {fault.detail}", f"{fault.kind}: {fault.detail}.")
