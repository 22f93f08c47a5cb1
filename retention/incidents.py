"""The kinds of incidents that administrators are told of: what each is called, and what to do about it."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SCHEDULE_STOPPED = "schedule_stopped"
WORKER_SILENT = "worker_silent"
PURGE_SILENT = "purge_silent"
CLASS_PAST_DUE = "class_past_due"
RUN_FAULTY = "run_faulty"
RUN_WAITS = "run_waits"
RUN_STALLED = "run_stalled"
ITEM_GIVEN_UP = "item_given_up"
LEDGER_UNSEALED = "ledger_unsealed"
MONTHS_MISSING = "months_missing"
GUARD_MISSING = "guard_missing"
CONTROL_FAILED = "control_failed"
REVIEW_OVERDUE = "review_overdue"
EMERGENCY_UNJUSTIFIED = "emergency_unjustified"


@dataclass(frozen=True, slots=True)
class IncidentKind:
    """What people call a kind of incident, and what to do about it; docs/operations.md says more."""

    title: str | Promise
    advice: str | Promise


KINDS: dict[str, IncidentKind] = {
    SCHEDULE_STOPPED: IncidentKind(
        _("Scheduled work does not run"),
        _("See that beat runs, and a worker of the queue default; read their logs and restart what has ended."),
    ),
    WORKER_SILENT: IncidentKind(
        _("No worker answers"),
        _("See that a worker of the queue default runs and reaches Redis and the database; restart it."),
    ),
    PURGE_SILENT: IncidentKind(
        _("No purge worker answers"),
        _("See that a worker of the queue purge runs and reaches Redis and the database; restart it."),
    ),
    CLASS_PAST_DUE: IncidentKind(
        _("Data is kept past its time"),
        _("Open Retention, see why the last runs left it, and start a purge."),
    ),
    RUN_FAULTY: IncidentKind(
        _("A purge did not finish its work"),
        _("Open the run, read what each step says, remove the cause, and start a purge again."),
    ),
    RUN_WAITS: IncidentKind(
        _("A purge waits for a person"),
        _("Open the plan, look at what would go and why it is beyond the limits, and approve or refuse it."),
    ),
    RUN_STALLED: IncidentKind(
        _("A purge stands still"),
        _("See that a worker of the queue purge runs; an unfinished run goes on by itself once one does."),
    ),
    ITEM_GIVEN_UP: IncidentKind(
        _("A step of a purge was given up"),
        _("Open the run and read what the step says. The next run tries again."),
    ),
    LEDGER_UNSEALED: IncidentKind(
        _("The ledger is not sealed"),
        _("Read the worker's log for what the sealer says; after a restore see Backup and restore."),
    ),
    MONTHS_MISSING: IncidentKind(
        _("Months ahead are missing"),
        _("Run the task that makes them, energy.ensure_months or disclosures.ensure_months, and read what it says."),
    ),
    CONTROL_FAILED: IncidentKind(
        _("A control found something"),
        _("Open Controls, look at what it found, and mend it; the next night's run ends the incident."),
    ),
    REVIEW_OVERDUE: IncidentKind(
        _("A release in an emergency was not reviewed in time"),
        _("Open Disclosures, Releases that take two persons, and have somebody review it who did not release it."),
    ),
    EMERGENCY_UNJUSTIFIED: IncidentKind(
        _("A release in an emergency was not justified"),
        _("Open the proposal, read why, and decide with the privacy office whom to tell. It is shown for 30 days."),
    ),
    GUARD_MISSING: IncidentKind(
        _("The database lacks a guard"),
        _("Find out who changed it, then see docs/operations.md, “When a guard is gone”."),
    ),
}


def title_of(kind: str) -> str:
    """Return what people call a kind; an unknown one goes by its code."""
    return str(KINDS[kind].title) if kind in KINDS else kind


def advice_on(kind: str) -> str:
    """Return what to do about a kind of incident."""
    return str(KINDS[kind].advice) if kind in KINDS else ""
