from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from protection.datamap import DataClass, Personal, declare
from retention.models import (
    Certificate,
    HeldBill,
    HeldDayReading,
    HoldRelease,
    HoldReview,
    Incident,
    LegalHold,
    LimitProposal,
    MonthTally,
    PurgeItem,
    PurgeLimits,
    PurgePlan,
    PurgeRun,
    RetentionRule,
    RuleProposal,
    RunOrder,
    Tombstone,
)
from retention.schedule import BILLS, READINGS

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
        "usage_point",
        "all_subjects",
        "retention_classes",
        "data_from",
        "data_to",
        "citation",
        "owner",
        "owner_user",
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
    HoldRelease,
    retention_class="holds",
    not_personal=tuple(field.name for field in HoldRelease._meta.concrete_fields if field.name != "reason"),
    personal={
        "reason": Personal("hold_release.reason", DataClass.ACTIVITY, label=_("Why a hold should be released")),
    },
)
declare(
    HoldReview,
    retention_class="holds",
    not_personal=tuple(field.name for field in HoldReview._meta.concrete_fields if field.name != "reason"),
    personal={"reason": Personal("hold_review.reason", DataClass.ACTIVITY, label=_("Why a hold was kept on"))},
)
declare(
    MonthTally,
    retention_class="reference",
    not_personal=(
        *("id", "table_name", "month", "rows", "readings", "oldest", "newest", "salt", "digest", "days", "closed_at"),
    ),
)
declare(
    Incident,
    retention_class="reference",
    not_personal=tuple(field.name for field in Incident._meta.concrete_fields),
)
declare(
    PurgeLimits,
    retention_class="reference",
    not_personal=tuple(field.name for field in PurgeLimits._meta.concrete_fields),
)
declare(
    LimitProposal,
    retention_class="reference",
    not_personal=tuple(field.name for field in LimitProposal._meta.concrete_fields),
)
declare(
    PurgePlan,
    retention_class="holds",
    not_personal=tuple(field.name for field in PurgePlan._meta.concrete_fields),
)
declare(
    RunOrder,
    retention_class="holds",
    not_personal=tuple(field.name for field in RunOrder._meta.concrete_fields),
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
declare(
    Tombstone,
    retention_class="holds",
    not_personal=tuple(field.name for field in Tombstone._meta.concrete_fields),
)


HELD_KEYS = ("account", "uuid", "usage_point_id", "reading_type_id", "import_run_id", "created_at")


def _declare_held(model: type[Model], noun: str, data_class: DataClass, label: Promise) -> None:
    """Declare a table of held rows: all but its keys is personal, nothing of it may be released."""
    names = [field.name for field in model._meta.concrete_fields]
    declare(
        model,
        retention_class=READINGS if data_class == DataClass.USAGE else BILLS,
        not_personal=tuple(name for name in names if name in HELD_KEYS),
        personal={name: Personal(f"{noun}.{name}", data_class, label=label) for name in names if name not in HELD_KEYS},
    )


_declare_held(HeldDayReading, "held_usage", DataClass.USAGE, _("Usage kept under a legal hold"))
_declare_held(HeldBill, "held_bill", DataClass.BILLING, _("Bill kept under a legal hold"))
