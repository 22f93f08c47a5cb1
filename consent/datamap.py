"""What this package keeps about people: what they agreed to, how they signed, and how they ended it."""

from django.utils.translation import gettext_lazy as _

from consent.models import Consent, ConsentVersion, Notice, NoticeText, Purpose
from protection.datamap import DataClass, Personal, declare

declare(
    Consent,
    retention_class="consents",
    not_personal=(
        "id",
        "uuid",
        "customer",
        "current_version",
        "scope_version",
        "is_granted",
        "version_count",
        "created_at",
        "changed_at",
    ),
    personal={
        "recipient": Personal("consent.recipient", DataClass.ACTIVITY, label=_("Organization agreed to")),
        "purpose": Personal("consent.purpose", DataClass.ACTIVITY, label=_("Purpose agreed to")),
        "project": Personal("consent.project", DataClass.ACTIVITY, label=_("Project agreed to")),
    },
)
declare(
    ConsentVersion,
    retention_class="consents",
    not_personal=(
        "id",
        "uuid",
        "consent",
        "customer",
        "recipient",
        "purpose",
        "number",
        "kind",
        "cause",
        "datamap_version",
        "notice_text",
        "evidence_file",
        "recorded_by",
        "actor_kind",
        "request_id",
        "entry_id",
        "salt",
        "created_at",
    ),
    personal={
        "usage_point_ids": Personal("consent.usage_points", DataClass.ACTIVITY, label=_("Meters agreed to")),
        "field_ids": Personal("consent.fields", DataClass.ACTIVITY, label=_("Data agreed to")),
        "data_from": Personal("consent.data_from", DataClass.ACTIVITY, label=_("First day of the data agreed to")),
        "data_to": Personal("consent.data_to", DataClass.ACTIVITY, label=_("End of the data agreed to")),
        "permission_from": Personal("consent.permission_from", DataClass.ACTIVITY, label=_("Permission begins")),
        "permission_to": Personal("consent.permission_to", DataClass.ACTIVITY, label=_("Permission ends")),
        "method": Personal("consent.method", DataClass.ACTIVITY, label=_("How a consent was given")),
        "signed_on": Personal("consent.signed_on", DataClass.ACTIVITY, label=_("Day a consent was signed")),
        "signer_name": Personal("consent.signer_name", DataClass.IDENTITY, label=_("Who signed a consent")),
        "reason": Personal("consent.reason", DataClass.ACTIVITY, label=_("Why a consent was changed")),
        "evidence": Personal("consent.evidence", DataClass.ACTIVITY, label=_("Proof of a consent")),
    },
)
declare(
    Notice,
    retention_class="reference",
    not_personal=("id", "uuid", "kind", "number", "effective_from", "asks_anew", "approved_at", "approved_by"),
)
declare(NoticeText, retention_class="reference", not_personal=("id", "notice", "language", "title", "body", "sha256"))
declare(
    Purpose,
    retention_class="reference",
    not_personal=(
        "id",
        "code",
        "is_secondary",
        "name_en",
        "name_es",
        "description_en",
        "description_es",
        "field_ids",
        "data_classes",
    ),
)
