"""Imports for the desk."""

from collections.abc import Mapping

from django.db.models import QuerySet, Sum

from energy.models import ImportFinding, ImportRun

_MAPPINGS, _LOOKED_THROUGH = 20, 200


def imports(filters: Mapping[str, str]) -> QuerySet[ImportRun]:
    """Return the imports that match, the newest first; `filters` may name `account` (its number), `kind`, `status`."""
    named = {"account": "account__number", "kind": "kind", "status": "status"}
    runs = ImportRun.objects.filter(**{named[name]: value for name, value in filters.items()})
    return runs.select_related("account", "original", "created_by").order_by("-created_at", "-pk")


def known_mappings() -> list[ImportRun]:
    """Return the latest finished run with each mapping that lately served, the last used first."""
    finished = ImportRun.objects.filter(status=ImportRun.Status.FINISHED, options__has_key="mapping")
    latest: dict[tuple[str, str], ImportRun] = {}
    for run in finished.order_by("-created_at", "-pk")[:_LOOKED_THROUGH]:
        latest.setdefault((run.options["mapping"], run.options["mapping_name"]), run)
    return list(latest.values())[:_MAPPINGS]


def finding_counts(run: ImportRun) -> dict[str, int]:
    """Return how many findings of each code a run has, those folded into one included."""
    rows = ImportFinding.objects.filter(run=run).values("code").annotate(total=Sum("count")).order_by("code")
    return {row["code"]: row["total"] for row in rows}


def findings_of(run: ImportRun, code: str = "") -> QuerySet[ImportFinding]:
    """Return a run's findings in the order of the file, of one code or of all."""
    findings = ImportFinding.objects.filter(run=run).order_by("line", "pk")
    return findings.filter(code=code) if code else findings
