from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from accounts.models import Account, Customer, FieldSource, Recipient
from accounts.selectors import active_user
from accounts.services import post_message
from accounts.topics import AGREEMENTS
from disclosures.conditions import Condition
from disclosures.delivery import delivery_conditions
from disclosures.errors import NotAllowedError
from disclosures.models import CorrectionNotice, CorrectionReceipt, Release
from ledger.actor import Actor
from ledger.services import record
from protection.clock import provider_today, transaction_time
from protection.rowsecurity import provider_rows

REMIND_AFTER = timedelta(days=14)
"""So long without an acknowledgement, and the recipient is reminded; and again after as long."""
REMINDERS_MAX = 3

# The lines whose file was written while the old value stood, or whose recipient was told of this field before. Under an
# order not to tell nobody is: the customer sees who was told, and could find out by correcting something.
_GOT_IT = """
SELECT release.recipient_id, release.uuid,
    (SELECT count(*) FROM disclosures_releaseline earlier
     WHERE earlier.release_id = line.release_id AND earlier.created_at = line.created_at
       AND earlier.entry_id <= line.entry_id) AS subject,
    line.account_ids
FROM disclosures_releaseline line
JOIN disclosures_release release ON release.id = line.release_id
JOIN disclosures_package package ON package.release_id = release.id
JOIN disclosures_packagefile built ON built.package_id = package.id
WHERE line.customer_id = %(customer)s AND %(field)s = ANY (line.field_ids) AND release.recipient_id IS NOT NULL
  AND (%(account)s::bigint IS NULL OR %(account)s::bigint = ANY (line.account_ids))
  AND NOT EXISTS (SELECT FROM accounts_concealment hiding
                  WHERE hiding.id = line.concealment_id AND hiding.ended_at IS NULL)
  AND (built.created_at >= %(since)s OR EXISTS (
        SELECT FROM disclosures_correctionnotice told WHERE told.recipient_id = release.recipient_id
          AND told.row_uuid = %(row)s AND told.field_id = %(field)s))
ORDER BY release.recipient_id, line.entry_id
"""
_EVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Told:
    """What a recipient's user learns: the right value, or every reason for which it is withheld."""

    receipt: CorrectionReceipt
    value: str | None


@transaction.atomic
def tell_recipients(
    *, customer: Customer, row: Customer | Account, field_id: str, value: str, correction_uuid: UUID, by: Actor
) -> list[CorrectionNotice]:
    """Tell every recipient that got the wrong value from us that it was wrong; call it before the value is changed.

    Found from the records: the lines of releases that let the field out and whose file was written while the old value
    stood. Each recipient gets one notice, on its desk and by mail; the mail names nobody. Harmless to repeat.
    """
    with provider_rows():
        places: dict[int, list[dict[str, object]]] = {}
        for recipient_id, place in _places(customer, row, field_id):
            places.setdefault(recipient_id, []).append(place)
        told = CorrectionNotice.objects.filter(correction_uuid=correction_uuid).values_list("recipient", flat=True)
        missing = Recipient.objects.filter(pk__in=places.keys() - set(told)).order_by("pk")
        return [
            _tell(customer, recipient, row.uuid, field_id, value, places[recipient.pk], correction_uuid, by)
            for recipient in missing
        ]


@transaction.atomic
def acknowledge_correction(*, notice: CorrectionNotice, by: Actor) -> Told:
    """Record that a recipient's user took note of a correction, and hand over the right value where that is lawful now.

    It is, while the agreement, the switch and the customer's consent still allow one of the releases that gave the
    wrong value. Raises NotAllowedError for all but the recipient's users.
    """
    user = active_user(by)
    if user is None or user.recipient_id is None or user.recipient_id != notice.recipient_id:
        raise NotAllowedError
    with provider_rows():
        notice = CorrectionNotice.objects.select_related("customer").get(pk=notice.pk)
        missing = _withheld_for(notice)
        witness = record(
            kind="correction.acknowledged",
            subject_tag=bytes(notice.customer.tag),
            evidence={
                "at": transaction_time(),
                "by": by.evidence(),
                "notice": notice.uuid,
                "missing": [condition.code for condition in missing],
            },
        )
        receipt = CorrectionReceipt.objects.create(
            notice=notice,
            conditions=[condition.as_json() for condition in missing],
            user=user,
            user_name=by.name,
            **witness.columns(),
        )
        return Told(receipt=receipt, value=None if missing else notice.value)


def remind_of_corrections(*, now: datetime | None = None) -> int:
    """Remind each recipient of corrections that nobody acknowledged for two weeks; return how many wait by `now`.

    A fortnight brings one mail, three fortnights the last.
    """
    with provider_rows():
        now, by = now or transaction_time(), Actor.system("corrections")
        waiting = CorrectionNotice.objects.filter(receipts=None, created_at__lt=now - REMIND_AFTER)
        found = list(waiting.select_related("recipient").order_by("pk"))
        for notice in found:
            times = min((now - notice.created_at) // REMIND_AFTER, REMINDERS_MAX)
            _mail(notice, by, f"correction-notice:{notice.uuid}:{times}")
        return len(found)


def _places(customer: Customer, row: Customer | Account, field_id: str) -> Iterable[tuple[int, dict[str, object]]]:
    source = FieldSource.objects.filter(row_uuid=row.uuid, field_id=field_id).first()
    account_id = row.pk if isinstance(row, Account) else None
    values: dict[str, Any] = {
        "customer": customer.pk,
        "field": field_id,
        "account": account_id,
        "row": row.uuid,
        "since": source.changed_at if source else _EVER,
    }
    with connection.cursor() as cursor:
        cursor.execute(_GOT_IT, values)
        for recipient_id, release_uuid, subject, account_ids in cursor.fetchall():
            place: dict[str, object] = {"release": str(release_uuid), "subject": subject}
            if account_id is not None:
                place["account"] = sorted(account_ids).index(account_id) + 1
            yield recipient_id, place


def _tell(
    customer: Customer,
    recipient: Recipient,
    row_uuid: UUID,
    field_id: str,
    value: str,
    places: list[dict[str, object]],
    correction_uuid: UUID,
    by: Actor,
) -> CorrectionNotice:
    notice = CorrectionNotice(
        customer=customer,
        recipient=recipient,
        field_id=field_id,
        places=places,
        correction_uuid=correction_uuid,
        row_uuid=row_uuid,
    )
    notice.value = value
    witness = record(
        kind="correction.told",
        subject_tag=bytes(customer.tag),
        evidence={
            "at": transaction_time(),
            "by": by.evidence(),
            "notice": notice.uuid,
            "correction": correction_uuid,
            "recipient": recipient.uuid,
            "field": field_id,
            "releases": sorted({str(place["release"]) for place in places}),
        },
    )
    for column, kept in witness.columns().items():
        setattr(notice, column, kept)
    notice.save(force_insert=True)
    _mail(notice, by, f"correction-notice:{notice.uuid}:0")
    return notice


def _mail(notice: CorrectionNotice, by: Actor, key: str) -> None:
    context = {"notice": notice.uuid}
    post_message(
        topic=AGREEMENTS, to=notice.recipient, template="correction_told", context=context, dedup_key=key, by=by
    )


def _withheld_for(notice: CorrectionNotice) -> tuple[Condition, ...]:
    """Return what every one of the releases lacks now; nothing where one of them could be handed over."""
    releases = Release.objects.filter(uuid__in={place["release"] for place in notice.places})
    missing: tuple[Condition, ...] = (Condition("release_forgotten"),)
    for release in releases.select_related("recipient", "purpose").order_by("-decided_at"):
        missing = delivery_conditions(release, provider_today(), lock=True)
        if not missing:
            return ()
    return missing
