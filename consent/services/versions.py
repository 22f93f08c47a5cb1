"""How an act on a consent is written: ledger entry, version and receipt, together; the trigger moves the head.

Three statements, whatever the act: what the version refers to (head, entry, served notice), the version, its receipt.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import connection

from consent.models import Consent, ConsentVersion, NoticeText, Receipt, ServedNotice
from consent.models.served import served_evidence
from consent.receipts import receipt_document
from energy.models import UsagePoint
from ledger.actor import Actor
from ledger.services import Witness, commitment_of, salted
from protection import datamap
from protection.models import SealedFile

PAST_TENSE = {
    ConsentVersion.Kind.GRANT: "consent.granted",
    ConsentVersion.Kind.NARROW: "consent.narrowed",
    ConsentVersion.Kind.WITHDRAW: "consent.withdrawn",
    ConsentVersion.Kind.EXPIRE: "consent.expired",
}
_SCOPE = ("field_ids", "usage_point_ids", "data_from", "data_to", "permission_from", "permission_to")

_ENTRY = """
WITH entry AS (
    INSERT INTO ledger_entry (kind, subject_tag, commitment) VALUES (%(kind)s, %(tag)s, %(commitment)s) RETURNING id
)"""
_HEAD = """, head AS (
    INSERT INTO consent_consent (uuid, customer_id, recipient_id, purpose_id, project, is_granted, version_count)
    VALUES (%(consent_uuid)s, %(customer)s, %(recipient)s, %(purpose)s, %(project)s, false, 0)
    RETURNING id
)"""
_SERVED = """, served AS (
    INSERT INTO consent_servednotice (uuid, customer_id, notice_text_id, language, form_version, channel, served_to,
                                      user_id, terms, text, sha256)
    VALUES (%(served_uuid)s, %(customer)s, %(notice_text)s, %(language)s, %(form_version)s, %(channel)s, %(served_to)s,
            %(user)s, %(terms)s, %(text)s, %(sha256)s)
    RETURNING id
)"""


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody does to a consent. `details` are columns of ConsentVersion.

    A consent or a served notice that is not in the database yet is written with the act. `points` are the UUIDs of the
    usage points it is limited to, where the caller knows them; `original_sha256` is the hash
    of the evidence as it was handed in.
    """

    consent: Consent
    kind: str
    by: Actor
    at: datetime
    details: dict[str, Any]
    served: ServedNotice | None = None
    points: Mapping[int, UUID] | None = None
    original_sha256: str = ""


def append_version(act: Act) -> Consent:
    """Append a version with its ledger entry, whose evidence is all that was agreed, and its signed receipt.

    Returns the moved head.
    """
    consent, details = act.consent, act.details
    details["uuid"] = uuid4()
    details["datamap_version"] = datamap.VERSION
    witness = _write_references(act)
    version = ConsentVersion.objects.create(
        consent=consent,
        customer_id=consent.customer_id,
        recipient_id=consent.recipient_id,
        purpose_id=consent.purpose_id,
        kind=act.kind,
        recorded_by_id=act.by.user_id,
        actor_kind=act.by.kind,
        served_notice=act.served,
        scan_sha256=act.original_sha256,
        **details,
        **witness.columns(),
    )
    scope = version if version.kind in ConsentVersion.SCOPE_KINDS else consent.scope_version
    _write_receipt(act, version, scope, witness)
    return _moved(consent, version, scope)


def take_turns(*names: object) -> None:
    """Wait until no other transaction acts on the same things, and let none act until this one ends.

    An advisory lock, since a row lock on a head needs the right to update it, which nobody has.
    """
    keys = sorted(f"consent {name}" for name in names)
    with connection.cursor() as cursor:
        locks = ", ".join("pg_advisory_xact_lock(hashtextextended(%s, 0))" for _key in keys)
        cursor.execute(f"SELECT {locks}", keys)


def head_key(customer_id: int, recipient_id: int, purpose_id: int, project: str) -> str:
    """Return the name under which acts on one head take turns, also while the head is not there yet."""
    return f"{customer_id} {recipient_id} {purpose_id} {project}"


def _write_references(act: Act) -> Witness:
    """Write the ledger entry, and head and served notice where they are new, in one statement."""
    consent, served = act.consent, act.served
    kind, tag = PAST_TENSE[ConsentVersion.Kind(act.kind)], bytes(consent.customer.tag)
    salt, evidence = salted(kind=kind, subject_tag=tag, evidence=evidence_of(act))
    values: dict[str, Any] = {"kind": kind, "tag": tag, "commitment": commitment_of(salt, evidence)}
    sql, columns = _ENTRY, ["(SELECT id FROM entry)"]
    if consent.pk is None:
        sql += _HEAD
        values |= _head_values(consent)
    columns.append("NULL" if consent.pk is not None else "(SELECT id FROM head)")
    if served is not None and served.pk is None:
        sql += _SERVED
        values |= {"customer": consent.customer_id, **_served_values(served)}
    columns.append("NULL" if served is None or served.pk is not None else "(SELECT id FROM served)")
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} SELECT {', '.join(columns)}", values)
        entry_id, head_id, served_id = cursor.fetchone()
    consent.pk = consent.pk or head_id
    if served is not None:
        served.pk = served.pk or served_id
    return Witness(entry_id=entry_id, salt=salt, evidence=evidence)


def _head_values(consent: Consent) -> dict[str, Any]:
    return {
        "consent_uuid": consent.uuid,
        "customer": consent.customer_id,
        "recipient": consent.recipient_id,
        "purpose": consent.purpose_id,
        "project": consent.project,
    }


def _served_values(served: ServedNotice) -> dict[str, Any]:
    same = ("language", "form_version", "channel", "served_to", "text", "sha256")
    return {
        **{name: getattr(served, name) for name in same},
        "served_uuid": served.uuid,
        "notice_text": served.notice_text_id,
        "user": served.user_id,
        "terms": None if served.terms is None else json.dumps(served.terms),
    }


def evidence_of(act: Act) -> dict[str, object]:
    """Return all that was agreed in an act, which its ledger entry commits to."""
    consent, details = act.consent, act.details
    return {
        "at": act.at,
        "by": act.by.evidence(),
        "consent": consent.uuid,
        "version": details["uuid"],
        "customer": consent.customer.uuid,
        "recipient": {"uuid": consent.recipient.uuid, "legal_name": consent.recipient.legal_name},
        "purpose": consent.purpose.code,
        "project": consent.project,
        "datamap_version": datamap.VERSION,
        "scope": {name: details.get(name) for name in _SCOPE} if details.get("field_ids") else None,
        "notice": _notice_evidence(details.get("notice_text")),
        "served": served_evidence(act.served) if act.served else None,
        "cause": details.get("cause", ""),
        "method": details.get("method", ""),
        "signed_on": details.get("signed_on"),
        "signer_name": details.get("signer_name", ""),
        "authority": _authority_evidence(details),
        "signature": details.get("signature"),
        "verification": details.get("verification"),
        "file": _file_evidence(details.get("evidence_file"), act.original_sha256),
        "reason": details.get("reason", ""),
    }


def _authority_evidence(details: Mapping[str, Any]) -> dict[str, object] | None:
    """Return by whose right it was done, where it was not the customer's own: the row of accounts that proves it."""
    proofs = {name: details.get(f"{name}_id") for name in ("guardianship", "authorization")}
    return proofs if any(proofs.values()) else None


def _notice_evidence(text: NoticeText | None) -> dict[str, object] | None:
    if text is None:
        return None
    return {"uuid": text.notice.uuid, "number": text.notice.number, "language": text.language, "sha256": text.sha256}


def _file_evidence(file: SealedFile | None, original_sha256: str) -> dict[str, object] | None:
    if file is None:
        return None
    return {"uuid": file.uuid, "sha256": file.sha256, "original_sha256": original_sha256, "type": file.content_type}


def _write_receipt(act: Act, version: ConsentVersion, scope: ConsentVersion | None, witness: Witness) -> None:
    uuid = uuid4()
    document = receipt_document(
        uuid=uuid,
        consent=act.consent,
        version=version,
        scope=scope,
        served=act.served or (scope.served_notice if scope else None),
        points=_points(scope) if act.points is None else act.points,
        at=act.at,
        witness=witness,
    )
    Receipt.objects.create(
        uuid=uuid,
        version=version,
        customer_id=version.customer_id,
        recipient_id=version.recipient_id,
        document=document,
    )


def _points(scope: ConsentVersion | None) -> dict[int, UUID]:
    if scope is None or not scope.usage_point_ids:
        return {}
    return dict(UsagePoint.objects.filter(pk__in=scope.usage_point_ids).values_list("pk", "uuid"))


def _moved(consent: Consent, version: ConsentVersion, scope: ConsentVersion | None) -> Consent:
    """Return the head as the trigger has moved it; it need not be read again."""
    moved = Consent(
        id=consent.pk,
        uuid=consent.uuid,
        customer=consent.customer,
        recipient=consent.recipient,
        purpose=consent.purpose,
        project=consent.project,
        current_version=version,
        scope_version=scope,
        is_granted=version.kind in ConsentVersion.SCOPE_KINDS,
        version_count=version.number,
        created_at=consent.created_at if consent.version_count else version.created_at,
        changed_at=version.created_at,
    )
    moved._state.adding, moved._state.db = False, connection.alias
    return moved
