"""Who may see and change what concerns retention. Services ask here."""

from collections.abc import Collection

from accounts.models import Role
from accounts.permissions import DESK_ROLES, has_confidentiality_agreement
from accounts.selectors import active_user
from ledger.actor import Actor


def _is_bound(by: Actor, roles: Collection[str]) -> bool:
    if by.is_unattended:
        return True
    if by.kind not in roles:
        return False
    user = active_user(by)
    return user is not None and user.role in roles and has_confidentiality_agreement(user)


def can_place_hold(by: Actor) -> bool:
    """Say whether the actor may place and release legal holds: staff, administrators, named operators."""
    return _is_bound(by, DESK_ROLES)


def can_change_rule(by: Actor) -> bool:
    """Say whether the actor may propose and approve changes of retention rules: administrators, named operators."""
    return _is_bound(by, frozenset({Role.ADMINISTRATOR}))


def can_start_purge(by: Actor) -> bool:
    """Say whether the actor may start a purge: administrators, named operators, the nightly schedule."""
    return _is_bound(by, frozenset({Role.ADMINISTRATOR}))
