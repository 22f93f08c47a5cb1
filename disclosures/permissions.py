"""Who may ask the gate, fetch what it let out, and read the history. The services ask here."""

from collections.abc import Iterable

from accounts.models import Customer, Role
from accounts.permissions import DESK_ROLES, can_see_customer, has_confidentiality_agreement
from accounts.selectors import active_user
from disclosures.models import LegalBasis, Package
from ledger.actor import Actor


def can_release(by: Actor, customers: Iterable[Customer], basis: LegalBasis) -> bool:
    """Say whether the actor may ask for a release of these customers' data on this basis.

    Staff who opened every one of them; another system whose owner is bound by a confidentiality agreement; an operator;
    and a customer's user their own data only.
    """
    if by.user_id is None:
        return by.is_unattended
    user = active_user(by)
    if user is None:
        return False
    if user.role == Role.CUSTOMER:
        return basis.kind == LegalBasis.Kind.OWN_REQUEST and all(can_see_customer(user, one) for one in customers)
    if user.role not in DESK_ROLES or basis.kind == LegalBasis.Kind.OWN_REQUEST:
        return False
    if by.kind == "client":
        return has_confidentiality_agreement(user)
    return all(can_see_customer(user, customer) for customer in customers)


def can_fetch_package(by: Actor, package: Package) -> bool:
    """Say whether the actor may download a package: a user of its recipient, or the customer who asked for it."""
    user = active_user(by)
    if user is None:
        return False
    release = package.release
    if release.is_own_request:
        return user.pk == release.requested_by_id
    return user.recipient_id == release.recipient_id


def can_export_history(by: Actor) -> bool:
    """Say whether the actor may export the disclosure history: an auditor under an agreement, an operator, a client."""
    if by.user_id is None:
        return by.is_unattended
    user = active_user(by)
    if user is None or not has_confidentiality_agreement(user):
        return False
    return user.role == Role.AUDITOR or (by.kind == "client" and user.is_provider)
