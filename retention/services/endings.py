"""How items and runs come to an end: the journal's outcome, a stop half-way, the certificate."""

import logging
from collections.abc import Iterable

from django.db import transaction
from django.db.models import Count, Q
from django.db.models.functions import Greatest

from protection.clock import transaction_time
from protection.files import finish_destroying
from retention import journal
from retention.certificates import issue_certificate, path_of, write_certificate
from retention.incidents import ITEM_GIVEN_UP, RUN_FAULTY
from retention.models import Certificate, Incident, PurgeItem, PurgeRun
from retention.services.alerts import raise_alert, resolve_alerts
from retention.waypoints import Waypoint, pass_waypoint

logger = logging.getLogger(__name__)

Status = PurgeItem.Status

LATEST = 50
"""So many certificates are looked after; the files of older ones may have been taken to an archive."""


def journal_outcomes(items: Iterable[PurgeItem]) -> list[PurgeItem]:
    """Write those items that are over into the journal, once, and count them in their runs' progress.

    Returns the items as they are now, in their order.
    """
    runs = {item.pk: item.run for item in items}
    found = list(PurgeItem.objects.filter(pk__in=runs).order_by("run", "position"))
    for item in found:
        item.run = runs[item.pk]
    over = [item for item in found if item.status != Status.PENDING and not item.is_journaled]
    if over:
        for item in over:
            pass_waypoint(Waypoint.OUTCOME_DUE, item)
        journal.write_outcomes(over)
        for item in over:
            pass_waypoint(Waypoint.OUTCOME_WRITTEN, item)
        _note_journaled(over)
    return found


def settle_outcomes() -> None:
    """Write the outcomes that a crash kept from the journal, of whatever run: the database knows what they were.

    Of a step that a stopped run left before anybody tried it, the journal says nothing.
    """
    attempted = PurgeItem.objects.filter(is_journaled=False, attempts__gt=0).exclude(status=Status.PENDING)
    if unwritten := list(attempted.select_related("run").order_by("pk")):
        journal_outcomes(unwritten)


def settle_certificates() -> None:
    """Write the files of the latest certificates that a crash kept from being written, of whatever run."""
    latest = Certificate.objects.select_related("run").only("uuid", "run__as_of").order_by("-pk")[:LATEST]
    for certificate in latest:
        if not path_of(certificate).exists():
            write_certificate(certificate)


@transaction.atomic
def stop_run(run: PurgeRun, *, because: str) -> None:
    """Leave everything of a run that is not yet disposed of; `finish_run` then certifies what was done.

    Waits for steps of other workers that are under way: they are within the plan, and are counted.
    """
    locked = PurgeRun.objects.select_for_update().get(pk=run.pk)
    if locked.is_finished or locked.stopped_because:
        return
    locked.stopped_because = because[:500]
    locked.save(update_fields=["stopped_because"])
    locked.items.filter(status=Status.PENDING).update(
        status=Status.LEFT, finished_at=transaction_time(), claimed_until=None
    )
    logger.error("Purge run %s is stopped: %s", locked.uuid, because)
    raise_alert(kind=RUN_FAULTY, subject=str(locked.uuid), text=because)


def finish_run(run: PurgeRun) -> Certificate | None:
    """Certify a run all of whose items are over, once, and see that the certificate's file is there; None before."""
    settle_outcomes()
    pass_waypoint(Waypoint.CERTIFICATE_DUE, run)
    with transaction.atomic():
        locked = PurgeRun.objects.select_for_update().get(pk=run.pk)
        certificate = Certificate.objects.filter(run=locked).first()
        if certificate is None:
            is_waiting = locked.is_paused and not locked.stopped_because
            if is_waiting or locked.items.filter(status=Status.PENDING).exists():
                return None
            _destroy_what_is_left(locked)
            _end(locked)
            certificate = issue_certificate(locked)
            pass_waypoint(Waypoint.CERTIFICATE_SIGNED, locked)
    pass_waypoint(Waypoint.CERTIFICATE_COMMITTED, run)
    write_certificate(certificate)
    pass_waypoint(Waypoint.CERTIFICATE_WRITTEN, run)
    run.refresh_from_db()
    return certificate


@transaction.atomic
def _note_journaled(items: list[PurgeItem]) -> None:
    """Note that items are in the journal, how far their runs are, and that what was once given up is now done."""
    for run in sorted({item.run for item in items}, key=lambda run: run.pk):
        finished = Count("pk", filter=~Q(status=Status.PENDING))
        of_all = run.items.aggregate(finished=finished, all=Count("pk"))
        progress = of_all["finished"] / max(of_all["all"], 1)
        PurgeRun.objects.filter(pk=run.pk).update(progress=Greatest("progress", progress))
    # After the runs, as `stop_run` takes them: two that wait for each other would both be thrown out.
    PurgeItem.objects.filter(pk__in=[item.pk for item in items]).update(is_journaled=True)
    resolve_alerts(kind=ITEM_GIVEN_UP, subjects=[item.partition for item in items if item.status == Status.DONE])


def _destroy_what_is_left(run: PurgeRun) -> None:
    """Destroy the files whose rows this run stamped before its process died: the certificate says they are gone."""
    if run.items.filter(action=PurgeItem.Action.DELETE_FILES, dropped__gt=0).exists():
        finish_destroying(run.created_at)


def _end(run: PurgeRun) -> None:
    is_faulty = run.items.filter(status=Status.FAILED).exists()
    if run.stopped_because:
        run.status = PurgeRun.Status.STOPPED
    else:
        run.status = PurgeRun.Status.FAILED if is_faulty else PurgeRun.Status.FINISHED
    run.finished_at = transaction_time()
    run.progress = 1
    run.save(update_fields=["status", "finished_at", "progress"])
    if run.status == PurgeRun.Status.FINISHED:
        _resolve_former_stops()


def _resolve_former_stops() -> None:
    """End what was said of stopped runs: a run that did all of its work has done theirs too."""
    stopped = Incident.objects.open().filter(kind=RUN_FAULTY)
    resolve_alerts(kind=RUN_FAULTY, subjects=list(stopped.values_list("subject", flat=True)))
