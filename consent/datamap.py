"""What this package keeps about people: what they agreed to, how they signed, and how they ended it."""

from django.utils.translation import gettext_lazy as _

from consent.models import (
    BulkEntry,
    BulkFinding,
    Consent,
    ConsentVersion,
    ContactChoice,
    CookieChoice,
    Notice,
    NoticeDelivery,
    NoticeRun,
    NoticeSubmission,
    NoticeText,
    Offer,
    OfferDecline,
    PrivacySignal,
    ProjectRequest,
    Purpose,
    PurposeChange,
    Receipt,
    Reminder,
    RequestMatch,
    RequestUpload,
    ServedNotice,
    VisitCount,
    WebhookDelivery,
    WebhookEndpoint,
)
from protection.datamap import DataClass, Executor, Personal, declare, declare_store

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
        "served_notice",
        "evidence_file",
        "guardianship",
        "authorization",
        "scan_sha256",
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
        "signature": Personal("consent.signature", DataClass.IDENTITY, label=_("Electronic signature")),
        "verification": Personal("consent.verification", DataClass.IDENTITY, label=_("How a signature was checked")),
        "reason": Personal("consent.reason", DataClass.ACTIVITY, label=_("Why a consent was changed")),
        "evidence": Personal("consent.evidence", DataClass.ACTIVITY, label=_("Proof of a consent")),
    },
)
declare(
    BulkEntry,
    retention_class="imports",
    not_personal=(
        "id",
        "uuid",
        "table",
        "scans",
        "status",
        "takes_clean_rows",
        "row_count",
        "clean_count",
        "recorded_count",
        "attempts",
        "message",
        "language",
        "created_by",
        "created_at",
        "started_at",
        "finished_at",
    ),
)
declare(BulkFinding, retention_class="imports", not_personal=("id", "entry", "line", "column", "message"))
declare(
    ServedNotice,
    retention_class="consents",
    not_personal=(
        "id",
        "uuid",
        "customer",
        "notice_text",
        "offer",
        "language",
        "form_version",
        "channel",
        "user",
        "sha256",
        "created_at",
    ),
    personal={
        "served_to": Personal("served_notice.served_to", DataClass.IDENTITY, label=_("Who was asked to agree")),
        "terms": Personal("served_notice.terms", DataClass.ACTIVITY, label=_("What was asked for")),
        "text": Personal("served_notice.text", DataClass.ACTIVITY, label=_("What was put before the customer")),
    },
)
declare(
    Receipt,
    retention_class="consents",
    not_personal=("id", "uuid", "version", "customer", "recipient", "created_at"),
    personal={"document": Personal("receipt.document", DataClass.ACTIVITY, label=_("Receipt of a consent"))},
)
declare(
    Reminder,
    retention_class="consents",
    not_personal=("id", "uuid", "consent", "customer", "due_on", "created_at", "kept_at", "kept_by"),
    personal={},
)
declare(
    Offer,
    retention_class="consents",
    not_personal=(
        "id",
        "uuid",
        "recipient",
        "purpose",
        "customer",
        "project",
        "field_ids",
        "months_back",
        "created_by",
        "created_at",
        "expires_at",
        "closed_at",
        "closed_by",
    ),
    personal={},
)
declare(
    OfferDecline,
    retention_class="consents",
    not_personal=("id", "offer", "customer", "user", "created_at"),
    personal={},
)
declare(
    Notice,
    retention_class="reference",
    not_personal=tuple(field.name for field in Notice._meta.concrete_fields),
)
declare(
    NoticeSubmission,
    retention_class="reference",
    not_personal=tuple(field.name for field in NoticeSubmission._meta.concrete_fields),
)
declare(
    NoticeRun,
    retention_class="reference",
    not_personal=tuple(field.name for field in NoticeRun._meta.concrete_fields),
)
declare(
    NoticeDelivery,
    retention_class="identity",
    not_personal=("id", "customer", "key", "message"),
    personal={
        "notice": Personal("notice_delivery.notice", DataClass.ACTIVITY, label=_("Privacy notice sent to you")),
        "occasion": Personal("notice_delivery.occasion", DataClass.ACTIVITY, label=_("Why a notice was sent")),
        "created_at": Personal("notice_delivery.created_at", DataClass.ACTIVITY, label=_("When a notice was due")),
        "status": Personal("notice_delivery.status", DataClass.ACTIVITY, label=_("What became of a notice")),
        "channel": Personal("notice_delivery.channel", DataClass.ACTIVITY, label=_("How a notice was sent")),
        "language": Personal("notice_delivery.language", DataClass.ACTIVITY, label=_("Language of a notice sent")),
        "settled_at": Personal("notice_delivery.settled_at", DataClass.ACTIVITY, label=_("When a notice was sent")),
    },
)
declare(
    PurposeChange,
    retention_class="reference",
    not_personal=tuple(field.name for field in PurposeChange._meta.concrete_fields),
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
        "typical_months",
        "recipient_kinds",
    ),
)
declare(
    ContactChoice,
    retention_class="identity",
    not_personal=(
        "id",
        "uuid",
        "customer",
        "number",
        "method",
        "notice",
        "recorded_by",
        "actor_kind",
        "entry_id",
        "salt",
    ),
    personal={
        "channels": Personal("contact_choice.channels", DataClass.ACTIVITY, label=_("Messages you want, and how")),
        "refused": Personal("contact_choice.refused", DataClass.ACTIVITY, label=_("Messages refused by a link")),
        "reason": Personal("contact_choice.reason", DataClass.ACTIVITY, label=_("Note on a choice of messages")),
        "evidence": Personal("contact_choice.evidence", DataClass.ACTIVITY, label=_("Proof of a choice of messages")),
        "created_at": Personal("contact_choice.created_at", DataClass.ACTIVITY, label=_("When messages were chosen")),
    },
)
declare(
    CookieChoice,
    retention_class="visit_statistics",
    not_personal=("id", "user", "statement_version", "method"),
    personal={
        "purposes": Personal("cookie_choice.purposes", DataClass.ACTIVITY, label=_("Cookies you allowed")),
        "created_at": Personal("cookie_choice.created_at", DataClass.ACTIVITY, label=_("When cookies were chosen")),
    },
)
declare(
    PrivacySignal,
    retention_class="visit_statistics",
    not_personal=("id", "user"),
    personal={
        "has_gpc": Personal("privacy_signal.gpc", DataClass.ACTIVITY, label=_("Global Privacy Control of a browser")),
        "has_dnt": Personal("privacy_signal.dnt", DataClass.ACTIVITY, label=_("Do Not Track of a browser")),
        "created_at": Personal("privacy_signal.created_at", DataClass.ACTIVITY, label=_("When a browser asked so")),
    },
)
declare(
    VisitCount,
    retention_class="visit_statistics",
    not_personal=("id", "hour", "kind", "page", "browser", "views", "visits"),
)
declare(
    RequestUpload,
    retention_class="consents",
    not_personal=("id", "uuid", "recipient", "filed_by", "name", "sha256", "original", "created_at"),
    personal={"report": Personal("request.report", DataClass.ACTIVITY, label=_("What became of a file of requests"))},
)
declare(
    ProjectRequest,
    retention_class="consents",
    not_personal=(
        "id",
        "uuid",
        "recipient",
        "filed_by",
        "purpose",
        "fingerprint",
        "created_at",
        "expires_at",
        "withdrawn_at",
        "withdrawn_by",
        "entry_id",
        "salt",
    ),
    personal={
        "program": Personal("request.program", DataClass.ACTIVITY, label=_("Program of a project")),
        "project": Personal("request.project", DataClass.ACTIVITY, label=_("Project that data is asked for")),
        "description": Personal("request.description", DataClass.ACTIVITY, label=_("What a project does")),
        "funds": Personal("request.funds", DataClass.ACTIVITY, label=_("Funds to be reserved for a project")),
        "contact_name": Personal("request.contact_name", DataClass.IDENTITY, label=_("Contact of a project")),
        "contact_email": Personal("request.contact_email", DataClass.CONTACT, label=_("Contact's e-mail address")),
        "contact_phone": Personal("request.contact_phone", DataClass.CONTACT, label=_("Contact's telephone number")),
        "field_ids": Personal("request.fields", DataClass.ACTIVITY, label=_("Data that a project asks for")),
        "months_back": Personal("request.months", DataClass.ACTIVITY, label=_("Months that a project asks for")),
        "account_number": Personal(
            "request.account_number", DataClass.IDENTITY, label=_("Account number as a project names it")
        ),
        "customer_name": Personal(
            "request.customer_name", DataClass.IDENTITY, label=_("Customer's name as a project names it")
        ),
        "postal_code": Personal("request.postal_code", DataClass.CONTACT, label=_("ZIP code as a project names it")),
        "email": Personal("request.email", DataClass.CONTACT, label=_("E-mail address as a project names it")),
        "phone": Personal("request.phone", DataClass.CONTACT, label=_("Telephone number as a project names it")),
        "evidence": Personal("request.evidence", DataClass.ACTIVITY, label=_("Proof of a project's request")),
    },
)
declare(
    RequestMatch,
    retention_class="consents",
    not_personal=("id", "uuid", "request", "customer", "offer", "matched_by", "created_at", "entry_id", "salt"),
    personal={
        "outcome": Personal("match.outcome", DataClass.ACTIVITY, label=_("Whether a project's request found somebody")),
        "points": Personal("match.points", DataClass.ACTIVITY, label=_("In which points a request agreed")),
        "evidence": Personal("match.evidence", DataClass.ACTIVITY, label=_("Proof of whom a request means")),
    },
)
declare_store("visits being counted", retention_class="visit_statistics", executor=Executor.DELETE_ROWS)
declare(
    WebhookEndpoint,
    retention_class="reference",
    not_personal=(
        "id",
        "uuid",
        "recipient",
        "url",
        "former_until",
        "created_by",
        "created_at",
        "retired_at",
        "retired_by",
    ),
    personal={
        "secret": Personal("webhook.secret", DataClass.CREDENTIAL, label=_("Secret of an organization's system")),
        "former_secret": Personal(
            "webhook.former_secret", DataClass.CREDENTIAL, label=_("Former secret of an organization's system")
        ),
    },
)
declare(
    WebhookDelivery,
    retention_class="messages",
    not_personal=(
        "id",
        "uuid",
        "endpoint",
        "recipient",
        "version",
        "kind",
        "status",
        "attempts",
        "due_at",
        "answered",
        "outcome",
        "created_at",
        "settled_at",
    ),
)
