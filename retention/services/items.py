"""One item of a run, already claimed: carried out step by step, and what is noted of it."""

import logging
from datetime import datetime, timedelta

from django.contrib.postgres.functions import TransactionNow
from django.db import DatabaseError, transaction
from django.db.models import F
from django.db.models.functions import Now

from ledger.services import PROVIDER_TAG, record
from protection.clock import transaction_time
from retention.disposal import EXECUTORS
from retention.disposal.steps import Step
from retention.errors import PlanEnlargedError, PurgeBusyError, RetentionError
from retention.incidents import ITEM_GIVEN_UP
from retention.models import ATTEMPTS, PurgeItem, PurgeRun
from retention.services.alerts import raise_alert
from retention.services.endings import stop_run
from retention.services.enlargement import refuse_changed_plan, refuse_enlarging_step
from retention.waypoints import Waypoint, pass_waypoint

logger = logging.getLogger(__name__)

CLAIM_LASTS = timedelta(seconds=5)
"""How long an attempt may take to lock its item; from then on the lock itself keeps others away."""

FAULTS = (DatabaseError, RetentionError, OSError)
"""What makes an attempt fail, and another one worth trying."""

ITEM_DONE = "purge.item_done"

_OUTCOME = (
    "total",
    "held",
    "dropped",
    "bytes",
    "digest",
    "held_digest",
    "hold_ids",
    "last_error",
    "status",
    "finished_at",
    "claimed_until",
    "entry_id",
    "salt",
    "evidence",
)
"""The columns that a step writes."""

Status = PurgeItem.Status


def attempt(item: PurgeItem) -> None:
    """Carry out a claimed item, step by step; note on it what keeps it from its end, and stop the run where it must."""
    try:
        goes_on = True
        while goes_on:
            goes_on = _take_step(item)
            pass_waypoint(Waypoint.COMMITTED, item)
    except PlanEnlargedError as error:
        _put_back(item, error)
        stop_run(item.run, because=str(error))
    except PurgeBusyError as error:
        _let_others_finish(item, error)
    except FAULTS as error:
        note_failure(item, error)


@transaction.atomic
def _take_step(item: PurgeItem) -> bool:
    """Dispose of one part of an item and write down what became of it, in one transaction; say whether it goes on."""
    found = PurgeItem.objects.annotate(run_status=F("run__status"), began_at=TransactionNow())
    locked = found.select_for_update(of=("self",)).get(pk=item.pk)
    if locked.status != Status.PENDING:
        return False
    if locked.run_status == PurgeRun.Status.PAUSED:
        _unclaim(locked)
        return False
    locked.run = item.run
    refuse_changed_plan(locked)
    step = EXECUTORS[locked.action](locked)
    _add(locked, step)
    refuse_enlarging_step(locked)
    # By the statement's clock: a step may take longer than a claim lasts.
    locked.claimed_until = Now() + CLAIM_LASTS
    if step.is_last:
        _complete(locked, locked.began_at)
    locked.save(update_fields=_OUTCOME)
    step.conclude()
    pass_waypoint(Waypoint.COMMIT_DUE, locked)
    return not step.is_last


def _add(item: PurgeItem, step: Step) -> None:
    item.total += step.total
    item.held += step.held
    item.dropped += step.dropped
    item.bytes += step.bytes
    item.digest = step.digest
    item.held_digest = step.held_digest
    item.hold_ids = step.hold_ids
    item.last_error = ""


def _complete(item: PurgeItem, at: datetime) -> None:
    item.status = Status.DONE
    item.finished_at = at
    witness = record(kind=ITEM_DONE, subject_tag=PROVIDER_TAG, evidence=described(item))
    item.entry_id, item.salt, item.evidence = witness.entry_id, witness.salt, witness.evidence


def described(item: PurgeItem) -> dict[str, object]:
    """Return what the ledger commits to of an item that is done."""
    return {
        "run": item.run.uuid,
        "retention_class": item.retention_class,
        "action": item.action,
        "partition": item.partition,
        "before": item.before,
        "total": item.total,
        "held": item.held,
        "dropped": item.dropped,
        "digest": item.digest,
    }


def _unclaim(item: PurgeItem) -> None:
    """Let go of an item that a pause came before; that was no attempt."""
    PurgeItem.objects.filter(pk=item.pk).update(attempts=F("attempts") - 1, claimed_until=None)


def _let_others_finish(item: PurgeItem, error: Exception) -> None:
    """Leave an item that others keep in use for later; that was no attempt, since nothing is wrong with it."""
    logger.info("Purge item %s (%s) waits: %s", item.pk, item.partition, error)
    pending = PurgeItem.objects.filter(pk=item.pk, status=Status.PENDING)
    pending.update(attempts=F("attempts") - 1, last_error=without_rows(error), claimed_until=None)


@transaction.atomic
def _put_back(item: PurgeItem, error: Exception) -> None:
    """Note on an item what stopped its run there."""
    pending = PurgeItem.objects.filter(pk=item.pk, status=Status.PENDING)
    pending.update(last_error=without_rows(error), claimed_until=None)


@transaction.atomic
def note_failure(item: PurgeItem, error: Exception) -> None:
    """Note on an item why an attempt failed, and give it up after the last; the next attempt may come at once."""
    failed = PurgeItem.objects.select_for_update().filter(pk=item.pk, status=Status.PENDING).first()
    if failed is None:
        return
    failed.last_error = without_rows(error)
    failed.claimed_until = None
    logger.warning("Purge item %s (%s): %s", failed.pk, failed.partition, failed.last_error)
    if failed.attempts >= ATTEMPTS:
        give_up(failed)
    else:
        failed.save(update_fields=["last_error", "claimed_until"])


def give_up(item: PurgeItem) -> None:
    """End an item that has failed too often and tell the administrators, in the caller's transaction."""
    item.status = Status.FAILED
    item.finished_at = transaction_time()
    item.save(update_fields=["status", "finished_at", "last_error", "claimed_until"])
    logger.error("Purge item %s (%s) is given up: %s", item.pk, item.partition, item.last_error)
    raise_alert(kind=ITEM_GIVEN_UP, subject=item.partition, text=f"{item.partition}: {item.last_error}")


def without_rows(error: Exception) -> str:
    """Return an error's first line: PostgreSQL's further lines may quote the rows themselves."""
    return (str(error).splitlines() or [type(error).__name__])[0][:500]
