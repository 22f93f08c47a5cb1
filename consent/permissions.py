"""Who may give, narrow, withdraw and expire consents. The services ask here."""

from accounts.models import Customer, Role, User
from accounts.permissions import (
    DESK_ROLES,
    can_consent_for,
    can_see_customer,
    can_withdraw_for,
    has_confidentiality_agreement,
)
from accounts.selectors import active_user
from ledger.actor import Actor


def can_grant_consent(by: Actor, customer: Customer) -> bool:
    """Say whether the actor may record a consent of this customer.

    The holder or a guardian of an account may; staff who opened the customer; another system of the provider's whose
    owner is bound by a confidentiality agreement.
    """
    user = active_user(by)
    if user is None:
        return False
    if user.role == Role.CUSTOMER:
        return can_consent_for(user, customer)
    return _acts_at_the_desk(by, user, customer)


def can_withdraw_consent(by: Actor, customer: Customer) -> bool:
    """Say whether the actor may withdraw or narrow: any member of an account, or whoever may record a consent."""
    user = active_user(by)
    if user is None:
        return False
    if user.role == Role.CUSTOMER:
        return can_withdraw_for(user, customer)
    return _acts_at_the_desk(by, user, customer)


def can_expire_consent(by: Actor) -> bool:
    """Say whether the actor may record that a permission period has ended: the portal's own jobs only."""
    return by.kind == "system"


def _acts_at_the_desk(by: Actor, user: User, customer: Customer) -> bool:
    if user.role not in DESK_ROLES:
        return False
    if by.kind == "client":
        return has_confidentiality_agreement(user)
    return can_see_customer(user, customer)
