import logging
import time
from datetime import date, timedelta

from django.conf import settings
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Q

from ledger.actor import Actor
from ledger.services import PROVIDER_TAG, record
from protection.clock import provider_today, transaction_time
from retention import journal
from retention.certificates import issue_certificate, write_certificate
from retention.disposal import EXECUTORS
from retention.disposal.steps import Step
from retention.errors import FutureDateError, NotAllowedError, PlanEnlargedError, RetentionError
from retention.models import ATTEMPTS, Certificate, PurgeItem, PurgeRun
from retention.permissions import can_start_purge
from retention.plans import Bound, Plan, make_plan
from retention.waypoints import Waypoint, pass_waypoint

logger = logging.getLogger(__name__)

PAUSE_BETWEEN_ROUNDS = 0.5
"""Seconds before items that others kept busy are tried again."""

PATIENCE_ROUNDS = 20
"""So many rounds in a row without an item for this process, and it leaves the rest to the others."""

CLAIM_LASTS = timedelta(seconds=5)
"""How long an attempt may take to lock its item; from then on the lock itself keeps others away."""

_ADVANCED_CLOCKS = frozenset({"demo", "test"})

Trigger = PurgeRun.Trigger
Status = PurgeItem.Status


def plan_purge(*, as_of: date | None = None) -> Plan:
    """Rehearse a purge as of a day (today by the database's clock, where the provider is); changes nothing.

    Raises FutureDateError for a day that has not come, outside demo and test installations.
    """
    return make_plan(as_of=_checked(as_of))


@transaction.atomic
def start_purge(
    *,
    by: Actor,
    as_of: date | None = None,
    trigger: str = Trigger.COMMAND,
    bounds: dict[str, Bound] | None = None,
) -> PurgeRun:
    """Make a plan and a run that waits to carry it out, with one item for each partition, table and class of files.

    The day is fixed here once. While a run as of the same day by the same trigger is unfinished, that one is returned;
    the nightly run of a day is made once, finished or not, so that two beats are harmless. Raises NotAllowedError,
    FutureDateError.
    """
    if not can_start_purge(by):
        raise NotAllowedError
    day = _checked(as_of)
    if found := _standing_run(day, trigger):
        return found
    plan = make_plan(as_of=day, bounds=bounds)
    try:
        with transaction.atomic():
            return _create_run(plan, trigger, by)
    except IntegrityError:
        if found := _standing_run(day, trigger):
            return found
        raise


def run_purge(*, run: PurgeRun) -> Certificate | None:
    """Carry out what is left of a run, item by item, each in transactions of its own; certify it when all is done.

    Call it outside any transaction, as the purge role. It may be killed at any point and called again, also by several
    workers at once: an item's outcome commits with the disposal itself. An item that fails five times is given up, and
    the others pass. Returns None while others still work on the run's last items.
    """
    _settle_outcomes()
    _begin(run)
    idle_rounds = 0
    while pending := list(run.items.filter(status=Status.PENDING).order_by("attempts", "position")):
        advanced = [item for item in pending if _carry_out(item)]
        idle_rounds = 0 if advanced else idle_rounds + 1
        if idle_rounds > PATIENCE_ROUNDS:
            return None
        if run.items.filter(status=Status.PENDING).exists():
            time.sleep(PAUSE_BETWEEN_ROUNDS)
    return _finish(run)


def _checked(as_of: date | None) -> date:
    today = provider_today()
    if as_of is not None and as_of > today and settings.ENVIRONMENT not in _ADVANCED_CLOCKS:
        raise FutureDateError
    return as_of or today


def _standing_run(as_of: date, trigger: str) -> PurgeRun | None:
    runs = PurgeRun.objects.filter(as_of=as_of, trigger=trigger)
    return (runs if trigger == Trigger.NIGHTLY else runs.unfinished()).order_by("pk").first()


def _create_run(plan: Plan, trigger: str, by: Actor) -> PurgeRun:
    run = PurgeRun.objects.create(
        as_of=plan.as_of,
        trigger=trigger,
        bounds=plan.bounds_json(),
        plan=plan.as_json(),
        plan_digest=plan.digest,
        operator_kind=by.kind,
        operator=by.name,
        started_by_id=by.user_id,
        reason=by.reason or PurgeRun.Trigger(trigger).name,
    )
    PurgeItem.objects.bulk_create(
        PurgeItem(
            run=run,
            position=position,
            retention_class=item.retention_class,
            action=item.action,
            partition=item.partition,
            lower=item.lower,
            before=item.before,
            planned_total=item.total,
            planned_held=item.held,
        )
        for position, item in enumerate(plan.items)
    )
    return run


def _begin(run: PurgeRun) -> None:
    PurgeRun.objects.filter(pk=run.pk, status=PurgeRun.Status.PENDING).update(
        status=PurgeRun.Status.RUNNING, started_at=transaction_time()
    )


def _carry_out(item: PurgeItem) -> bool:
    """Try one item once; return whether this process was the one to try (and not another that holds it)."""
    claimed = _claim(item)
    if claimed is None:
        return False
    if claimed.status == Status.PENDING:
        pass_waypoint(Waypoint.INTENT_DUE, claimed)
        journal.write_intent(claimed)
        pass_waypoint(Waypoint.INTENT_WRITTEN, claimed)
        try:
            is_done = False
            while not is_done:
                is_done = _take_step(claimed)
                pass_waypoint(Waypoint.COMMITTED, claimed)
        except (DatabaseError, RetentionError, OSError) as error:
            _note_failure(claimed, error)
    _journal_outcome(claimed)
    return True


@transaction.atomic
def _claim(item: PurgeItem) -> PurgeItem | None:
    """Count an attempt before it is made, so that an item that kills its worker is counted too; None if it is taken."""
    now = transaction_time()
    is_free = Q(claimed_until__isnull=True) | Q(claimed_until__lte=now)
    waiting = PurgeItem.objects.filter(is_free, pk=item.pk, status=Status.PENDING)
    claimed = waiting.select_for_update(skip_locked=True).first()
    if claimed is None:
        return None
    if claimed.attempts >= ATTEMPTS:
        _give_up(claimed)
    else:
        claimed.attempts += 1
        claimed.claimed_until = now + CLAIM_LASTS
        claimed.save(update_fields=["attempts", "claimed_until"])
    return claimed


@transaction.atomic
def _take_step(item: PurgeItem) -> bool:
    """Dispose of one part of an item and write down what became of it, in one transaction; say whether it is done."""
    locked = PurgeItem.objects.select_for_update().filter(pk=item.pk, status=Status.PENDING).first()
    if locked is None:
        return True
    step = EXECUTORS[locked.action](locked)
    _add(locked, step)
    locked.claimed_until = transaction_time() + CLAIM_LASTS
    if step.is_last:
        _complete(locked)
    locked.save()
    pass_waypoint(Waypoint.COMMIT_DUE, locked)
    return step.is_last


def _add(item: PurgeItem, step: Step) -> None:
    item.total += step.total
    item.held += step.held
    item.dropped += step.dropped
    item.bytes += step.bytes
    item.digest = step.digest
    item.held_digest = step.held_digest
    item.hold_ids = step.hold_ids
    item.last_error = ""


def _complete(item: PurgeItem) -> None:
    item.status = Status.DONE
    item.finished_at = transaction_time()
    witness = record(
        kind="purge.item_done",
        subject_tag=PROVIDER_TAG,
        evidence={
            "run": item.run.uuid,
            "retention_class": item.retention_class,
            "action": item.action,
            "partition": item.partition,
            "before": item.before,
            "total": item.total,
            "held": item.held,
            "dropped": item.dropped,
            "digest": item.digest,
        },
    )
    item.entry_id, item.salt, item.evidence = witness.entry_id, witness.salt, witness.evidence


@transaction.atomic
def _note_failure(item: PurgeItem, error: Exception) -> None:
    failed = PurgeItem.objects.select_for_update().filter(pk=item.pk, status=Status.PENDING).first()
    if failed is None:
        return
    failed.last_error = _without_rows(error)
    failed.claimed_until = None
    logger.warning("Purge item %s (%s): %s", failed.pk, failed.partition, failed.last_error)
    if failed.attempts >= ATTEMPTS or isinstance(error, PlanEnlargedError):
        _give_up(failed)
    else:
        failed.save(update_fields=["last_error", "claimed_until"])


def _give_up(item: PurgeItem) -> None:
    item.status = Status.FAILED
    item.finished_at = transaction_time()
    item.save(update_fields=["status", "finished_at", "last_error"])
    logger.error("Purge item %s (%s) is given up: %s", item.pk, item.partition, item.last_error)


def _without_rows(error: Exception) -> str:
    """Return an error's first line: PostgreSQL's further lines may quote the rows themselves."""
    return (str(error).splitlines() or [type(error).__name__])[0][:500]


def _settle_outcomes() -> None:
    """Write the outcomes that a crash kept from the journal, of whatever run: the database knows what they were."""
    for item in PurgeItem.objects.filter(is_journaled=False).exclude(status=Status.PENDING).order_by("pk"):
        _journal_outcome(item)


def _journal_outcome(item: PurgeItem) -> None:
    item.refresh_from_db()
    if item.status == Status.PENDING or item.is_journaled:
        return
    pass_waypoint(Waypoint.OUTCOME_DUE, item)
    journal.write_outcome(item)
    pass_waypoint(Waypoint.OUTCOME_WRITTEN, item)
    with transaction.atomic():
        PurgeItem.objects.filter(pk=item.pk).update(is_journaled=True)
        run = PurgeRun.objects.select_for_update().get(pk=item.run_id)
        finished = run.items.exclude(status=Status.PENDING).count()
        run.progress = finished / max(run.items.count(), 1)
        run.save(update_fields=["progress"])


def _finish(run: PurgeRun) -> Certificate:
    """Certify a run whose items are all done or given up, once, and see that the certificate's file is there."""
    for item in run.items.filter(is_journaled=False).exclude(status=Status.PENDING).order_by("position"):
        _journal_outcome(item)
    pass_waypoint(Waypoint.CERTIFICATE_DUE, run)
    with transaction.atomic():
        locked = PurgeRun.objects.select_for_update().get(pk=run.pk)
        certificate = Certificate.objects.filter(run=locked).first()
        if certificate is None:
            certificate = issue_certificate(locked)
            pass_waypoint(Waypoint.CERTIFICATE_SIGNED, locked)
            is_faulty = locked.items.filter(status=Status.FAILED).exists()
            locked.status = PurgeRun.Status.FAILED if is_faulty else PurgeRun.Status.FINISHED
            locked.finished_at = transaction_time()
            locked.progress = 1
            locked.save(update_fields=["status", "finished_at", "progress"])
    pass_waypoint(Waypoint.CERTIFICATE_COMMITTED, run)
    write_certificate(certificate)
    pass_waypoint(Waypoint.CERTIFICATE_WRITTEN, run)
    run.refresh_from_db()
    return certificate
