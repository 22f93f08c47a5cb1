"""Who may demand something for a customer, and who may decide about it."""

from accounts.models import Customer, Role, User
from accounts.permissions import DESK_ROLES, can_correct_customer, can_see_customer
from accounts.selectors import active_user
from ledger.actor import Actor


def may_file(by: Actor, customer: Customer) -> bool:
    """Say whether the actor may file a correction or a request for this customer."""
    if by.user_id is None:
        return by.is_unattended
    user = active_user(by)
    return user is not None and can_correct_customer(user, customer)


def can_decide_for(user: User, customer: Customer) -> bool:
    """Say whether the user may decide corrections and answer requests of this customer: staff who opened them."""
    return user.role in DESK_ROLES and can_see_customer(user, customer)


def can_withdraw_case(user: User, customer: Customer) -> bool:
    """Say whether the user may take back a correction or a request: who may file one, as the customer."""
    return user.role == Role.CUSTOMER and can_correct_customer(user, customer)
