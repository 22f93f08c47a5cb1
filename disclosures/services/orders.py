from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import Concealment
from accounts.services import begin_concealment, end_concealments, post_message
from accounts.topics import DEMANDS
from disclosures.concealment import concealments_of, tag_of
from disclosures.demand_conditions import lock_demand
from disclosures.errors import DemandError, NotAllowedError
from disclosures.models import DemandEvent, LegalDemand, NonDisclosureOrder
from disclosures.permissions import can_handle_demand
from disclosures.services.demand_steps import append_step, begin_step, stated
from ledger.actor import Actor
from ledger.services import record
from protection.clock import provider_today
from protection.models import SealedFile
from retention.models import LegalHold
from retention.services import precede_purges, replace_hold

What = DemandEvent.What
LAPSED = gettext_noop("The last day of the order not to tell is past.")
CLOSED = gettext_noop("Closed by the desk for legal demands.")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTerms:
    """What an order not to tell says; without `last_day` it holds until it is lifted."""

    authority: str
    citation: str
    document: SealedFile
    last_day: date | None = None


@transaction.atomic
def record_order(*, demand: LegalDemand, terms: OrderTerms, by: Actor) -> NonDisclosureOrder:
    """Hide a demand from its customers from now on, because a court orders it after the demand came in.

    Raises NotAllowedError, DemandError once the customers were told or data went out, or for a second order: what
    somebody knows cannot be hidden.
    """
    precede_purges()
    begin_step(demand, by)
    is_told = demand.events.filter(what=What.NOTICE_SERVED).exists()
    if is_told or demand.releases.exists() or demand.orders.exists():
        raise DemandError(_("The customers know of this demand, or an order stands already. Extend that one."))
    for customer in {subject.customer for subject in demand.subjects.select_related("customer")}:
        begin_concealment(customer=customer, origin=demand.origin)
    order = write_order(demand, terms, by)
    _exchange_holds(demand, concealments_of(demand), by)
    return order


@transaction.atomic
def extend_order(*, demand: LegalDemand, terms: OrderTerms, by: Actor) -> NonDisclosureOrder:
    """Record that a court extended the order by which a demand is hidden. Raises NotAllowedError, DemandError."""
    begin_step(demand, by)
    latest = NonDisclosureOrder.objects.latest_of(demand)
    if latest is None or not concealments_of(demand):
        raise DemandError(_("No order hides this demand any more. An order that ended cannot be extended."))
    return write_order(demand, terms, by, extends=latest)


@transaction.atomic
def lift_order(*, demand: LegalDemand, note: str, by: Actor) -> DemandEvent:
    """Record that the court lifted the order; the customers see the demand from now on, and are written to.

    Raises NotAllowedError, DemandError where nothing is hidden.
    """
    if not can_handle_demand(by):
        raise NotAllowedError
    return _end(demand, stated(note), by)


@transaction.atomic
def end_orders() -> int:
    """End every order whose last day is past; return how many there were. The provider's own job."""
    today, by = provider_today(), Actor.system("orders")
    hidden = Concealment.objects.running().filter(origin__startswith="disclosures.LegalDemand:")
    uuids = {origin.partition(":")[2] for origin in hidden.values_list("origin", flat=True)}
    ended = 0
    for demand in LegalDemand.objects.filter(uuid__in=uuids).order_by("pk"):
        latest = NonDisclosureOrder.objects.latest_of(demand)
        if latest is not None and latest.is_over(today):
            _end(demand, LAPSED, by)
            ended += 1
    return ended


def write_order(
    demand: LegalDemand, terms: OrderTerms, by: Actor, *, extends: NonDisclosureOrder | None = None
) -> NonDisclosureOrder:
    """Write an order or its extension down, and the step; the caller has begun to hide the demand."""
    if terms.last_day is not None and terms.last_day < provider_today():
        raise DemandError(_("The last day of the order is past. Enter the day up to which the court forbids to tell."))
    if not (terms.authority.strip() and terms.citation.strip()):
        raise DemandError(_("Say who issued the order not to tell, and under which statute."))
    witness = record(
        kind="order.extended" if extends else "order.recorded",
        subject_tag=tag_of(demand),
        evidence={
            "by": by.evidence(),
            "demand": demand.uuid,
            "authority": terms.authority,
            "citation": terms.citation,
            "last_day": terms.last_day,
            "document": terms.document.sha256,
        },
    )
    order = NonDisclosureOrder.objects.create(
        demand=demand,
        extends=extends,
        authority=terms.authority.strip(),
        citation=terms.citation.strip(),
        last_day=terms.last_day,
        document=terms.document,
        user_id=by.user_id,
        actor_kind=by.kind,
        actor_name=by.name,
        **witness.columns(),
    )
    append_step(demand, What.ORDER_EXTENDED if extends else What.ORDER_RECORDED, by, note=order.citation)
    return order


def _end(demand: LegalDemand, reason: str, by: Actor) -> DemandEvent:
    """Show everything at once: the step and the holds under the hidden tag first, so that the end names them too."""
    precede_purges()
    lock_demand(demand)
    hidden = concealments_of(demand)
    if not hidden:
        raise DemandError(_("No order hides this demand any more."))
    step = append_step(demand, What.ORDER_ENDED, by, note=reason)
    _exchange_holds(demand, [], by)
    for concealment in end_concealments(origin=demand.origin, reason=reason, by=by):
        post_message(
            topic=DEMANDS,
            to=concealment.customer,
            template="demand_shown",
            context={"demand": demand.uuid},
            dedup_key=f"demand_shown:{concealment.uuid}",
            by=by,
        )
    return step


def _exchange_holds(demand: LegalDemand, hidden: list[Concealment], by: Actor) -> None:
    """Have the holds of a demand hidden from the customers concerned, or told to them."""
    of_customer = {one.customer_id: one for one in hidden}
    holds = LegalHold.objects.in_force().filter(origin=demand.origin, is_confidential=not hidden)
    for hold in holds.select_related("customer", "account").order_by("pk"):
        customer_id = hold.account.customer_id if hold.account else hold.customer_id
        waiting = hold.releases.filter(decided_at__isnull=True).exists()
        if not waiting:
            replace_hold(hold=hold, reason=CLOSED, concealment=of_customer.get(customer_id or 0), by=by)
