from django.utils.translation import gettext_lazy as _

from energy.models import (
    Bill,
    DayReading,
    ImportFinding,
    ImportRun,
    ImportWindow,
    ReadingOverride,
    ReadingType,
    Receipt,
    Series,
    UsagePoint,
)
from protection.datamap import CorrectionRule, DataClass, Executor, Personal, declare

SERVICE = ("provide_service", "billing", "grid_operations")
BILLING = ("billing",)


def _usage(field_id: str, label: object, *, releasable: bool = False) -> Personal:
    return Personal(field_id, DataClass.USAGE, label=label, purposes=SERVICE, releasable=releasable)  # type: ignore[arg-type]


def _billing(field_id: str, label: object, *, releasable: bool = False) -> Personal:
    return Personal(field_id, DataClass.BILLING, label=label, purposes=BILLING, releasable=releasable)  # type: ignore[arg-type]


declare(
    UsagePoint,
    retention_class="identity",
    not_personal=("id", "uuid", "account", "import_run", "created_at"),
    personal={
        "identifier": _usage("usage_point.identifier", _("Usage point or meter"), releasable=True),
        "title": _usage("usage_point.title", _("Name of the usage point"), releasable=True),
        "service_kind": _usage("usage_point.service_kind", _("What is delivered"), releasable=True),
        "attributes": _usage("usage_point.attributes", _("Technical details of the usage point")),
    },
)
declare(
    ReadingType,
    retention_class="reference",
    not_personal=(
        "id",
        "digest",
        "accumulation",
        "commodity",
        "consumption_tier",
        "currency",
        "data_qualifier",
        "default_quality",
        "flow_direction",
        "interval_length",
        "kind",
        "phase",
        "power_of_ten",
        "time_attribute",
        "tou",
        "uom",
        "cpp",
        "measuring_period",
        "interharmonic",
        "argument",
    ),
)
declare(
    DayReading,
    retention_class="readings",
    executor=Executor.DROP_MONTH,
    not_personal=("account", "usage_point", "reading_type", "import_run_id"),
    personal={
        "values": Personal(
            "usage.readings",
            DataClass.USAGE,
            label=_("Usage readings"),
            purposes=SERVICE,
            correction=CorrectionRule.AFTER_REVIEW,
            releasable=True,
        ),
        "costs": _usage("usage.costs", _("Costs of intervals"), releasable=True),
        "qualities": _usage("usage.qualities", _("Quality of readings"), releasable=True),
        "tous": _usage("usage.times_of_use", _("Times of use")),
        "tiers": _usage("usage.tiers", _("Consumption tiers")),
        "cpps": _usage("usage.critical_peaks", _("Critical peak periods")),
        "total": _usage("usage.total", _("Usage of a day")),
        "day": _usage("usage.day", _("Day of readings")),
        "start": _usage("usage.start", _("Start of a day's readings")),
        "offsets": _usage("usage.offsets", _("Starts of uneven intervals")),
        "durations": _usage("usage.durations", _("Lengths of uneven intervals")),
        "interval_length": _usage("usage.interval_length", _("Length of intervals")),
        "reading_count": _usage("usage.reading_count", _("Number of readings")),
    },
)
declare(
    Series,
    retention_class="readings",
    not_personal=("id", "account", "usage_point", "reading_type"),
    personal={
        "first_day": _usage("series.first_day", _("First day with readings")),
        "last_day": _usage("series.last_day", _("Last day with readings")),
    },
)
declare(
    ReadingOverride,
    retention_class="readings",
    not_personal=("id", "account", "usage_point", "reading_type", "correction", "created_by", "created_at"),
    personal={
        "start": _usage("reading_override.start", _("Start of a corrected reading")),
        "day": _usage("reading_override.day", _("Day of a corrected reading")),
        "value": _usage("reading_override.value", _("Corrected reading")),
    },
)
declare(
    Bill,
    retention_class="bills",
    executor=Executor.DROP_MONTH,
    not_personal=("account", "uuid", "usage_point_id", "import_run_id", "created_at"),
    personal={
        "bill_date": _billing("bill.bill_date", _("Date of a bill"), releasable=True),
        "period_start": _billing("bill.period_start", _("Billing period: from"), releasable=True),
        "period_end": _billing("bill.period_end", _("Billing period: until"), releasable=True),
        "amount_due": Personal(
            "bill.amount_due",
            DataClass.BILLING,
            label=_("Amount of a bill"),
            purposes=BILLING,
            correction=CorrectionRule.AFTER_REVIEW,
            releasable=True,
        ),
        "currency": _billing("bill.currency", _("Currency of a bill"), releasable=True),
        "consumption": _billing("bill.consumption", _("Usage on a bill"), releasable=True),
        "unit": _billing("bill.unit", _("Unit of the usage on a bill"), releasable=True),
        "line_items": _billing("bill.line_items", _("Lines of a bill"), releasable=True),
        "summary": _billing("bill.summary", _("A bill as the feed had it")),
    },
)
declare(
    ImportRun,
    retention_class="imports",
    not_personal=(
        "id",
        "uuid",
        "kind",
        "status",
        "original",
        "sha256",
        "as_of",
        "not_before",
        "options",
        "progress",
        "created_by",
        "operator",
        "reason",
        "attempts",
        "created_at",
        "started_at",
        "finished_at",
    ),
    personal={
        "account": Personal("import.account", DataClass.ACTIVITY, label=_("Account of an import")),
        "counters": Personal("import.counters", DataClass.ACTIVITY, label=_("What an import took in")),
        "message": Personal("import.message", DataClass.ACTIVITY, label=_("Why an import failed")),
    },
)
declare(
    ImportFinding,
    retention_class="imports",
    not_personal=("id", "run", "line", "code", "count"),
    personal={
        "message": Personal("import_finding.message", DataClass.USAGE, label=_("Deviation found in a feed")),
        "action": Personal("import_finding.action", DataClass.USAGE, label=_("What was done about a deviation")),
    },
)
declare(ImportWindow, retention_class="reference", not_personal=("id", "retention_class", "months"))
declare(
    Receipt,
    retention_class="imports",
    not_personal=("id", "uuid", "entry_id", "salt", "account", "import_run", "kind", "created_at"),
    personal={
        "evidence": Personal("energy_receipt.evidence", DataClass.ACTIVITY, label=_("Proof of an import or export")),
    },
)
