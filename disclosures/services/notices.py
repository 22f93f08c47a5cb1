"""The notice of a subpoena: the customers are told, may contest within seven days, and a court may decide."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Customer
from accounts.permissions import can_consent_for
from accounts.selectors import active_user
from accounts.services import post_message
from accounts.topics import DEMANDS, PROVIDER_ALERTS, Audience
from disclosures.business_days import last_day
from disclosures.concealment import concealments_of
from disclosures.demand_conditions import bases_for, lock_demand, state_of
from disclosures.errors import DemandError, NotAllowedError
from disclosures.models import DemandEvent, DemandState, LegalDemand
from disclosures.services.demand_steps import append_step, begin_step, refuse_closed, stated
from ledger.actor import Actor
from protection.clock import provider_today

What = DemandEvent.What
MOTIONS = (What.MOTION_FILED, What.MOTION_DENIED, What.MOTION_GRANTED)


@transaction.atomic
def serve_notice(*, demand: LegalDemand, by: Actor, served_on: date | None = None) -> DemandEvent:
    """Write to every customer whom a subpoena names, and start the days in which they may contest.

    The message goes out in their language, as a letter where there is no e-mail. The notice counts as served on
    `served_on`, today unless a letter needs longer; the days are those of the legal basis, in the provider's zone, the
    last one moved off weekends and holidays. Raises NotAllowedError, DemandError for a demand of another kind, one that
    is hidden by an order, names nobody, was told before or is closed.
    """
    state = begin_step(demand, by)
    refuse_closed(state)
    today = provider_today()
    if not demand.can_be_noticed or state != DemandState.RECEIVED:
        raise DemandError(_("Only a subpoena of which the customers were not told yet starts a notice."))
    if concealments_of(demand):
        raise DemandError(_("An order forbids to tell the customers. Wait until it ends."))
    customers = _customers(demand)
    if not customers:
        raise DemandError(_("The demand names nobody: there is no one to tell. Refuse it as overbroad."))
    begins = served_on or today
    if begins < today:
        raise DemandError(_("A notice cannot be served in the past. Enter today, or the day on which letters arrive."))
    notice = append_step(
        demand, What.NOTICE_SERVED, by, served_on=begins, ends_on=last_day(begins, _days_to_contest(demand))
    )
    for customer in customers:
        post_message(
            topic=DEMANDS,
            to=customer,
            template="demand_notice",
            context={"demand": demand.uuid, "notice": notice.uuid},
            dedup_key=f"demand_notice:{notice.uuid}:{customer.pk}",
            by=by,
        )
    return notice


@transaction.atomic
def contest_demand(*, demand: LegalDemand, customer: Customer, note: str, by: Actor) -> DemandEvent:
    """Contest a demand with a reason, as its customer or as staff who took the letter in; nothing goes out then.

    Raises NotAllowedError for who is neither, DemandError when the customers were not told, the days are over, or the
    demand is closed.
    """
    _check_contest(demand, customer, by)
    state = _locked_state(demand)
    if state in {DemandState.RECEIVED, DemandState.LAPSED}:
        raise DemandError(_("The days to contest are over, or have not begun. A court can still decide on a motion."))
    refuse_closed(state)
    step = append_step(demand, What.CONTESTED, by, note=stated(note), customer=customer)
    post_message(
        topic=PROVIDER_ALERTS,
        to=Audience.PROVIDER,
        template="demand_contested",
        context={"demand": demand.uuid},
        dedup_key=f"demand_contested:{step.uuid}",
        by=by,
    )
    return step


@transaction.atomic
def withdraw_contest(*, demand: LegalDemand, customer: Customer, by: Actor) -> DemandEvent:
    """Take a customer's contest back; another customer's, or a motion, still stands.

    Raises NotAllowedError, DemandError where there is none or the demand is closed.
    """
    _check_contest(demand, customer, by)
    refuse_closed(_locked_state(demand))
    if not is_contested_by(demand, customer):
        raise DemandError(_("This customer does not contest the demand."))
    return append_step(demand, What.CONTEST_WITHDRAWN, by, customer=customer)


@transaction.atomic
def record_motion(*, demand: LegalDemand, what: str, note: str, by: Actor) -> DemandEvent:
    """Record a motion before the court, or how the court decided it: `motion_filed`, `motion_denied`, `motion_granted`.

    A motion blocks the release until it is denied; one that is granted quashes the demand. Raises NotAllowedError,
    DemandError.
    """
    refuse_closed(begin_step(demand, by))
    if what not in MOTIONS:
        raise DemandError(_("Choose what the court did."))
    return append_step(demand, What(what), by, note=stated(note))


def is_contested_by(demand: LegalDemand, customer: Customer) -> bool:
    """Say whether the customer's own contest stands."""
    steps = demand.events.standing().filter(what__in=[What.CONTESTED, What.CONTEST_WITHDRAWN], customer=customer)
    latest = steps.order_by("-pk").first()
    return latest is not None and latest.what == What.CONTESTED


def _check_contest(demand: LegalDemand, customer: Customer, by: Actor) -> None:
    user = active_user(by)
    is_named = demand.subjects.filter(customer=customer).exists()
    if not is_named or user is None:
        raise NotAllowedError
    if not (user.is_provider or can_consent_for(user, customer)):
        raise NotAllowedError
    if user.is_provider:
        begin_step(demand, by)


def _locked_state(demand: LegalDemand) -> DemandState:
    lock_demand(demand)
    return state_of(demand, provider_today())


def _customers(demand: LegalDemand) -> list[Customer]:
    return list(Customer.objects.filter(demand_subjects__demand=demand).distinct().order_by("pk"))


def _days_to_contest(demand: LegalDemand) -> int:
    """Return the days of the basis by which a subpoena goes: the longest, where there are several."""
    return max(bases_for(demand).values_list("notice_days", flat=True), default=0)
