from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import Account, Customer, Recipient, User
from accounts.permissions import DESK_ROLES
from accounts.services import begin_concealment
from disclosures.concealment import concealments_of, hidden_tag
from disclosures.errors import DemandError, NotAllowedError
from disclosures.models import DemandEvent, DemandSubject, LegalDemand
from disclosures.permissions import can_handle_demand
from disclosures.services.demand_steps import append_step, begin_step, refuse_closed, stated
from disclosures.services.orders import OrderTerms, write_order
from ledger.actor import Actor
from ledger.services import PROVIDER_TAG, record
from protection.clock import provider_today
from protection.models import SealedFile
from retention.models import LegalHold
from retention.services import place_hold, precede_purges, propose_release, refuse_release

What = DemandEvent.What
Kind = LegalDemand.Kind

HELD = ("readings", "bills", "identity")
REASON = gettext_noop("A legal demand names this data")
NO_WIRETAP_ORDER = gettext_noop(
    "Data as it arises is treated as a wiretap: without a warrant or court order that expressly permits interception"
    " it is refused."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A customer whom a demand names: one account of theirs, or all without one."""

    customer: Customer
    account: Account | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandTerms:
    """What a demand says; see `LegalDemand`. `data_to` is the first day that it does not cover."""

    kind: str
    case_number: str
    authority: str
    recipient: Recipient
    requester_name: str
    requester_capacity: str
    delivery_address: str
    field_ids: tuple[str, ...]
    data_from: date
    data_to: date
    received_on: date
    due_on: date
    document: SealedFile | None = None
    callback_note: str = ""
    threat: str = ""
    is_wiretap_order: bool = False
    names_everybody: bool = False


@transaction.atomic
def take_in_demand(
    *, terms: DemandTerms, named: Iterable[Named], by: Actor, order: OrderTerms | None = None
) -> LegalDemand:
    """Take in a legal demand, hold what it names from now on, and hide it where an order forbids to tell.

    A demand that names nobody is kept and flagged; nothing can go out on it. A request for data as it arises is refused
    at once without an order that permits interception. Raises NotAllowedError, DemandError with what to mend.
    """
    if not can_handle_demand(by):
        raise NotAllowedError
    precede_purges()
    subjects = {(each.customer.pk, each.account.pk if each.account else None): each for each in named}
    demand = LegalDemand(
        **{name: getattr(terms, name) for name in DemandTerms.__slots__ if name != "field_ids"},
        field_ids=list(terms.field_ids),
        taken_by_id=by.user_id,
        actor_kind=by.kind,
        actor_name=by.name,
    )
    demand.names_everybody = demand.names_everybody or not subjects
    _refuse_nonsense(demand)
    customers = {each.customer.pk: each.customer for each in subjects.values()}
    hidden = [begin_concealment(customer=one, origin=demand.origin) for one in customers.values()] if order else []
    tag = (hidden_tag(hidden) or bytes(next(iter(customers.values())).tag)) if len(customers) == 1 else PROVIDER_TAG
    witness = record(kind="demand.received", subject_tag=tag, evidence=_evidence(demand, subjects.values(), by))
    for column, value in witness.columns().items():
        setattr(demand, column, value)
    demand.save(force_insert=True)
    for each in subjects.values():
        DemandSubject.objects.create(demand=demand, customer=each.customer, account=each.account)
    if order:
        write_order(demand, order, by)
    hold_data_of(demand, by)
    if demand.kind == Kind.REAL_TIME and not demand.is_wiretap_order:
        return refuse_demand(demand=demand, note=NO_WIRETAP_ORDER, by=by)
    return demand


@transaction.atomic
def assign_demand(*, demand: LegalDemand, assignee: User, by: Actor) -> DemandEvent:
    """Have somebody of the desk answer for a demand. Raises NotAllowedError, DemandError for who is not."""
    begin_step(demand, by)
    if not assignee.is_active or assignee.role not in DESK_ROLES:
        raise DemandError(_("Choose an active member of staff or an administrator."))
    return append_step(demand, What.ASSIGNED, by, assignee=assignee)


@transaction.atomic
def refuse_demand(*, demand: LegalDemand, note: str, by: Actor) -> LegalDemand:
    """Refuse a demand with the reason, and propose the end of its holds. Raises NotAllowedError, DemandError."""
    return _close(demand, What.REFUSED, stated(note), by)


@transaction.atomic
def withdraw_demand(*, demand: LegalDemand, note: str, by: Actor) -> LegalDemand:
    """Record that whoever made a demand took it back. Raises NotAllowedError, DemandError."""
    return _close(demand, What.WITHDRAWN, stated(note), by)


@transaction.atomic
def undo_step(*, step: DemandEvent, note: str, by: Actor) -> DemandEvent:
    """Undo a step that was recorded by mistake, by a further one; what it had closed is open and held again.

    Raises NotAllowedError, DemandError for a step that cannot be undone: a release, an order, an approval.
    """
    precede_purges()
    demand = step.demand
    begin_step(demand, by)
    if step.what not in DemandEvent.UNDOABLE or not demand.events.standing().filter(pk=step.pk).exists():
        raise DemandError(_("This step cannot be undone. Record what happened instead."))
    undone = append_step(demand, What.UNDONE, by, note=stated(note), undoes=step)
    if step.what in {What.REFUSED, What.WITHDRAWN}:
        hold_data_of(demand, by)
    return undone


def hold_data_of(demand: LegalDemand, by: Actor) -> None:
    """Hold what a demand names, hidden from the customers where an order says so; call `precede_purges` before.

    A release of such a hold that waits for a second person is refused thereby.
    """
    hidden = {one.customer_id: one for one in concealments_of(demand)}
    for subject in demand.subjects.select_related("customer", "account").order_by("pk"):
        hold = place_hold(
            customer=None if subject.account else subject.customer,
            account=subject.account,
            retention_classes=HELD,
            data_from=demand.data_from,
            reason=REASON,
            citation=f"{demand.get_kind_display()} {demand.case_number}",
            origin=demand.origin,
            concealment=hidden.get(subject.customer_id),
            by=by,
        )
        for waiting in hold.releases.filter(decided_at__isnull=True):
            refuse_release(release=waiting, by=by)


def propose_end_of_holds(demand: LegalDemand, by: Actor) -> None:
    """Propose the end of what a closed demand holds; a second person approves it on the hold's page."""
    holds = (
        LegalHold.objects.in_force()
        .filter(origin=demand.origin)
        .exclude(releases__decided_at__isnull=True, releases__isnull=False)
    )
    for hold in holds.order_by("pk"):
        propose_release(hold=hold, reason=_("The legal demand is closed."), is_origin_closed=True, by=by)


def _close(demand: LegalDemand, what: DemandEvent.What, note: str, by: Actor) -> LegalDemand:
    precede_purges()
    refuse_closed(begin_step(demand, by))
    append_step(demand, what, by, note=note)
    propose_end_of_holds(demand, by)
    return demand


def _refuse_nonsense(demand: LegalDemand) -> None:
    if demand.received_on > provider_today():
        raise DemandError(_("The day of receipt is still to come. Enter the day on which the demand came in."))
    if demand.kind == Kind.EMERGENCY and not (demand.threat.strip() and demand.callback_note.strip()):
        raise DemandError(_("For an emergency, state the imminent threat, and whom you called back on which number."))
    if demand.document is None and (demand.kind not in {Kind.EMERGENCY, Kind.REAL_TIME} or demand.is_wiretap_order):
        raise DemandError(_("Add the scanned document: without it nobody can tell what was ordered."))
    try:
        demand.full_clean(exclude={"entry_id", "salt", "evidence", "document", "recipient", "taken_by"})
    except ValidationError as error:
        raise DemandError(" ".join(error.messages)) from error


def _evidence(demand: LegalDemand, named: Iterable[Named], by: Actor) -> dict[str, object]:
    return {
        "by": by.evidence(),
        "demand": demand.uuid,
        "kind": demand.kind,
        "case_number": demand.case_number,
        "authority": demand.authority,
        "recipient": demand.recipient.uuid,
        "requester": demand.requester_name,
        "capacity": demand.requester_capacity,
        "delivery_address": demand.delivery_address,
        "callback_note": demand.callback_note,
        "threat": demand.threat,
        "is_wiretap_order": demand.is_wiretap_order,
        "names_everybody": demand.names_everybody,
        "customers": sorted({str(each.customer.uuid) for each in named}),
        "fields": demand.field_ids,
        "data_from": demand.data_from,
        "data_to": demand.data_to,
        "received_on": demand.received_on,
        "due_on": demand.due_on,
        "document": demand.document.sha256 if demand.document else None,
    }
