"""How an act on a consent is written: one ledger entry, one appended version; the trigger moves the head."""

from typing import Any
from uuid import uuid4

from django.db import connection

from consent.models import Consent, ConsentVersion, NoticeText
from ledger.actor import Actor
from ledger.services import record
from protection import datamap
from protection.clock import transaction_time
from protection.models import SealedFile

_PAST_TENSE = {
    ConsentVersion.Kind.GRANT: "consent.granted",
    ConsentVersion.Kind.NARROW: "consent.narrowed",
    ConsentVersion.Kind.WITHDRAW: "consent.withdrawn",
    ConsentVersion.Kind.EXPIRE: "consent.expired",
}
_SCOPE = ("field_ids", "usage_point_ids", "data_from", "data_to", "permission_from", "permission_to")


def append_version(*, consent: Consent, kind: str, by: Actor, original_sha256: str = "", **details: Any) -> Consent:
    """Append a version with its ledger entry, whose evidence is all that was agreed, and return the moved head.

    `details` are columns of ConsentVersion; `original_sha256` is the hash of the evidence as it was handed in.
    """
    details["uuid"] = uuid4()
    details["datamap_version"] = datamap.VERSION
    witness = record(
        kind=_PAST_TENSE[ConsentVersion.Kind(kind)],
        subject_tag=bytes(consent.customer.tag),
        evidence={
            "at": transaction_time(),
            "by": by.evidence(),
            "consent": consent.uuid,
            "version": details["uuid"],
            "customer": consent.customer.uuid,
            "recipient": {"uuid": consent.recipient.uuid, "legal_name": consent.recipient.legal_name},
            "purpose": consent.purpose.code,
            "project": consent.project,
            "datamap_version": datamap.VERSION,
            "scope": {name: details.get(name) for name in _SCOPE} if details.get("field_ids") else None,
            "notice": _notice_evidence(details.get("notice_text")),
            "cause": details.get("cause", ""),
            "method": details.get("method", ""),
            "signed_on": details.get("signed_on"),
            "signer_name": details.get("signer_name", ""),
            "file": _file_evidence(details.get("evidence_file"), original_sha256),
            "reason": details.get("reason", ""),
        },
    )
    ConsentVersion.objects.create(
        consent=consent,
        customer_id=consent.customer_id,
        recipient_id=consent.recipient_id,
        purpose_id=consent.purpose_id,
        kind=kind,
        recorded_by_id=by.user_id,
        actor_kind=by.kind,
        **details,
        **witness.columns(),
    )
    return Consent.objects.with_scope().get(pk=consent.pk)


def take_turns(name: object) -> None:
    """Wait until no other transaction acts on the same thing, and let none act until this one ends.

    An advisory lock, since a row lock on a head needs the right to update it, which nobody has.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"consent {name}"])


def _notice_evidence(text: NoticeText | None) -> dict[str, object] | None:
    if text is None:
        return None
    return {"uuid": text.notice.uuid, "number": text.notice.number, "language": text.language, "sha256": text.sha256}


def _file_evidence(file: SealedFile | None, original_sha256: str) -> dict[str, object] | None:
    if file is None:
        return None
    return {"uuid": file.uuid, "sha256": file.sha256, "original_sha256": original_sha256, "type": file.content_type}
