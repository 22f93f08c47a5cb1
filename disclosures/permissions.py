"""Who may ask the gate, fetch what it let out, and read the history. The services ask here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef

from accounts.models import ConfidentialityAgreement, Customer, CustomerOpening, Member, Role, User
from accounts.permissions import DESK_ROLES, can_see_customer, has_confidentiality_agreement, is_bound
from accounts.selectors import active_user
from disclosures.models import LegalBasis, Package
from ledger.actor import Actor
from protection.clock import provider_zone, transaction_time


def can_release(by: Actor, customers: Sequence[Customer], basis: LegalBasis, *, at: datetime | None = None) -> bool:
    """Say whether the actor may ask for a release of these customers' data on this basis.

    Staff who opened every one of them; another system whose owner is bound by a confidentiality agreement; an operator;
    and a customer's user their own data only. Of customers chosen by a cohort (none is named) staff who are bound may
    ask, since two persons stand for it. `at` is the transaction's time, where the caller knows it.
    """
    if by.user_id is None:
        return by.is_unattended
    standing = _standing(by.user_id, customers, at or transaction_time())
    if standing is None:
        return False
    named = {customer.pk for customer in customers}
    if standing.role == Role.CUSTOMER:
        return basis.kind == LegalBasis.Kind.OWN_REQUEST and bool(named) and named <= set(standing.member_of)
    if standing.role not in DESK_ROLES or basis.kind == LegalBasis.Kind.OWN_REQUEST or not standing.is_bound:
        return False
    return by.kind == "client" or named <= set(standing.opened)


@dataclass(frozen=True, slots=True)
class _Standing:
    """What decides whether a user may ask for a release: which of the customers they opened or belong to."""

    role: str
    is_bound: bool
    opened: list[int]
    member_of: list[int]


def _standing(user_id: int, customers: Sequence[Customer], at: datetime) -> _Standing | None:
    """Return an active user's standing in one round trip; None for one who is shut out."""
    day = at.astimezone(provider_zone()).date()
    agreements = ConfidentialityAgreement.objects.in_force(day).filter(user=OuterRef("pk"))
    openings = CustomerOpening.objects.unexpired(at).filter(user=OuterRef("pk"), customer__in=customers)
    memberships = Member.objects.in_force(day).filter(user=OuterRef("pk"), account__customer__in=customers)
    found = (
        User.objects.filter(pk=user_id, is_active=True)
        .annotate(
            is_bound=Exists(agreements),
            opened=ArraySubquery(openings.values("customer")),
            member_of=ArraySubquery(memberships.values("account__customer")),
        )
        .values_list("role", "is_bound", "opened", "member_of")
        .first()
    )
    if found is None:
        return None
    role, is_bound, opened, member_of = found
    return _Standing(role, is_bound, opened or [], member_of or [])


def can_announce_merger(by: Actor) -> bool:
    """Say whether the actor may tell customers of a merger: an administrator under an agreement."""
    return is_bound(by, {Role.ADMINISTRATOR})


def can_fetch_package(by: Actor, package: Package) -> bool:
    """Say whether the actor may download a package: a user of its recipient, or the customer's user who asked for it.

    That one must still see every customer whose data it holds: an agent's or guardian's right may have ended since.
    """
    user = active_user(by)
    if user is None:
        return False
    release = package.release
    if release.is_own_request:
        customers = Customer.objects.filter(release_lines__release=release).distinct()
        return user.pk == release.requested_by_id and all(can_see_customer(user, each) for each in customers)
    return user.recipient_id == release.recipient_id


def can_export_history(by: Actor) -> bool:
    """Say whether the actor may export the disclosure history: an auditor under an agreement, an operator, a client."""
    if by.user_id is None:
        return by.is_unattended
    user = active_user(by)
    if user is None or not has_confidentiality_agreement(user):
        return False
    return user.role == Role.AUDITOR or (by.kind == "client" and user.is_provider)


def can_handle_demand(by: Actor) -> bool:
    """Say whether the actor may work at the desks for legal demands and breaches: bound staff and administrators."""
    return is_bound(by, DESK_ROLES)
