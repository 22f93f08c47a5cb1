"""What this package keeps about people: what of theirs went to whom, and every attempt that was refused."""

from django.utils.translation import gettext_lazy as _

from disclosures.models import (
    Breach,
    BreachCustomer,
    BreachDuty,
    BreachStep,
    CorrectionNotice,
    CorrectionReceipt,
    Delivery,
    DemandEvent,
    DemandSubject,
    FeedLine,
    FeedStep,
    HistoryExport,
    HistoryExportFile,
    LegalBasis,
    LegalDemand,
    MergerNotice,
    MergerNoticeServed,
    NonDisclosureOrder,
    Package,
    PackageFile,
    RecipientPolicy,
    Release,
    ReleaseDenial,
    ReleaseExclusion,
    ReleaseLine,
    ReleaseProposal,
    SavedSearch,
    StandingFeed,
)
from protection.datamap import DataClass, Executor, Personal, declare

_ASKED = (
    "id",
    "uuid",
    "entry_id",
    "salt",
    "recipient",
    "purpose",
    "basis",
    "field_ids",
    "data_from",
    "data_to",
    "format",
    "document",
    "demand",
    "notice_served_on",
    "requested_by",
    "actor_kind",
    "actor_name",
    "request_uuid",
    "decided_at",
    "cohort",
    "requester",
    "proposal",
    "feed",
)

declare(
    LegalBasis,
    retention_class="reference",
    not_personal=(
        "id",
        "code",
        "kind",
        "name_en",
        "name_es",
        "citation",
        "jurisdiction",
        "requires_consent",
        "requires_agreement",
        "requires_document",
        "requires_merger_notice",
        "is_in_force",
        "notice_days",
        "recipient_kinds",
        "data_classes",
        "created_at",
    ),
)
declare(
    RecipientPolicy,
    retention_class="agreements",
    not_personal=("id", "recipient", "field_ids", "reason", "created_at"),
)
declare(
    MergerNotice,
    retention_class="disclosures",
    not_personal=(
        "id",
        "uuid",
        "entry_id",
        "salt",
        "evidence",
        "recipient",
        "agreement",
        "title_en",
        "title_es",
        "text_en",
        "text_es",
        "waiting_days",
        "created_at",
        "created_by",
    ),
)
declare(
    MergerNoticeServed,
    retention_class="disclosures",
    not_personal=("id", "entry_id", "salt", "notice", "message"),
    personal={
        "evidence": Personal("merger_notice.evidence", DataClass.ACTIVITY, label=_("Proof of a notice of a merger")),
        "customer": Personal("merger_notice.customer", DataClass.ACTIVITY, label=_("Who was told of a merger")),
        "created_at": Personal("merger_notice.created_at", DataClass.ACTIVITY, label=_("When told of a merger")),
    },
)
declare(
    Release,
    retention_class="disclosures",
    not_personal=(
        *_ASKED,
        "purpose_is_secondary",
        "basis_kind",
        "requires_consent",
        "requires_agreement",
        "requires_document",
        "notice_days",
        "line_count",
        "cohort_sha256",
    ),
    personal={
        "reason": Personal("release.reason", DataClass.ACTIVITY, label=_("Why data was released")),
        "evidence": Personal("release.evidence", DataClass.ACTIVITY, label=_("Proof of a release")),
    },
)
declare(
    ReleaseLine,
    retention_class="disclosures",
    executor=Executor.DROP_MONTH,
    not_personal=("entry_id", "release", "consent_version", "concealment", "salt"),
    personal={
        "created_at": Personal("release_line.created_at", DataClass.ACTIVITY, label=_("When data was released")),
        "customer": Personal("release_line.customer", DataClass.ACTIVITY, label=_("Whose data was released")),
        "account_ids": Personal("release_line.accounts", DataClass.ACTIVITY, label=_("Accounts in a release")),
        "usage_point_ids": Personal("release_line.usage_points", DataClass.ACTIVITY, label=_("Meters in a release")),
        "field_ids": Personal("release_line.fields", DataClass.ACTIVITY, label=_("Data that was released")),
        "data_from": Personal("release_line.data_from", DataClass.ACTIVITY, label=_("First day of released data")),
        "data_to": Personal("release_line.data_to", DataClass.ACTIVITY, label=_("End of released data")),
    },
)
declare(
    ReleaseExclusion,
    retention_class="disclosures",
    not_personal=("id", "release", "code", "created_at"),
    personal={
        "customer": Personal("exclusion.customer", DataClass.ACTIVITY, label=_("Who was left out of a release to many"))
    },
)
declare(
    ReleaseProposal,
    retention_class="disclosures",
    not_personal=tuple(
        field.name
        for field in ReleaseProposal._meta.concrete_fields
        if field.name not in {"customer_ids", "account_ids", "reason"}
    ),
    personal={
        "customer_ids": Personal("proposal.customers", DataClass.ACTIVITY, label=_("Whose data two persons release")),
        "account_ids": Personal("proposal.accounts", DataClass.ACTIVITY, label=_("Accounts in a proposed release")),
        "reason": Personal("proposal.reason", DataClass.ACTIVITY, label=_("Why a release was proposed")),
    },
)
declare(
    ReleaseDenial,
    retention_class="disclosures",
    not_personal=(*_ASKED, "conditions"),
    personal={
        "customer_ids": Personal("denial.customers", DataClass.ACTIVITY, label=_("Whose data was asked for in vain")),
        "reason": Personal("denial.reason", DataClass.ACTIVITY, label=_("Why data was asked for")),
        "evidence": Personal("denial.evidence", DataClass.ACTIVITY, label=_("Proof of a refused release")),
    },
)
declare(
    Package,
    retention_class="disclosures",
    not_personal=(
        "id",
        "uuid",
        "release",
        "status",
        "progress",
        "attempts",
        "problem",
        "created_at",
        "started_at",
        "finished_at",
        "expires_at",
        "downloads_max",
    ),
)
declare(
    PackageFile,
    retention_class="disclosures",
    not_personal=(
        "id",
        "entry_id",
        "salt",
        "evidence",
        "package",
        "file",
        "sha256",
        "size",
        "record_count",
        "created_at",
    ),
)
declare(
    Delivery,
    retention_class="disclosures",
    not_personal=(
        "id",
        "uuid",
        "entry_id",
        "salt",
        "evidence",
        "package",
        "outcome",
        "conditions",
        "user",
        "actor_kind",
        "actor_name",
        "created_at",
    ),
)
declare(
    CorrectionNotice,
    retention_class="disclosures",
    not_personal=(
        *("id", "uuid", "entry_id", "salt", "evidence", "recipient", "correction_uuid", "row_uuid", "field_id"),
        *("places", "created_at"),
    ),
    personal={
        "customer": Personal(
            "correction_notice.customer", DataClass.ACTIVITY, label=_("Whose correction a recipient was told of")
        ),
        "value": Personal(
            "correction_notice.value", DataClass.IDENTITY, label=_("Right value told to a recipient"), sealed=True
        ),
    },
)
declare(
    CorrectionReceipt,
    retention_class="disclosures",
    not_personal=(*("id", "entry_id", "salt", "evidence", "notice", "conditions", "user", "user_name", "created_at"),),
)
declare(
    HistoryExport,
    retention_class="disclosures",
    not_personal=(
        "id",
        "uuid",
        "filters",
        "status",
        "progress",
        "attempts",
        "problem",
        "created_by",
        "actor_kind",
        "actor_name",
        "reason",
        "has_workbook",
        "request_uuid",
        "created_at",
        "started_at",
        "finished_at",
    ),
)
declare(
    HistoryExportFile,
    retention_class="disclosures",
    not_personal=("id", "entry_id", "salt", "evidence", "export", "archive", "manifest", "record_count", "created_at"),
)
declare(
    SavedSearch,
    retention_class="disclosures",
    not_personal=("id", "uuid", "owner", "name", "parameters", "created_at"),
)
declare(
    LegalDemand,
    retention_class="disclosures",
    not_personal=(
        "id",
        "uuid",
        "entry_id",
        "salt",
        "kind",
        "is_wiretap_order",
        "authority",
        "recipient",
        "requester_name",
        "requester_capacity",
        "delivery_address",
        "callback_note",
        "names_everybody",
        "field_ids",
        "data_from",
        "data_to",
        "received_on",
        "due_on",
        "document",
        "taken_by",
        "actor_kind",
        "actor_name",
        "created_at",
    ),
    personal={
        "case_number": Personal("demand.case_number", DataClass.ACTIVITY, label=_("Case number of a legal demand")),
        "threat": Personal("demand.threat", DataClass.ACTIVITY, label=_("Threat stated in an emergency request")),
        "evidence": Personal("demand.evidence", DataClass.ACTIVITY, label=_("Proof of a legal demand")),
    },
)
declare(
    DemandSubject,
    retention_class="disclosures",
    not_personal=("id", "demand"),
    personal={
        "customer": Personal("demand.customer", DataClass.ACTIVITY, label=_("Whose data a legal demand names")),
        "account": Personal("demand.account", DataClass.ACTIVITY, label=_("Account that a legal demand names")),
    },
)
declare(
    DemandEvent,
    retention_class="disclosures",
    not_personal=(
        "id",
        "uuid",
        "entry_id",
        "salt",
        "demand",
        "what",
        "assignee",
        "release_uuid",
        "served_on",
        "ends_on",
        "undoes",
        "user",
        "actor_kind",
        "actor_name",
        "created_at",
    ),
    personal={
        "note": Personal("demand_event.note", DataClass.ACTIVITY, label=_("Why a step of a legal demand was taken")),
        "customer": Personal("demand_event.customer", DataClass.ACTIVITY, label=_("Who contested a legal demand")),
        "evidence": Personal("demand_event.evidence", DataClass.ACTIVITY, label=_("Proof of a step")),
    },
)
declare(
    NonDisclosureOrder,
    retention_class="disclosures",
    not_personal=(
        "id",
        "uuid",
        "entry_id",
        "salt",
        "demand",
        "extends",
        "authority",
        "citation",
        "last_day",
        "document",
        "user",
        "actor_kind",
        "actor_name",
        "created_at",
    ),
    personal={
        "evidence": Personal("order.evidence", DataClass.ACTIVITY, label=_("Proof of an order not to tell")),
    },
)
declare(
    BreachDuty,
    retention_class="reference",
    not_personal=("id", "jurisdiction", "whom", "days", "from_customers", "citation"),
)
declare(
    Breach,
    retention_class="disclosures",
    not_personal=(
        "id",
        "uuid",
        "entry_id",
        "salt",
        "evidence",
        "title",
        "description",
        "data_classes",
        "happened_on",
        "detected_on",
        "containment",
        "jurisdictions",
        "created_by",
        "actor_name",
        "created_at",
        "closed_at",
        "closed_by_name",
    ),
)
declare(
    BreachCustomer,
    retention_class="disclosures",
    not_personal=("id", "breach", "message"),
    personal={"customer": Personal("breach.customer", DataClass.ACTIVITY, label=_("Whose data a breach concerned"))},
)
declare(
    BreachStep,
    retention_class="disclosures",
    not_personal=("id", "entry_id", "salt", "evidence", "breach", "what", "note", "user", "actor_name", "created_at"),
)
declare(
    StandingFeed,
    retention_class="disclosures",
    not_personal=tuple(field.name for field in StandingFeed._meta.concrete_fields),
)
declare(
    FeedStep,
    retention_class="disclosures",
    not_personal=("id", "entry_id", "salt", "feed", "what", "user", "actor_name", "created_at"),
    personal={
        "customer": Personal("feed_step.customer", DataClass.ACTIVITY, label=_("For whom a standing feed was stopped")),
        "reason": Personal("feed_step.reason", DataClass.ACTIVITY, label=_("Why a standing feed was changed")),
        "evidence": Personal("feed_step.evidence", DataClass.ACTIVITY, label=_("Proof of a standing feed's change")),
    },
)
declare(
    FeedLine,
    retention_class="disclosures",
    not_personal=("id", "feed", "opened_on", "closed_on", "closed_code"),
    personal={"customer": Personal("feed_line.customer", DataClass.ACTIVITY, label=_("Whose data goes out nightly"))},
)
