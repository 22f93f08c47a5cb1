"""Who may demand something for a customer, and who may decide about it."""

from accounts.models import Customer, Role, User
from accounts.permissions import can_correct_customer, can_see_customer
from ledger.actor import Actor

_WITHOUT_USER = frozenset({"operator", "system"})


def user_of(by: Actor) -> User | None:
    """Return the active user that an actor is, or None for a command line or a scheduled job."""
    return User.objects.filter(pk=by.user_id, is_active=True).first() if by.user_id else None


def may_file(by: Actor, customer: Customer) -> bool:
    """Say whether the actor may file a correction or a request for this customer."""
    if by.user_id is None:
        return by.kind in _WITHOUT_USER
    user = user_of(by)
    return user is not None and can_correct_customer(user, customer)


def can_decide_for(user: User, customer: Customer) -> bool:
    """Say whether the user may decide corrections and answer requests of this customer: staff who opened them."""
    return user.role in {Role.STAFF, Role.ADMINISTRATOR} and can_see_customer(user, customer)


def can_withdraw_case(user: User, customer: Customer) -> bool:
    """Say whether the user may take back a correction or a request: a member today."""
    return user.role == Role.CUSTOMER and can_see_customer(user, customer)
