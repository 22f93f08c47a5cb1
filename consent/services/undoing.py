from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.errors import NotAllowedError
from consent.errors import UndoOverError
from consent.models import Consent, ConsentVersion
from consent.services.changes import withdraw_consent
from ledger.actor import Actor
from protection.clock import transaction_time

UNDO_WITHIN = timedelta(minutes=15)
"""How long who recorded a consent can take it back as a slip of theirs; afterwards it takes the customer's word."""


@transaction.atomic
def undo_grant(*, consent: Consent, note: str = "", by: Actor) -> Consent:
    """Withdraw what this very person recorded by mistake a moment ago, and say so; nothing is deleted.

    A consent that was replaced by the mistaken one does not come back. Raises NotAllowedError, UndoOverError.
    """
    version = Consent.objects.select_related("current_version").get(pk=consent.pk).current_version
    if version is None or version.recorded_by_id != by.user_id:
        raise NotAllowedError
    if version.kind != ConsentVersion.Kind.GRANT or version.created_at <= transaction_time() - UNDO_WITHIN:
        raise UndoOverError
    reason = _("Entered in error")
    return withdraw_consent(
        consent=consent,
        reason=f"{reason}: {note.strip()}" if note.strip() else reason,
        method=version.method,
        by=by,
    )
