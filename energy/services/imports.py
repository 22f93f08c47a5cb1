"""Take in a file: start, run, finish or fail. A run that does not finish has stored nothing but itself."""

from collections.abc import Iterable
from datetime import date
from typing import BinaryIO

from django.db import transaction

from accounts.models import Account, User
from energy.days import Calendar
from energy.errors import AsOfRefused, ImportRefused
from energy.greenbutton import Finding
from energy.models import ImportFinding, ImportRun, Receipt
from energy.selectors import months_before, not_before
from energy.services.counting import Loaded
from energy.services.greenbutton import Progress, load_greenbutton
from energy.services.months import MONTHS_AHEAD
from ledger.actor import Actor
from ledger.services import PROVIDER_TAG, record
from protection.clock import provider_today, provider_zone, transaction_time
from protection.files import open_file, seal_file

_MAY_LOOK_BACK = frozenset({"administrator", "operator", "system"})
_CONTENT_TYPES: dict[str, str] = {ImportRun.Kind.GREENBUTTON: "application/atom+xml"}


def _unwatched(_bytes: int) -> None:
    """Ignore progress."""


@transaction.atomic
def import_greenbutton(
    *, stream: BinaryIO, name: str, account: Account, as_of: date, by: Actor, progress: Progress = _unwatched
) -> ImportRun:
    """Take a Green Button feed in at once, from a seekable `stream`; keep the file sealed.

    Idempotent: the same file again changes no reading and no bill. `as_of` is the day by which retention judges it.
    Raises ImportRefused for a file that is not to be trusted, AsOfRefused for a past `as_of` of anyone but an
    administrator or operator; then nothing is stored (`fail_import` records the attempt).
    """
    run = _new_run(ImportRun.Kind.GREENBUTTON, account, as_of, by, ImportRun.Status.RUNNING)
    loaded = _load(run, stream, progress)
    stream.seek(0)
    _keep_original(run, stream, name)
    return _finish(run, loaded, by)


@transaction.atomic
def start_import(
    *, kind: ImportRun.Kind, stream: BinaryIO, name: str, account: Account | None, as_of: date, by: Actor
) -> ImportRun:
    """Keep a file sealed and return the run that waits for `run_import`."""
    run = _new_run(kind, account, as_of, by, ImportRun.Status.PENDING)
    _keep_original(run, stream, name)
    run.save(update_fields=["original", "sha256"])
    return run


@transaction.atomic
def run_import(*, run: ImportRun, progress: Progress = _unwatched) -> ImportRun:
    """Take in the file of a run that `start_import` made; a run that is over stays as it is.

    Raises ImportRefused for a file that is not to be trusted; record that with `fail_import` in a new transaction.
    """
    run = ImportRun.objects.select_for_update().get(pk=run.pk)
    if run.is_over or run.original is None:
        return run
    with open_file(run.original) as stream:
        loaded = _load(run, stream, progress)
    return _finish(run, loaded, actor_of(run))


@transaction.atomic
def fail_import(*, run: ImportRun, error: ImportRefused) -> ImportRun:
    """Record that a run failed, and why."""
    run.status, run.message = ImportRun.Status.FAILED, str(error)
    run.finished_at = transaction_time()
    run.save(update_fields=["status", "message", "finished_at"])
    _keep_findings(run, [Finding(error.line, "refused", error.message, error.remedy)])
    return run


@transaction.atomic
def record_refusal(
    *, kind: ImportRun.Kind, account: Account, as_of: date, by: Actor, error: ImportRefused
) -> ImportRun:
    """Record an attempt to take in a file at once that was refused and left nothing."""
    return fail_import(run=_new_run(kind, account, as_of, by, ImportRun.Status.RUNNING), error=error)


def actor_of(run: ImportRun) -> Actor:
    """Return who asked for the run."""
    if run.created_by_id is not None:
        return Actor.of(User.objects.get(pk=run.created_by_id), reason=run.reason)
    return Actor.operator(run.operator, run.reason)


def _new_run(
    kind: ImportRun.Kind, account: Account | None, as_of: date, by: Actor, status: ImportRun.Status
) -> ImportRun:
    if as_of < provider_today() and by.kind not in _MAY_LOOK_BACK:
        raise AsOfRefused
    return ImportRun.objects.create(
        kind=kind,
        status=status,
        account=account,
        as_of=as_of,
        not_before=not_before(as_of),
        created_by_id=by.user_id,
        operator="" if by.user_id else by.name,
        reason=by.reason,
        started_at=None if status == ImportRun.Status.PENDING else transaction_time(),
    )


def _load(run: ImportRun, stream: BinaryIO, progress: Progress) -> Loaded:
    if run.kind != ImportRun.Kind.GREENBUTTON or run.account is None:
        raise ImportRefused("This kind of file has no reader here.", remedy="Choose the kind that the file has.")
    return load_greenbutton(
        stream=stream,
        run=run,
        account=run.account,
        calendar=Calendar(provider_zone()),
        last_day=months_before(provider_today(), -MONTHS_AHEAD),
        progress=progress,
    )


def _keep_original(run: ImportRun, stream: BinaryIO, name: str) -> None:
    run.original = seal_file(
        stream, name=name, content_type=_CONTENT_TYPES.get(run.kind, "text/csv"), retention_class="import_originals"
    )
    run.sha256 = run.original.sha256


def _finish(run: ImportRun, loaded: Loaded, by: Actor) -> ImportRun:
    run.status, run.progress = ImportRun.Status.FINISHED, 1
    run.counters = loaded.counters.as_json()
    run.finished_at = transaction_time()
    run.save()
    _keep_findings(run, loaded.findings)
    witness = record(
        kind="import.finished",
        subject_tag=bytes(run.account.customer.tag) if run.account else PROVIDER_TAG,
        evidence={
            "by": by.evidence(),
            "run": run.uuid,
            "kind": run.kind,
            "account": run.account.uuid if run.account else None,
            "sha256": run.sha256,
            "as_of": run.as_of,
            "counters": run.counters,
            "at": run.finished_at,
        },
    )
    Receipt.objects.create(account=run.account, import_run=run.uuid, kind="import.finished", **witness.columns())
    return run


def _keep_findings(run: ImportRun, findings: Iterable[Finding]) -> None:
    ImportFinding.objects.bulk_create(
        ImportFinding(
            run=run,
            line=finding.line,
            code=finding.code,
            message=finding.message,
            action=finding.action,
            count=finding.count,
        )
        for finding in findings
    )
