"""Who may see and change what concerns retention. Services ask here."""

from accounts.models import Role
from accounts.permissions import DESK_ROLES, is_bound
from ledger.actor import Actor


def can_place_hold(by: Actor) -> bool:
    """Say whether the actor may place and release legal holds: staff, administrators, named operators."""
    return is_bound(by, DESK_ROLES)


def can_change_rule(by: Actor) -> bool:
    """Say whether the actor may propose and approve changes of retention rules: administrators, named operators."""
    return is_bound(by, frozenset({Role.ADMINISTRATOR}))


def can_start_purge(by: Actor) -> bool:
    """Say whether the actor may start a purge: administrators, named operators, the nightly schedule."""
    return is_bound(by, frozenset({Role.ADMINISTRATOR}))
