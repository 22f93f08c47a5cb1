"""Receipts: what somebody did to a consent, signed at once, in the shape of ISO/IEC TS 27560:2023.

The names are those of the W3C Data Privacy Vocabulary (DPV) and follow its guide to the standard: a ConsentReceipt
holds a ConsentRecord with its notice, one process (purpose, data, recipient, periods) and the event. What DPV has no
word for stands under plain names. Anybody checks one without the portal: `python -m ledger.verify FILE`.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import translation

from accounts.models import Recipient
from consent.models import Consent, ConsentVersion, ServedNotice
from ledger.services import Witness
from ledger.signing import sign_receipt
from protection import datamap

TYPE = "resguardo.consent-receipt"
VERSION = 1
_CONTEXT = {
    "dpv": "https://w3id.org/dpv#",
    "dct": "http://purl.org/dc/terms/",
    "@vocab": "urn:resguardo:",
}
_CONFORMS_TO = ("ISO/IEC TS 27560:2023", "https://w3id.org/dpv/schema/dpv-27560#receipt")
_STATUS = {
    ConsentVersion.Kind.GRANT: "dpv:ConsentGiven",
    ConsentVersion.Kind.NARROW: "dpv:RenewedConsentGiven",
    ConsentVersion.Kind.WITHDRAW: "dpv:ConsentWithdrawn",
    ConsentVersion.Kind.EXPIRE: "dpv:ConsentExpired",
}
_WITHDRAWAL = ("portal", "telephone", "post", "in_person")


def receipt_document(
    *,
    uuid: UUID,
    consent: Consent,
    version: ConsentVersion,
    scope: ConsentVersion | None,
    served: ServedNotice | None,
    points: Mapping[int, UUID],
    at: datetime,
    witness: Witness,
) -> dict[str, object]:
    """Return the signed envelope for an act; `scope` is what the consent covers then, or covered until then."""
    return sign_receipt(
        {
            "@context": _CONTEXT,
            "@type": "dpv:ConsentReceipt",
            "type": TYPE,
            "version": VERSION,
            "dct:identifier": uuid,
            "dct:conformsTo": _CONFORMS_TO,
            "dct:created": at,
            "dct:publisher": settings.PROVIDER["name"],
            "dpv:hasRecordOfActivity": {
                "@type": "dpv:ConsentRecord",
                "dct:identifier": consent.uuid,
                "dct:hasVersion": version.uuid,
                "dpv:hasDataSubject": {"@type": "dpv:Customer", "dct:identifier": consent.customer.uuid},
                "dpv:hasDataController": {"@type": "dpv:DataController", **_provider()},
                "dpv:hasNotice": _notice(scope, served),
                "dpv:hasProcess": _process(consent, scope, points),
                "dpv:hasConsentStatus": _event(version, at),
                "dpv:hasConsentControl": {"@type": "dpv:WithdrawConsent", "channels": _WITHDRAWAL, "charge": "none"},
            },
            "ledger": {
                "entry": witness.entry_id,
                "evidence_sha256": sha256(witness.evidence).hexdigest(),
            },
        }
    )


def _provider() -> dict[str, object]:
    return {"dct:title": settings.PROVIDER["name"], "contact": _filled(settings.PROVIDER, "email", "phone", "address")}


def _notice(scope: ConsentVersion | None, served: ServedNotice | None) -> dict[str, object] | None:
    if scope is None or scope.notice_text is None:
        return None
    text = scope.notice_text
    notice: dict[str, object] = {
        "@type": "dpv:ConsentNotice",
        "dct:identifier": text.notice.uuid,
        "dct:title": text.title,
        "dct:hasVersion": text.notice.number,
        "dct:language": text.language,
        "sha256": text.sha256,
    }
    if served is not None:
        notice["served"] = {
            "dct:identifier": served.uuid,
            "form_version": served.form_version,
            "sha256": served.sha256,
        }
    return notice


def _process(consent: Consent, scope: ConsentVersion | None, points: Mapping[int, UUID]) -> dict[str, object]:
    purpose, recipient = consent.purpose, consent.recipient
    kind = "dpv:DataProcessor" if recipient.kind == Recipient.Kind.CONTRACTOR else "dpv:ThirdParty"
    process: dict[str, object] = {
        "@type": "dpv:Process",
        "dpv:hasLegalBasis": "dpv:ExplicitlyExpressedConsent",
        "dpv:hasProcessing": "dpv:Share",
        "dpv:hasPurpose": {
            "@type": "dpv:Purpose",
            "dct:identifier": purpose.code,
            "dct:title": {"en": purpose.name_en, "es": purpose.name_es},
            "dct:description": {"en": purpose.description_en, "es": purpose.description_es},
        },
        "project": consent.project,
        "dpv:hasRecipient": {
            "@type": kind,
            "dct:identifier": recipient.uuid,
            "dct:title": recipient.legal_name,
            **_filled(vars(recipient), "trade_name"),
            "contact": _filled(vars(recipient), "email", "phone", "postal_address"),
        },
    }
    if scope is not None:
        process |= {
            "dpv:hasPersonalData": [_personal_data(field_id) for field_id in scope.field_ids],
            "usage_points": sorted(str(points[pk]) for pk in scope.usage_point_ids if pk in points) or "all",
            "data_period": _period(scope.data_from, scope.data_to),
            "dpv:hasDuration": {
                "@type": "dpv:UntilEventDuration" if scope.permission_to is None else "dpv:UntilTimeDuration",
                **_period(scope.permission_from, scope.permission_to),
            },
        }
    return process


def _event(version: ConsentVersion, at: datetime) -> dict[str, object]:
    return {
        "@type": _STATUS[ConsentVersion.Kind(version.kind)],
        "act": version.kind,
        "dpv:isIndicatedAtTime": at,
        "dpv:isIndicatedBy": {"role": version.actor_kind, **_filled(vars(version), "signer_name")},
        "dpv:hasIndicationMethod": version.method or "automatic",
        **({"signed_on": version.signed_on} if version.signed_on else {}),
        **_filled(vars(version), "cause"),
        **({"signature": _signature(version.signature)} if version.signature else {}),
    }


def _signature(signature: Mapping[str, Any]) -> dict[str, object]:
    """Return what a receipt says of an electronic signature; address and agent of the device stay with the provider."""
    return _filled(signature, "typed_name", "intent", "authenticated_at", "text_sha256")


def _period(first: date | None, end: date | None) -> dict[str, object]:
    """Return a half-open period by its first and last day; no last day is no end."""
    return {"first_day": first, "last_day": end - timedelta(days=1) if end else None}


def _filled(source: Mapping[str, Any], *names: str) -> dict[str, object]:
    return {name: source[name] for name in names if source.get(name)}


@lru_cache(maxsize=512)
def _personal_data(field_id: str) -> dict[str, object]:
    declared = datamap.field_by_id(field_id)
    labels = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            labels[language] = str(declared.label)
    return {
        "@type": "dpv:PersonalData",
        "dct:identifier": field_id,
        "dct:title": labels,
        "data_class": str(declared.data_class),
    }
