from django.utils.translation import gettext_lazy as _

from protection.datamap import DataClass, Personal, declare
from retention.models import Certificate, LegalHold, MonthTally, PurgeItem, PurgeRun, RetentionRule, RuleProposal

WITNESS = ("entry_id", "salt", "evidence")

declare(
    RetentionRule,
    retention_class="reference",
    not_personal=tuple(field.name for field in RetentionRule._meta.concrete_fields),
)
declare(
    RuleProposal,
    retention_class="reference",
    not_personal=tuple(field.name for field in RuleProposal._meta.concrete_fields),
)
declare(
    LegalHold,
    retention_class="holds",
    not_personal=(
        "id",
        "uuid",
        *WITNESS,
        "customer",
        "account",
        "all_subjects",
        "retention_classes",
        "data_from",
        "data_to",
        "citation",
        "owner",
        "review_on",
        "origin",
        "is_confidential",
        "placed_by",
        "placed_by_name",
        "released_at",
        "released_by",
        "released_by_name",
        "release_entry_id",
        "release_salt",
        "release_evidence",
    ),
    personal={
        "reason": Personal("hold.reason", DataClass.ACTIVITY, label=_("Why data is held")),
        "placed_at": Personal("hold.placed_at", DataClass.ACTIVITY, label=_("Data held since")),
        "release_reason": Personal("hold.release_reason", DataClass.ACTIVITY, label=_("Why the hold was released")),
    },
)
declare(
    MonthTally,
    retention_class="reference",
    not_personal=("id", "table_name", "month", "rows", "readings", "salt", "digest", "closed_at"),
)
declare(
    PurgeRun,
    retention_class="holds",
    not_personal=tuple(field.name for field in PurgeRun._meta.concrete_fields),
)
declare(
    PurgeItem,
    retention_class="holds",
    not_personal=tuple(field.name for field in PurgeItem._meta.concrete_fields),
)
declare(
    Certificate,
    retention_class="holds",
    not_personal=("id", "uuid", *WITNESS, "run", "document", "sha256", "created_at"),
)
