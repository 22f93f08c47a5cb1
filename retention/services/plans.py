from datetime import date

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from ledger.actor import Actor
from protection.clock import provider_today, provider_zone
from retention.errors import FutureDateError, LimitsExceededError, NotAllowedError, ProposalError
from retention.incidents import RUN_WAITS
from retention.models import PurgeLimits, PurgePlan, Trigger
from retention.permissions import can_start_purge
from retention.plans import Bound, Plan, Steps, make_plan, plan_steps
from retention.services.alerts import raise_alert, resolve_alert
from retention.services.proposals import decide, propose

_ADVANCED_CLOCKS = frozenset({"demo", "test"})


def plan_purge(*, as_of: date | None = None) -> Plan:
    """Rehearse a purge as of a day (today by the database's clock, where the provider is); changes nothing.

    Raises FutureDateError for a day that has not come, outside demo and test installations.
    """
    return make_plan(as_of=check_day(as_of))


def make_purge_plan(
    *,
    by: Actor,
    as_of: date | None = None,
    trigger: str = Trigger.COMMAND,
    bounds: dict[str, Bound] | None = None,
    steps: Steps | None = None,
) -> PurgePlan:
    """Rehearse a purge as of a day and keep the rehearsal for approval.

    `bounds`: other than the rules'; `steps`: only these, of former purges.

    The day is fixed here once. There is one nightly plan a day, so that two beats are harmless; any other plan that
    says the same as one that still waits to be carried out is that one. Raises NotAllowedError, FutureDateError, and
    ProposalError when `by` gives no reason.
    """
    if not can_start_purge(by):
        raise NotAllowedError
    day = check_day(as_of)
    if trigger == Trigger.NIGHTLY and (found := _nightly_plan(day)):
        return found
    plan = make_plan(as_of=day, bounds=bounds) if steps is None else plan_steps(as_of=day, steps=steps)
    same = PurgePlan.objects.not_carried_out().filter(as_of=day, trigger=trigger, digest=plan.digest)
    if found := same.order_by("pk").first():
        return found
    try:
        return _keep(plan, trigger, by)
    except (IntegrityError, ProposalError):
        if trigger == Trigger.NIGHTLY and (found := _nightly_plan(day)):
            return found
        raise


@transaction.atomic
def approve_purge_plan(*, plan: PurgePlan, by: Actor) -> PurgePlan:
    """Approve a plan: one's own while the limits in force admit it, beyond them somebody else's only.

    Raises NotAllowedError, DecidedError, SecondPersonError.
    """
    if not can_start_purge(by):
        raise NotAllowedError
    one_may_approve = is_admitted(plan)
    evidence = _described(plan)
    plan = decide(plan, by, is_approved=True, kind="purge.approved", evidence=evidence, one_may_approve=one_may_approve)
    resolve_alert(kind=RUN_WAITS, subject=str(plan.uuid))
    return plan


@transaction.atomic
def discard_purge_plan(*, plan: PurgePlan, by: Actor) -> PurgePlan:
    """Put a plan aside for good; its maker may, too. Raises NotAllowedError, DecidedError."""
    if not can_start_purge(by):
        raise NotAllowedError
    plan = decide(plan, by, is_approved=False, kind="purge.discarded", evidence=_described(plan))
    resolve_alert(kind=RUN_WAITS, subject=str(plan.uuid))
    return plan


def approve_alone(*, plan: PurgePlan, by: Actor) -> PurgePlan:
    """Approve a plan that no second person looks at: the night's in the name of the limits, else in its maker's.

    What a restored backup brought back was approved when it was purged first, so the journal stands for the second
    person. Raises LimitsExceededError; the plan then waits for somebody.
    """
    if plan.trigger == Trigger.REPLAY:
        return approve_purge_plan(plan=plan, by=Actor.system("the journal of former purges"))
    if not is_admitted(plan):
        text = _(
            "This would drop %(months)s months and %(rows)s rows, more than the limits let pass at once. Another"
            " administrator must approve the plan %(plan)s first."
        ) % {"months": plan.months_to_drop, "rows": plan.rows_to_drop, "plan": plan.uuid}
        raise_alert(kind=RUN_WAITS, subject=str(plan.uuid), text=text)
        raise LimitsExceededError(text)
    return approve_purge_plan(plan=plan, by=_in_the_name_of_limits(plan) if plan.trigger == Trigger.NIGHTLY else by)


def is_admitted(plan: PurgePlan) -> bool:
    """Say whether a plan is within the limits, both those it was made under and those in force now."""
    limits = PurgeLimits.objects.current().get()
    return plan.is_within_limits and limits.admit(months=plan.months_to_drop, rows=plan.rows_to_drop)


def check_day(as_of: date | None) -> date:
    """Return the day by which periods are counted: the given one, or today. Raises FutureDateError."""
    today = provider_today()
    if as_of is not None and as_of > today and settings.ENVIRONMENT not in _ADVANCED_CLOCKS:
        raise FutureDateError
    return as_of or today


def _nightly_plan(day: date) -> PurgePlan | None:
    return PurgePlan.objects.filter(as_of=day, trigger=Trigger.NIGHTLY).first()


@transaction.atomic
def _keep(plan: Plan, trigger: str, by: Actor) -> PurgePlan:
    limits = PurgeLimits.objects.current().get()
    kept = PurgePlan(
        reason=by.reason or Trigger(trigger).name,
        as_of=plan.as_of,
        trigger=trigger,
        bounds=plan.bounds_json(),
        content=plan.content_json(),
        digest=plan.digest,
        months_to_drop=plan.months_to_drop,
        rows_to_drop=plan.rows_to_drop,
        limits=limits,
        is_within_limits=limits.admit(months=plan.months_to_drop, rows=plan.rows_to_drop),
    )
    kept = propose(kept, by, kind="purge.planned", evidence=_described(kept), is_computed=True)
    if kept.trigger == Trigger.NIGHTLY:
        _discard_former_nights(kept, by)
    return kept


def _discard_former_nights(plan: PurgePlan, by: Actor) -> None:
    """Put aside what former nights planned and nobody approved: tonight's plan has all of it, counted anew."""
    for former in PurgePlan.objects.waiting().filter(trigger=Trigger.NIGHTLY, as_of__lt=plan.as_of).order_by("pk"):
        discard_purge_plan(plan=former, by=by)


def _in_the_name_of_limits(plan: PurgePlan) -> Actor:
    limits = plan.limits
    day = date_format(limits.valid_from.astimezone(provider_zone()), "j F Y")
    return Actor.system(_("the limits of %(day)s by %(name)s") % {"day": day, "name": limits.created_by_name})


def _described(plan: PurgePlan) -> dict[str, object]:
    return {
        "plan": plan.uuid,
        "as_of": plan.as_of,
        "digest": plan.digest,
        "months_to_drop": plan.months_to_drop,
        "rows_to_drop": plan.rows_to_drop,
        "is_within_limits": plan.is_within_limits,
    }
