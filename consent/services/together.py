"""How many grants are written at once: the same rows as one by one, by a few statements for hundreds of them."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import connection

from accounts.models import Customer, Recipient
from consent.models import Consent, ConsentVersion, Purpose, ServedNotice
from consent.receipts import receipt_document
from consent.services.versions import PAST_TENSE, Act, evidence_of
from ledger.actor import Actor
from ledger.services import Witness, commitment_of, salted
from protection import datamap

ROWS_A_STATEMENT = 500
_KIND = PAST_TENSE[ConsentVersion.Kind.GRANT]

_HEADS = """
INSERT INTO consent_consent (uuid, customer_id, recipient_id, purpose_id, project, is_granted, version_count)
SELECT uuid, customer, recipient, purpose, project, false, 0
FROM unnest(%(uuid)s::uuid[], %(customer)s::bigint[], %(recipient)s::bigint[], %(purpose)s::bigint[],
            %(project)s::text[]) AS given (uuid, customer, recipient, purpose, project)
ORDER BY customer, recipient, purpose, project
ON CONFLICT (customer_id, recipient_id, purpose_id, project) DO NOTHING
"""
_KNOWN_HEADS = """
SELECT given.number, head.id, head.uuid
FROM unnest(%(customer)s::bigint[], %(recipient)s::bigint[], %(purpose)s::bigint[], %(project)s::text[])
     WITH ORDINALITY AS given (customer, recipient, purpose, project, number)
JOIN consent_consent head ON head.customer_id = given.customer AND head.recipient_id = given.recipient
    AND head.purpose_id = given.purpose AND head.project = given.project
ORDER BY given.number
"""
_ENTRIES = """
INSERT INTO ledger_entry (kind, subject_tag, commitment)
SELECT %(kind)s, tag, commitment FROM unnest(%(tag)s::bytea[], %(commitment)s::bytea[]) AS given (tag, commitment)
RETURNING id, commitment
"""
_SERVED = """
INSERT INTO consent_servednotice (uuid, customer_id, notice_text_id, language, form_version, channel, served_to, text,
                                  sha256)
SELECT given.uuid, customer, notice_text, text.language, form_version, channel, served_to,
       text.title || E'\\n\\n' || text.body, text.sha256
FROM unnest(%(served)s::uuid[], %(customer)s::bigint[], %(notice_text)s::bigint[], %(form_version)s::text[],
            %(method)s::text[], %(signer_name)s::text[])
     AS given (uuid, customer, notice_text, form_version, channel, served_to)
JOIN consent_noticetext text ON text.id = given.notice_text
"""
_VERSIONS = """
INSERT INTO consent_consentversion (uuid, consent_id, customer_id, recipient_id, purpose_id, kind, usage_point_ids,
    field_ids, datamap_version, data_from, data_to, permission_from, permission_to, notice_text_id, served_notice_id,
    method, signed_on, signer_name, verification, evidence_file_id, scan_sha256, reason, recorded_by_id, actor_kind,
    request_id, entry_id, salt, evidence)
SELECT given.uuid, consent, customer, recipient, purpose, 'grant', points::bigint[], fields::text[],
    %(datamap_version)s, data_from, data_to, permission_from, permission_to, notice_text, served.id, method, signed_on,
    signer_name, verification, evidence_file, scan_sha256, '', %(recorded_by)s, %(actor_kind)s, request_id, entry, salt,
    evidence
FROM unnest(%(version)s::uuid[], %(consent)s::bigint[], %(customer)s::bigint[], %(recipient)s::bigint[],
            %(purpose)s::bigint[], %(points)s::text[], %(fields)s::text[], %(data_from)s::date[], %(data_to)s::date[],
            %(permission_from)s::date[], %(permission_to)s::date[], %(notice_text)s::bigint[], %(served)s::uuid[],
            %(method)s::text[], %(signed_on)s::date[], %(signer_name)s::text[], %(verification)s::jsonb[],
            %(evidence_file)s::bigint[], %(scan_sha256)s::text[], %(request_id)s::uuid[], %(entry)s::bigint[],
            %(salt)s::bytea[], %(evidence)s::bytea[])
     AS given (uuid, consent, customer, recipient, purpose, points, fields, data_from, data_to, permission_from,
               permission_to, notice_text, served, method, signed_on, signer_name, verification, evidence_file,
               scan_sha256, request_id, entry, salt, evidence)
JOIN consent_servednotice served ON served.uuid = given.served
"""
_RECEIPTS = """
INSERT INTO consent_receipt (uuid, version_id, customer_id, recipient_id, document)
SELECT given.uuid, version.id, version.customer_id, version.recipient_id, document
FROM unnest(%(receipt)s::uuid[], %(version)s::uuid[], %(document)s::jsonb[]) AS given (uuid, version, document)
JOIN consent_consentversion version ON version.uuid = given.version
"""


@dataclass(frozen=True, slots=True)
class Grant:
    """One consent to be written with others. `details` are the columns of ConsentVersion that `grant_consent` sets.

    `served` is not saved yet; `points` are the UUIDs of the usage points that it is limited to.
    """

    customer: Customer
    recipient: Recipient
    purpose: Purpose
    project: str
    details: dict[str, Any]
    served: ServedNotice
    points: dict[int, UUID]
    scan_sha256: str = ""


def write_grants(grants: Sequence[Grant], *, by: Actor, at: datetime) -> Iterator[int]:
    """Write grants that were judged, each with its head where it is new, entry, served notice, version and receipt.

    In the caller's transaction, which decides for all of them; yields how many are written by now. Every head may
    occur once. The triggers judge each row as they do one by one.
    """
    written = 0
    ordered = sorted(grants, key=lambda one: (one.customer.pk, one.recipient.pk, one.purpose.pk, one.project))
    for start in range(0, len(ordered), ROWS_A_STATEMENT):
        some = ordered[start : start + ROWS_A_STATEMENT]
        _write(some, by, at)
        written += len(some)
        yield written


def _write(grants: Sequence[Grant], by: Actor, at: datetime) -> None:
    with connection.cursor() as cursor:
        parties = _parties(grants)
        cursor.execute(_HEADS, {"uuid": [uuid4() for _grant in grants], **parties})
        cursor.execute(_KNOWN_HEADS, parties)
        acts = [_act(grant, head, uuid, by, at) for grant, (_n, head, uuid) in zip(grants, cursor, strict=True)]
        sealed = [_sealed(act) for act in acts]
        commitments = [commitment_of(salt, evidence) for salt, evidence in sealed]
        tags = [bytes(grant.customer.tag) for grant in grants]
        cursor.execute(_ENTRIES, {"kind": _KIND, "tag": tags, "commitment": commitments})
        entries = {bytes(commitment): entry for entry, commitment in cursor}
        witnesses = [
            Witness(entry_id=entries[commitment], salt=salt, evidence=evidence)
            for commitment, (salt, evidence) in zip(commitments, sealed, strict=True)
        ]
        columns = parties | _columns(acts, witnesses) | {"recorded_by": by.user_id, "actor_kind": by.kind}
        cursor.execute(_SERVED, columns)
        cursor.execute(_VERSIONS, columns)
        receipts = [_receipt(act, witness) for act, witness in zip(acts, witnesses, strict=True)]
        cursor.execute(
            _RECEIPTS,
            {
                "receipt": [uuid for uuid, _document in receipts],
                "version": columns["version"],
                "document": [document for _uuid, document in receipts],
            },
        )


def _parties(grants: Sequence[Grant]) -> dict[str, list[Any]]:
    return {
        "customer": [grant.customer.pk for grant in grants],
        "recipient": [grant.recipient.pk for grant in grants],
        "purpose": [grant.purpose.pk for grant in grants],
        "project": [grant.project for grant in grants],
    }


def _act(grant: Grant, head_id: int, head_uuid: UUID, by: Actor, at: datetime) -> Act:
    consent = Consent(
        id=head_id,
        uuid=head_uuid,
        customer=grant.customer,
        recipient=grant.recipient,
        purpose=grant.purpose,
        project=grant.project,
    )
    details = {**grant.details, "uuid": uuid4()}
    return Act(
        consent,
        ConsentVersion.Kind.GRANT,
        by,
        at,
        details,
        served=grant.served,
        points=grant.points,
        original_sha256=grant.scan_sha256,
    )


def _sealed(act: Act) -> tuple[bytes, bytes]:
    return salted(kind=_KIND, subject_tag=bytes(act.consent.customer.tag), evidence=evidence_of(act))


def _receipt(act: Act, witness: Witness) -> tuple[UUID, str]:
    version = ConsentVersion(
        consent=act.consent,
        customer_id=act.consent.customer_id,
        recipient_id=act.consent.recipient_id,
        purpose_id=act.consent.purpose_id,
        kind=act.kind,
        actor_kind=act.by.kind,
        **act.details,
    )
    uuid = uuid4()
    document = receipt_document(
        uuid=uuid,
        consent=act.consent,
        version=version,
        scope=version,
        served=act.served,
        points=act.points or {},
        at=act.at,
        witness=witness,
    )
    return uuid, json.dumps(document)


_AS_THEY_ARE = ("data_from", "data_to", "permission_from", "permission_to", "method", "signed_on", "signer_name")


def _columns(acts: Sequence[Act], witnesses: Sequence[Witness]) -> dict[str, Any]:
    """Return what the statements unnest: for each column its value in every row."""
    details = [act.details for act in acts]
    served = [act.served for act in acts if act.served is not None]
    return {
        **{name: [one[name] for one in details] for name in _AS_THEY_ARE},
        "datamap_version": datamap.VERSION,
        "consent": [act.consent.pk for act in acts],
        "version": [one["uuid"] for one in details],
        "request_id": [one.get("request_id") for one in details],
        "fields": [_array(one["field_ids"]) for one in details],
        "points": [_array(one["usage_point_ids"]) for one in details],
        "notice_text": [one["notice_text"].pk for one in details],
        "verification": [one.get("verification") and json.dumps(one["verification"]) for one in details],
        "evidence_file": [one["evidence_file"].pk if one.get("evidence_file") else None for one in details],
        "scan_sha256": [act.original_sha256 for act in acts],
        "served": [notice.uuid for notice in served],
        "form_version": [notice.form_version for notice in served],
        "entry": [witness.entry_id for witness in witnesses],
        "salt": [witness.salt for witness in witnesses],
        "evidence": [witness.evidence for witness in witnesses],
    }


def _array(values: Sequence[object]) -> str:
    """Return stable ids or numbers as an array literal: arrays of arrays would all have to be of one length."""
    return "{" + ",".join(str(value) for value in values) + "}"
