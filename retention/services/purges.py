import time
from collections.abc import Callable
from datetime import date

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext_lazy as _

from ledger.actor import Actor
from retention.errors import NotAllowedError, PlanError
from retention.models import Certificate, PurgeItem, PurgePlan, PurgeRun, Trigger
from retention.permissions import can_start_purge
from retention.plans import Bound, Steps, read_plan
from retention.services.batches import batches_of, carry_out
from retention.services.endings import finish_run, settle_certificates, settle_outcomes
from retention.services.plans import approve_alone, check_day, make_purge_plan

PAUSE_BETWEEN_ROUNDS = 0.5
"""Seconds before items that others kept busy are tried again."""

PATIENCE_ROUNDS = 20
"""So many rounds in a row without an item for this process, and it leaves the rest to the others."""

Status = PurgeRun.Status


def begin_purge(
    *,
    by: Actor,
    as_of: date | None = None,
    trigger: str = Trigger.COMMAND,
    bounds: dict[str, Bound] | None = None,
    steps: Steps | None = None,
) -> PurgeRun:
    """Plan a purge as of a day, approve the plan within the limits, and start it.

    While a run as of the same day by the same trigger is not over, that one is returned; the nightly run of a day is
    made once, over or not, so that two beats are harmless. Raises NotAllowedError, FutureDateError, and
    LimitsExceededError or PlanError when the plan (which is kept) waits for a second person or was discarded.
    """
    if not can_start_purge(by):
        raise NotAllowedError
    day = check_day(as_of)
    if found := _standing_run(day, trigger):
        return found
    plan = make_purge_plan(by=by, as_of=day, trigger=trigger, bounds=bounds, steps=steps)
    if not plan.is_decided:
        plan = approve_alone(plan=plan, by=by)
    return start_purge(plan=plan, by=by)


@transaction.atomic
def start_purge(*, plan: PurgePlan, by: Actor) -> PurgeRun:
    """Make the run that carries out an approved plan, one item for each of its steps; it waits for `run_purge`.

    A plan is carried out once: asking again returns its run. Raises NotAllowedError, and PlanError for a plan that is
    not approved or while another run as of the same day is under way.
    """
    if not can_start_purge(by):
        raise NotAllowedError
    if found := PurgeRun.objects.filter(plan=plan).first():
        return found
    if not plan.is_approved:
        raise PlanError(_("Nobody has approved this plan. Have it approved first, or make a new one."))
    try:
        with transaction.atomic():
            return _create_run(plan, by)
    except IntegrityError as error:
        if found := PurgeRun.objects.filter(plan=plan).first():
            return found
        raise PlanError(_("Another purge as of this day is under way. Wait until it is over.")) from error


def run_purge(*, run: PurgeRun, tell: Callable[[PurgeItem], None] | None = None) -> Certificate | None:
    """Carry out what is left of a run, each item in transactions of its own; certify it when it is over.

    Call it outside any transaction, as the purge role. It may be killed at any point and called again, also by several
    workers at once: an item's outcome commits with the disposal itself. An item that fails five times is given up, and
    the others pass; what would enlarge the run stops it. `tell` is called with every item that this process has seen
    through. Returns None while the run is paused or others still work on its last items.
    """
    settle_outcomes()
    settle_certificates()
    _begin(run)
    idle_rounds = 0
    while pending := list(_ready_items(run)):
        advanced = [batch for batch in batches_of(pending) if carry_out(batch, tell=tell)]
        idle_rounds = 0 if advanced else idle_rounds + 1
        if idle_rounds > PATIENCE_ROUNDS:
            return None
        if _ready_items(run).exists():
            time.sleep(PAUSE_BETWEEN_ROUNDS)
    return finish_run(run)


def _ready_items(run: PurgeRun) -> QuerySet[PurgeItem]:
    items = run.items.filter(status=PurgeItem.Status.PENDING, run__status=Status.RUNNING)
    return items.order_by("attempts", "position")


def _standing_run(as_of: date, trigger: str) -> PurgeRun | None:
    runs = PurgeRun.objects.filter(as_of=as_of, trigger=trigger)
    return (runs if trigger == Trigger.NIGHTLY else runs.open()).order_by("pk").first()


def _create_run(plan: PurgePlan, by: Actor) -> PurgeRun:
    rehearsal = read_plan(plan)
    run = PurgeRun.objects.create(
        plan=plan,
        as_of=plan.as_of,
        trigger=plan.trigger,
        bounds=plan.bounds,
        summary=rehearsal.as_json(),
        plan_digest=plan.digest,
        operator_kind=by.kind,
        operator=by.name,
        started_by_id=by.user_id,
        reason=by.reason or plan.reason,
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
        for position, item in enumerate(rehearsal.items)
    )
    return run


def _begin(run: PurgeRun) -> None:
    PurgeRun.objects.filter(pk=run.pk, status=Status.PENDING).update(
        status=Status.RUNNING, started_at=Coalesce("started_at", Now())
    )
