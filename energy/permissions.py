"""Who may bring data in. Services ask here."""

from accounts.models import Role
from accounts.permissions import DESK_ROLES, is_bound
from ledger.actor import Actor


def can_import(by: Actor) -> bool:
    """Say whether the actor may take in files: staff, administrators, named operators, scheduled jobs."""
    return is_bound(by, DESK_ROLES)


def can_look_back(by: Actor) -> bool:
    """Say whether the actor may have a file judged as of a day in the past: not staff, who ask an administrator."""
    return is_bound(by, frozenset({Role.ADMINISTRATOR}))
