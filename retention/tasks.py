import logging
from collections.abc import Callable
from datetime import timedelta

from celery import shared_task
from django.db import DatabaseError
from django.utils.translation import gettext as _

from ledger.actor import Actor
from protection.clock import transaction_time
from protection.files import finish_destroying
from protection.rowsecurity import provider_rows
from retention.disposal.closing import close_months
from retention.errors import PlanError, RetentionError
from retention.models import PurgeRun, Trigger
from retention.services import begin_purge, remind_of_holds, run_purge
from retention.waypoints import Waypoint, pass_waypoint

logger = logging.getLogger(__name__)

LOOK_BACK = timedelta(days=30)
"""So long ago a file may have been stamped as destroyed by a process that died before it did so."""


@shared_task(name="retention.nightly")
def nightly() -> str:
    """Purge what is past its time today, after what makes that cheap and whole; return the run's uuid.

    Returns nothing when the plan is beyond the limits and waits for somebody, or was discarded.
    """
    _prepare(close_months)
    _prepare(lambda: finish_destroying(transaction_time() - LOOK_BACK))
    reason = _("Nightly purge by the retention rules")
    try:
        run = begin_purge(by=Actor(kind="system", name="purge", reason=reason), trigger=Trigger.NIGHTLY)
    except PlanError as error:
        logger.warning("No purge tonight: %s", error)
        return ""
    run_purge(run=run)
    pass_waypoint(Waypoint.ACKNOWLEDGEMENT_DUE, run)
    return str(run.uuid)


def _prepare(work: Callable[[], object]) -> None:
    """Do what the purge can do without; what goes wrong there, such as one file that cannot be removed, is logged."""
    try:
        work()
    except (DatabaseError, OSError, RetentionError):
        logger.exception("The preparation of tonight's purge failed; the purge goes on.")


@shared_task(name="retention.run")
def carry_out(run_id: int) -> None:
    """Carry out one run; a run that is over is left as it is."""
    run = PurgeRun.objects.get(pk=run_id)
    run_purge(run=run)
    pass_waypoint(Waypoint.ACKNOWLEDGEMENT_DUE, run)


@shared_task(name="retention.sweep")
def sweep() -> int:
    """Go on with every run whose message or worker was lost; return how many there were.

    What goes wrong with one of them is logged, and does not keep the others.
    """
    runs = list(PurgeRun.objects.unfinished().order_by("pk"))
    for run in runs:
        try:
            run_purge(run=run)
        except (DatabaseError, OSError, RetentionError):
            logger.exception("Purge run %s could not go on; the next sweep tries again.", run.uuid)
        else:
            pass_waypoint(Waypoint.ACKNOWLEDGEMENT_DUE, run)
    return len(runs)


@shared_task(name="retention.remind_of_holds")
def remind() -> int:
    """Remind owners and administrators of the holds to be reviewed; return how many reminders stand."""
    with provider_rows():
        return remind_of_holds(by=Actor.system("hold reviews"))
