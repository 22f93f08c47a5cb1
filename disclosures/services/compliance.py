"""Complying with a legal demand: a release through the gate, to who asks, at the address of the demand."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Customer, User
from accounts.permissions import can_see_customer
from accounts.selectors import active_user
from accounts.services import open_customer
from consent.models import Purpose
from disclosures.concealment import concealments_of
from disclosures.demand_conditions import bases_for, notice_of
from disclosures.errors import ReleaseDenied
from disclosures.gate import Decision, ReleaseRequest
from disclosures.models import (
    Channel,
    DemandEvent,
    Format,
    LegalBasis,
    LegalDemand,
    Release,
    ReleaseDenial,
    ReleaseProposal,
)
from disclosures.requesters import Requester
from disclosures.services.demand_steps import append_step, begin_step, stated
from disclosures.services.demands import propose_end_of_holds
from disclosures.services.releases import preview_release, release_disclosure
from ledger.actor import Actor
from retention.services import precede_purges

What = DemandEvent.What
PURPOSE = "legal_obligation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What goes out on a demand: on which fitting basis, which of the demanded fields and days, in which format.

    One that is not the last leaves the demand open: data as it arises goes out in parts.
    """

    basis: LegalBasis
    field_ids: tuple[str, ...]
    data_from: date
    data_to: date
    format: str = Format.CSV
    is_last: bool = True


def comply_with_demand(
    *, demand: LegalDemand, answer: Answer, reason: str, by: Actor, request_uuid: UUID | None = None
) -> Release:
    """Release what a demand compels, through the gate, and close it with the last part.

    The named customers are opened for the actor, each look logged (and hidden under an order). A refusal of the gate is
    kept, and raised as ReleaseDenied once it is written: catch it inside the transaction that is to keep it. Raises
    NotAllowedError, DemandError.
    """
    outcome = _comply(demand, answer, reason, by, request_uuid or uuid4())
    if isinstance(outcome, ReleaseDenial):
        raise ReleaseDenied(outcome)
    return outcome


@transaction.atomic
def preview_compliance(*, demand: LegalDemand, answer: Answer, reason: str, by: Actor) -> Decision:
    """Say what complying would let out, or all that it lacks; only the looks at the customers are logged."""
    begin_step(demand, by)
    return preview_release(request=_request(demand, answer, reason, by), by=by)


def judged_by(demand: LegalDemand) -> ReleaseProposal | None:
    """Return the review of an emergency release that still waits for a second person; None where none does."""
    waiting = ReleaseProposal.objects.filter(releases__demand=demand, kind=ReleaseProposal.Kind.EMERGENCY)
    return waiting.filter(decided_at__isnull=True).order_by("pk").first()


def default_answer(demand: LegalDemand) -> Answer | None:
    """Return what a demand compels in full; None where no basis fits it."""
    basis = bases_for(demand).first()
    if basis is None:
        return None
    return Answer(basis=basis, field_ids=tuple(demand.field_ids), data_from=demand.data_from, data_to=demand.data_to)


@transaction.atomic
def _comply(demand: LegalDemand, answer: Answer, reason: str, by: Actor, request_uuid: UUID) -> Release | ReleaseDenial:
    precede_purges()
    begin_step(demand, by)
    request = _request(demand, answer, stated(reason), by)
    twin = demand.releases.filter(request_uuid=request_uuid).first()
    try:
        release = twin or release_disclosure(request=request, by=by, request_uuid=request_uuid)
    except ReleaseDenied as refused:
        return refused.denial
    if twin is None:
        append_step(demand, What.COMPLIED if answer.is_last else What.RELEASED, by, release_uuid=release.uuid)
        if answer.is_last:
            propose_end_of_holds(demand, by)
    return release


def _request(demand: LegalDemand, answer: Answer, reason: str, by: Actor) -> ReleaseRequest:
    subjects = list(demand.subjects.select_related("customer").order_by("pk"))
    customers = list({subject.customer_id: subject.customer for subject in subjects}.values())
    _open(demand, customers, by)
    notice = notice_of(demand)
    return ReleaseRequest(
        customers=tuple(customers),
        basis=answer.basis,
        recipient=demand.recipient,
        purpose=Purpose.objects.get(code=PURPOSE),
        account_ids=_accounts(demand),
        field_ids=answer.field_ids,
        data_from=answer.data_from,
        data_to=answer.data_to,
        format=answer.format,
        reason=reason,
        document=demand.document,
        demand=demand,
        notice_served_on=notice.served_on if notice else None,
        requester=_requester(demand),
    )


def _requester(demand: LegalDemand) -> Requester:
    """Return who asks, as the demand says; a call-back means that they asked by telephone."""
    return Requester(
        name=f"{demand.requester_name}, {demand.requester_capacity}",
        authority=f"{demand.authority}, {demand.case_number}",
        delivery_address=demand.delivery_address,
        channel=Channel.TELEPHONE if demand.callback_note else Channel.WRITTEN,
        call_back=demand.callback_note,
    )


def _accounts(demand: LegalDemand) -> tuple[int, ...]:
    """Return the accounts that a demand names; none when it names customers whole, which means all of theirs."""
    subjects = list(demand.subjects.select_related("customer"))
    if all(subject.account_id is None for subject in subjects):
        return ()
    named: set[int] = set()
    for subject in subjects:
        whole = subject.customer.accounts.values_list("pk", flat=True)
        named |= {subject.account_id} if subject.account_id else set(whole)
    return tuple(sorted(named))


def _open(demand: LegalDemand, customers: list[Customer], by: Actor) -> None:
    """Open the named customers for who acts: each look is logged with its reason, and hidden where an order says so."""
    user = active_user(by)
    hidden = {one.customer_id: one for one in concealments_of(demand)}
    for customer in customers:
        if isinstance(user, User) and not can_see_customer(user, customer):
            reason = _("Legal demand %(case)s") % {"case": demand.case_number}
            open_customer(customer=customer, reason=reason, by=by, concealment=hidden.get(customer.pk))
