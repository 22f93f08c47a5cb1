"""What a release lacks where the law compels it: a legal demand of a fitting kind that lets it, and no more than that.

The database refuses the same (`disclosures_check_demand`); here it is said in words.
"""

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from django.db import connection
from django.db.models import Q, QuerySet

from accounts.models import Account
from disclosures.conditions import Condition
from disclosures.models import CLOSED_STATES, DemandEvent, DemandState, DemandSubject, LegalBasis, LegalDemand, Release

if TYPE_CHECKING:
    from disclosures.gate import ReleaseRequest

Kind = LegalDemand.Kind
_COMPELLED = LegalBasis.Kind.LEGAL_PROCESS


def demand_conditions(request: "ReleaseRequest", day: date, *, lock: bool = False) -> Iterator[Condition]:
    """Yield what a request on legal process lacks on a day; nothing for a request that rests on no demand.

    With `lock` nobody can contest the demand, or take a step in it, until the transaction ends.
    """
    demand = request.demand
    if demand is None:
        if request.basis.kind == _COMPELLED:
            yield Condition("demand_missing", {"basis": request.basis.name})
        return
    if lock:
        lock_demand(demand)
    if not bases_for(demand).filter(pk=request.basis.pk).exists():
        yield Condition("demand_basis", {"basis": request.basis.name, "kind": demand.get_kind_display()})
    yield from _state_conditions(request, demand, day)
    if request.recipient != demand.recipient:
        yield Condition("demand_recipient", {"recipient": str(demand.recipient)})
    is_within = demand.data_from <= request.data_from and request.data_to <= demand.data_to
    if not is_within or not set(request.field_ids) <= set(demand.field_ids):
        yield Condition("demand_scope")
    if request.cohort is not None:
        yield Condition("demand_cohort")
    yield from _subject_conditions(request, demand)


def bases_for(demand: LegalDemand) -> QuerySet[LegalBasis]:
    """Return the legal bases that fit a demand, the fullest first.

    A warrant or order compels all that it names; a subpoena compels after notice to the customer, or contact data
    alone without; an emergency is an exception that is no legal process. Real-time data takes an order of interception.
    """
    bases = LegalBasis.objects.in_force().order_by("-notice_days", "pk")
    if demand.kind in {Kind.WARRANT, Kind.COURT_ORDER} or (demand.kind == Kind.REAL_TIME and demand.is_wiretap_order):
        return bases.filter(kind=_COMPELLED, notice_days=0, data_classes=[])
    if demand.kind == Kind.SUBPOENA:
        return bases.filter(Q(notice_days__gt=0) | ~Q(data_classes=[]), kind=_COMPELLED)
    if demand.kind == Kind.EMERGENCY:
        return bases.filter(kind=LegalBasis.Kind.EXCEPTION, recipient_kinds__contains=["emergency_service"])
    return bases.none()


def state_of(demand: LegalDemand, day: date) -> DemandState:
    """Return where a demand stands on a day."""
    found = LegalDemand.objects.with_state(day).values_list("state_code", flat=True)  # type: ignore[misc]
    return DemandState(found.get(pk=demand.pk))


def lock_demand(demand: LegalDemand) -> None:
    """Have every other step of this demand wait until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT disclosures_lock_demand(%s)", [demand.pk])


def notice_of(demand: LegalDemand) -> DemandEvent | None:
    """Return the notice that stands: on which day the customers were told, until when they may contest."""
    return demand.events.standing().filter(what=DemandEvent.What.NOTICE_SERVED).order_by("-pk").first()


def delivery_demand_conditions(release: Release, day: date) -> Iterator[Condition]:
    """Yield why what was released on a demand must not be handed over any more: it was taken back or quashed."""
    if release.demand is None:
        return
    if state_of(release.demand, day) in {DemandState.REFUSED, DemandState.WITHDRAWN, DemandState.CONTESTED}:
        yield Condition("demand_over", {"state": state_of(release.demand, day).label})


def _state_conditions(request: "ReleaseRequest", demand: LegalDemand, day: date) -> Iterator[Condition]:
    state = state_of(demand, day)
    if state in CLOSED_STATES:
        yield Condition("demand_closed", {"state": state.label})
    elif state == DemandState.CONTESTED:
        yield Condition("demand_contested")
    elif request.basis.notice_days and state == DemandState.NOTICE_SERVED:
        notice = notice_of(demand)
        yield Condition("notice_running", {"day": notice.ends_on if notice else ""})
    elif request.basis.notice_days and state == DemandState.RECEIVED:
        yield Condition("notice_missing")


def _subject_conditions(request: "ReleaseRequest", demand: LegalDemand) -> Iterator[Condition]:
    named = {(subject.customer_id, subject.account_id) for subject in DemandSubject.objects.filter(demand=demand)}
    accounts = Account.objects.filter(customer__in=request.customers)
    if request.account_ids:
        accounts = accounts.filter(pk__in=request.account_ids)
    asked = {(account.customer_id, account.pk) for account in accounts}
    reaching = {customer for customer, account in asked if not {(customer, None), (customer, account)} & named}
    for customer in request.customers:
        if customer.pk in reaching or customer.pk not in {customer_id for customer_id, _account in named}:
            yield Condition("demand_names_others", {"customer": str(customer)})
