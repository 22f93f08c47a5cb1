"""The one way by which a step of a legal demand is appended: with its ledger entry, in the caller's transaction."""

from typing import Any

from django.db import DatabaseError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.reasons import is_reason
from disclosures.concealment import tag_of
from disclosures.demand_conditions import lock_demand, state_of
from disclosures.errors import DemandError, NotAllowedError
from disclosures.models import CLOSED_STATES, DemandEvent, DemandState, LegalDemand
from disclosures.permissions import can_handle_demand
from ledger.actor import Actor
from ledger.services import record
from protection.clock import provider_today, transaction_time


def append_step(
    demand: LegalDemand, what: DemandEvent.What, by: Actor, *, note: str = "", **columns: Any
) -> DemandEvent:
    """Append a step. The evidence names rows by their uuid and says the days; it tells no customer's name."""
    named = {name: getattr(value, "uuid", value) for name, value in columns.items()}
    witness = record(
        kind=f"demand.{what}",
        subject_tag=tag_of(demand),
        evidence={"by": by.evidence(), "demand": demand.uuid, "note": note, **named},
    )
    step = DemandEvent(
        demand=demand,
        what=what,
        note=note,
        user_id=by.user_id,
        actor_kind=by.kind,
        actor_name=by.name,
        created_at=transaction_time(),
        **columns,
        **witness.columns(),
    )
    try:
        with transaction.atomic():
            step.save(force_insert=True)
    except DatabaseError as error:
        raise DemandError(_("This step cannot be taken now. Open the demand again and look at its state.")) from error
    return step


def begin_step(demand: LegalDemand, by: Actor) -> DemandState:
    """Check the right, have other steps wait, and return where the demand stands. Raises NotAllowedError."""
    if not can_handle_demand(by):
        raise NotAllowedError
    lock_demand(demand)
    return state_of(demand, provider_today())


def refuse_closed(state: DemandState) -> None:
    """Raise DemandError for a demand that is closed."""
    if state in CLOSED_STATES:
        text = _("The demand is closed: %(state)s. Undo that step first, if it was a mistake.")
        raise DemandError(text % {"state": state.label})


def stated(note: str) -> str:
    """Return a reason without blanks at its ends. Raises DemandError for one that says too little."""
    if not is_reason(note):
        raise DemandError(_("State the reason in at least ten characters."))
    return note.strip()


def next_steps(demand: LegalDemand, state: DemandState, *, is_hidden: bool) -> tuple[str, ...]:
    """Return the steps that a demand in this state offers, by their names in addresses, the likeliest first."""
    offered: list[str] = []
    if state not in CLOSED_STATES:
        if demand.can_be_noticed and not is_hidden:
            offered += ["notice"] if state == DemandState.RECEIVED else ["contest", "contest-back", "motion"]
        offered += ["assign", "refuse", "withdraw"]
    if is_hidden:
        offered += ["order-extend", "order-lift"]
    elif state == DemandState.RECEIVED and not demand.orders.exists():
        offered.append("order")
    return tuple(offered)
