from collections.abc import Iterable

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest, Now

from retention.models import Incident


@transaction.atomic
def raise_alert(*, kind: str, subject: str = "", text: str) -> bool:
    """Have the administrators told of something, once: open an incident unless one of this kind and subject is open.

    It commits with the caller's transaction; the portal's watch sends the mail within a minute, whatever process
    raised it. `kind` is a code of `retention.incidents.KINDS`, `subject` what it is about (a retention class, a run),
    `text` one sentence that names no customer. Returns whether an incident was opened.
    """
    incident = Incident(kind=kind, subject=subject[:200], text=text[:1000])
    found = Incident.objects.open().filter(kind=incident.kind, subject=incident.subject)
    if found.exists():
        return False
    Incident.objects.bulk_create([incident], ignore_conflicts=True)
    return found.filter(uuid=incident.uuid).exists()


def resolve_alert(*, kind: str, subject: str = "") -> bool:
    """End the open incident of this kind and subject; return whether there was one. The administrators are told."""
    return bool(resolve_alerts(kind=kind, subjects=[subject]))


def resolve_alerts(*, kind: str, subjects: Iterable[str]) -> int:
    """End the open incidents of this kind and these subjects; return how many there were."""
    are_open = Incident.objects.open().filter(kind=kind, subject__in=[subject[:200] for subject in subjects])
    return are_open.update(resolved_at=Greatest(Now(), F("opened_at")))
