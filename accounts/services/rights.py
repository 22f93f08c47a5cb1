from accounts.errors import NotAllowedError
from accounts.models import Role
from accounts.permissions import DESK_ROLES
from ledger.actor import Actor


def require_administrator(by: Actor) -> None:
    """Raise NotAllowedError for all but an administrator; a command line or job passes too."""
    if not by.is_unattended:
        administrator_id(by)


def administrator_id(by: Actor) -> int:
    """Return the id of the administrator who is signed in. Raises NotAllowedError for anybody else."""
    if by.user_id is None or by.kind != Role.ADMINISTRATOR:
        raise NotAllowedError
    return by.user_id


def desk_id(by: Actor) -> int:
    """Return the id of the staff or administrator who is signed in. Raises NotAllowedError for anybody else."""
    if by.user_id is None or by.kind not in DESK_ROLES:
        raise NotAllowedError
    return by.user_id
