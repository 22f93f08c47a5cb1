"""Certificates: the signed statement of what a purge run disposed of, in the database and as a file beside the data.

Anybody checks one without the portal: `python -m ledger.verify FILE`. It says how many rows of each class and
partition were past their time, how many of them stayed because of a hold, how many are gone; the two add up.
"""

import os
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db.migrations.recorder import MigrationRecorder

from ledger.canonical import canonical_bytes
from ledger.services import PROVIDER_TAG, Witness, commitment_of, record
from ledger.signing import document_sha256, document_text, sign_receipt
from protection.clock import transaction_time
from retention.disposal.registry import covered_models
from retention.models import JOURNAL, Certificate, PurgeItem, PurgeRun, RetentionRule
from retention.schedule import place_of

TYPE = "resguardo.purge-certificate"
VERSION = 2
LEDGER_KIND = "purge.completed"
STATEMENT = (
    "Of the rows that were past their time, those under a legal hold were kept and the others irreversibly removed "
    "from the portal's database: total = held + dropped. The digest of a month is SHA-256 over the salted rows that "
    "were past their time, taken when the month was closed or, at the latest, before it was dropped; the held digest "
    "is over those of them that stayed. The salt was removed with the data. Backups are outside this statement; a "
    "restored one is purged again from the journal before it is used."
)


def issue_certificate(run: PurgeRun) -> Certificate:
    """Sign what a run did that is over and enter it in the ledger, in the caller's transaction.

    A run has one certificate, however often it was interrupted; what is purged again after a restore is a run of its
    own. The ledger's evidence has the SHA-256 of everything but the part that opens the ledger entry itself.
    """
    certificate_id = uuid4()
    items = list(run.items.order_by("position"))
    content = _content(run, items, certificate_id)
    witness = record(
        kind=LEDGER_KIND,
        subject_tag=PROVIDER_TAG,
        evidence={
            "run": run.uuid,
            "certificate": certificate_id,
            "sha256": _sha256(canonical_bytes(content)),
            "classes": content["classes"],
        },
    )
    document = sign_receipt({**content, "ledger": _opened(witness)})
    return Certificate.objects.create(
        uuid=certificate_id,
        run=run,
        document=document,
        sha256=document_sha256(document),
        **witness.columns(),
    )


def _opened(witness: Witness) -> dict[str, object]:
    """Return what opens the ledger entry: whoever has its leaf can see that it commits to this certificate."""
    return {
        "entry": witness.entry_id,
        "kind": LEDGER_KIND,
        "salt": witness.salt,
        "evidence": witness.evidence.decode(),
        "evidence_sha256": _sha256(witness.evidence),
        "commitment": commitment_of(witness.salt, witness.evidence),
    }


def write_certificate(certificate: Certificate) -> Path:
    """Write a certificate's file, complete or not at all, and return its path; writing it again changes nothing."""
    path = path_of(certificate)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, prefix=".", delete=False) as file:
        file.write(document_text(certificate.document))
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).replace(path)
    return path


def path_of(certificate: Certificate) -> Path:
    """Return where a certificate's file lies."""
    return Path(settings.CERTIFICATE_DIR) / f"purge-{certificate.run.as_of}-{certificate.uuid}.json"


def class_totals(items: Iterable[PurgeItem]) -> list[dict[str, Any]]:
    """Return `{"retention_class", "total", "held", "dropped"}` of every class that the items touch, in their order."""
    totals: dict[str, dict[str, Any]] = {}
    for item in items:
        of_class = totals.setdefault(
            item.retention_class, {"retention_class": item.retention_class, "total": 0, "held": 0, "dropped": 0}
        )
        for number in ("total", "held", "dropped"):
            of_class[number] += getattr(item, number)
    return list(totals.values())


def run_totals(run: PurgeRun) -> list[dict[str, Any]]:
    """Return the totals of every class that the run has a bound for, also where nothing was past its time."""
    return _totals_within(run, run.items.order_by("position"))


def _totals_within(run: PurgeRun, items: Iterable[PurgeItem]) -> list[dict[str, Any]]:
    found = {entry["retention_class"]: entry for entry in class_totals(items)}
    return [
        found.get(code, {"retention_class": code, "total": 0, "held": 0, "dropped": 0})
        for code in sorted(run.bounds, key=place_of)
    ]


def _content(run: PurgeRun, items: list[PurgeItem], certificate_id: UUID) -> dict[str, Any]:
    return {
        "type": TYPE,
        "version": VERSION,
        "certificate": certificate_id,
        "statement": STATEMENT,
        "provider": settings.PROVIDER["name"],
        "run": run.uuid,
        "status": run.status,
        "stopped_because": run.stopped_because,
        "as_of": run.as_of,
        "time_zone": settings.PROVIDER_TIME_ZONE,
        "trigger": run.trigger,
        "operator": {"kind": run.operator_kind, "name": run.operator},
        "reason": run.reason,
        "plan": _plan(run),
        "bounds": _bounds(run),
        "holds": sorted({str(hold) for item in items for hold in item.hold_ids}),
        "classes": _totals_within(run, items),
        "items": [_item(item) for item in items],
        "started_at": run.started_at,
        "issued_at": transaction_time(),
        "schema_version": schema_version(),
    }


def _plan(run: PurgeRun) -> dict[str, Any]:
    """Return who made the plan and who approved it; a run from before plans were kept has its digest alone."""
    plan = run.plan
    if plan is None:
        return {"plan": None, "digest": run.plan_digest}
    return {
        "plan": plan.uuid,
        "digest": plan.digest,
        "made_by": plan.made_by_name,
        "made_at": plan.made_at,
        "approved_by": plan.approved_by_name,
        "approved_at": plan.approved_at,
        "is_within_limits": plan.is_within_limits,
    }


def _bounds(run: PurgeRun) -> dict[str, dict[str, Any]]:
    """Return each class's bound with the version of the rule that it follows from; a replay follows the journal."""
    named = {bound["rule"] for bound in run.bounds.values()} - {JOURNAL}
    rules = {str(rule.uuid): rule for rule in RetentionRule.objects.filter(uuid__in=named)}
    return {
        code: _bound(run.bounds[code], rules.get(run.bounds[code]["rule"])) for code in sorted(run.bounds, key=place_of)
    }


def _bound(bound: dict[str, Any], rule: RetentionRule | None) -> dict[str, Any]:
    if rule is None:
        return bound
    return {
        **bound,
        "cutoff": rule.cutoff,
        "floor_months": rule.floor_months,
        "citation": rule.citation,
        "valid_from": rule.valid_from,
    }


def _item(item: PurgeItem) -> dict[str, Any]:
    return {
        "retention_class": item.retention_class,
        "action": item.action,
        "partition": item.partition,
        "from": item.lower,
        "before": item.before,
        "status": item.status,
        "given_up_because": item.last_error if item.status == PurgeItem.Status.FAILED else "",
        "planned_total": item.planned_total,
        "planned_held": item.planned_held,
        "total": item.total,
        "held": item.held,
        "dropped": item.dropped,
        "shrunk_by": item.shrunk_by,
        "bytes": item.bytes,
        "digest": item.digest,
        "held_digest": item.held_digest,
        "holds": item.hold_ids,
        "ledger_entry": item.entry_id,
        "finished_at": item.finished_at,
    }


def schema_version() -> dict[str, str]:
    """Return the last applied migration of each package whose tables a purge touches."""
    packages = {model._meta.app_label for model in covered_models()} | {PurgeRun._meta.app_label}
    applied = MigrationRecorder.Migration.objects.filter(app__in=packages)
    return dict(applied.order_by("app", "name").values_list("app", "name"))


def _sha256(data: bytes) -> str:
    return sha256(data).hexdigest()
