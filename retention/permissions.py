"""Who may see and change what concerns retention. Services ask here."""

from accounts.models import Role, User
from accounts.permissions import has_confidentiality_agreement
from ledger.actor import Actor

_COMMAND_LINE = frozenset({"operator", "system"})


def _is_bound(by: Actor, roles: frozenset[str]) -> bool:
    if by.kind in _COMMAND_LINE:
        return True
    if by.kind not in roles or by.user_id is None:
        return False
    user = User.objects.filter(pk=by.user_id, is_active=True).first()
    return user is not None and user.role in roles and has_confidentiality_agreement(user)


def can_place_hold(by: Actor) -> bool:
    """Say whether the actor may place and release legal holds: staff, administrators, named operators."""
    return _is_bound(by, frozenset({Role.STAFF, Role.ADMINISTRATOR}))


def can_change_rule(by: Actor) -> bool:
    """Say whether the actor may propose and approve changes of retention rules: administrators, named operators."""
    return _is_bound(by, frozenset({Role.ADMINISTRATOR}))


def can_start_purge(by: Actor) -> bool:
    """Say whether the actor may start a purge: administrators, named operators, the nightly schedule."""
    return _is_bound(by, frozenset({Role.ADMINISTRATOR}))
