"""What waited for a privacy notice counts once a notice that contains it is in force."""

from django.db import transaction

from accounts.services import record_act
from consent.announcing import Change, waiting_changes
from consent.models import Notice, Purpose, PurposeChange
from consent.models.changes import TERMS
from consent.selectors import notice_in_force
from ledger.actor import Actor
from protection import datamap
from protection.clock import transaction_time
from retention.services import put_rule_in_force


@transaction.atomic
def put_announced_changes_in_force(*, by: Actor) -> int:
    """Put every approved change in force that the privacy notice in force contains; return how many.

    Run twice, or by two at once, each counts once.
    """
    notice = notice_in_force(Notice.Kind.PRIVACY)
    if notice is None:
        return 0
    contained = [change for change in waiting_changes() if str(change.uuid) in notice.frozen["lists"]["changes"]]
    return sum(_put_in_force(change, notice, by) for change in contained)


def _put_in_force(change: Change, notice: Notice, by: Actor) -> bool:
    if isinstance(change, PurposeChange):
        return _apply(change, notice, by)
    put_rule_in_force(proposal=change, by=by)
    return True


def _apply(change: PurposeChange, notice: Notice, by: Actor) -> bool:
    locked = PurposeChange.objects.waiting().select_for_update(of=("self",)).filter(pk=change.pk).first()
    if locked is None:
        return False
    terms = {name: getattr(locked, name) for name in TERMS}
    classes = {str(field.data_class): None for field in datamap.fields() if field.id in locked.field_ids}
    purpose = locked.purpose or Purpose()
    for name, value in {**terms, "data_classes": [*classes]}.items():
        setattr(purpose, name, value)
    purpose.save()
    locked.purpose, locked.notice, locked.applied_at = purpose, notice, transaction_time()
    locked.save(update_fields=["purpose", "notice", "applied_at"])
    facts = {"proposal": locked.uuid, "notice": notice.uuid, **terms}
    record_act(kind="purpose.changed", by=by, facts=facts, row_uuid=locked.uuid)
    return True
