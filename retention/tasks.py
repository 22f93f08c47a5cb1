from celery import shared_task
from django.utils.translation import gettext as _

from ledger.actor import Actor
from retention.disposal.closing import close_months
from retention.models import PurgeRun
from retention.services import begin_purge, run_purge
from retention.waypoints import Waypoint, pass_waypoint


@shared_task(name="retention.nightly")
def nightly() -> str:
    """Close the months that are old enough, then purge what is past its time today; return the run's uuid."""
    close_months()
    reason = _("Nightly purge by the retention rules")
    run = begin_purge(by=Actor(kind="system", name="purge", reason=reason), trigger=PurgeRun.Trigger.NIGHTLY)
    run_purge(run=run)
    pass_waypoint(Waypoint.ACKNOWLEDGEMENT_DUE, run)
    return str(run.uuid)


@shared_task(name="retention.run")
def carry_out(run_id: int) -> None:
    """Carry out one run; a run that is over is left as it is."""
    run = PurgeRun.objects.get(pk=run_id)
    run_purge(run=run)
    pass_waypoint(Waypoint.ACKNOWLEDGEMENT_DUE, run)


@shared_task(name="retention.sweep")
def sweep() -> int:
    """Go on with every run whose message or worker was lost; return how many there were."""
    runs = list(PurgeRun.objects.unfinished().order_by("pk"))
    for run in runs:
        run_purge(run=run)
        pass_waypoint(Waypoint.ACKNOWLEDGEMENT_DUE, run)
    return len(runs)
