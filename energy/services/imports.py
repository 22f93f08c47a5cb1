"""Take in a file: start, run, finish or fail. A run that does not finish has stored nothing but itself."""

from collections.abc import Iterable
from datetime import date
from typing import Any, BinaryIO
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction

from accounts.errors import NotAllowedError
from accounts.models import Account, User
from energy.days import Calendar
from energy.errors import AsOfRefused, ImportRefused
from energy.greenbutton import Finding
from energy.models import ImportFinding, ImportRun, Receipt
from energy.permissions import can_import, can_look_back
from energy.selectors import months_before, not_before
from energy.services.counting import Loaded
from energy.services.csv_customers import load_csv_customers
from energy.services.csv_mapping import MappingFile, kind_of
from energy.services.csv_readings import load_csv_readings
from energy.services.greenbutton import Progress, load_greenbutton
from energy.services.months import MONTHS_AHEAD
from ledger.actor import Actor
from ledger.services import PROVIDER_TAG, record
from protection.clock import provider_today, provider_zone, transaction_time
from protection.files import open_file, seal_file

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
    administrator or operator, NotAllowedError for whom no import is; then nothing is stored (`record_refusal` records
    the attempt).
    """
    run = _new_run(ImportRun.Kind.GREENBUTTON, as_of, by, ImportRun.Status.RUNNING, account=account)
    return _take_in_at_once(run, stream, name, by, progress)


@transaction.atomic
def import_csv(
    *, stream: BinaryIO, name: str, mapping: MappingFile, as_of: date, by: Actor, progress: Progress = _unwatched
) -> ImportRun:
    """Take a CSV feed in at once, from a seekable `stream`, as its mapping says; keep file and mapping.

    Idempotent, and raises, as `import_greenbutton` does; also ImportRefused for a mapping that makes no sense.
    """
    kind = kind_of(mapping.read())
    run = _new_run(kind, as_of, by, ImportRun.Status.RUNNING, options=mapping.options)
    return _take_in_at_once(run, stream, name, by, progress)


@transaction.atomic
def start_import(
    *,
    kind: ImportRun.Kind,
    stream: BinaryIO,
    name: str,
    as_of: date,
    by: Actor,
    account: Account | None = None,
    mapping: MappingFile | None = None,
    uuid: UUID | None = None,
) -> ImportRun:
    """Keep a file sealed and return the run that waits for `run_import`.

    With the `uuid` of a run that the same person started before, return that one: a form sent twice makes one run.
    """
    options = mapping.options if mapping else {}
    run = _new_run(kind, as_of, by, ImportRun.Status.PENDING, account=account, options=options, uuid=uuid)
    if run.original is None:
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
    by = actor_of(run)
    with open_file(run.original) as stream:
        loaded = _load(run, stream, by, progress)
    return _finish(run, loaded, by)


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
    *, kind: ImportRun.Kind, as_of: date, by: Actor, error: ImportRefused, account: Account | None = None
) -> ImportRun:
    """Record an attempt to take in a file at once that was refused and left nothing."""
    return fail_import(run=_new_run(kind, as_of, by, ImportRun.Status.RUNNING, account=account), error=error)


def actor_of(run: ImportRun) -> Actor:
    """Return who asked for the run."""
    if run.created_by_id is not None:
        return Actor.of(User.objects.get(pk=run.created_by_id), reason=run.reason)
    return Actor.operator(run.operator, run.reason)


def _new_run(
    kind: ImportRun.Kind, as_of: date, by: Actor, status: ImportRun.Status, *, uuid: UUID | None = None, **more: Any
) -> ImportRun:
    if not can_import(by):
        raise NotAllowedError
    if as_of < provider_today() and not can_look_back(by):
        raise AsOfRefused
    given = {
        "kind": kind,
        "status": status,
        "as_of": as_of,
        "not_before": not_before(as_of),
        "operator": "" if by.user_id else by.name,
        "reason": by.reason,
        "started_at": None if status == ImportRun.Status.PENDING else transaction_time(),
        **more,
    }
    try:
        run, _is_new = ImportRun.objects.get_or_create(uuid=uuid or uuid4(), created_by_id=by.user_id, defaults=given)
    except IntegrityError as error:
        raise ImportRefused(
            "This form was sent before.", remedy="Open the page anew and send the file again."
        ) from error
    return run


def _take_in_at_once(run: ImportRun, stream: BinaryIO, name: str, by: Actor, progress: Progress) -> ImportRun:
    loaded = _load(run, stream, by, progress)
    stream.seek(0)
    _keep_original(run, stream, name)
    return _finish(run, loaded, by)


def _load(run: ImportRun, stream: BinaryIO, by: Actor, progress: Progress) -> Loaded:
    if run.kind == ImportRun.Kind.CSV_CUSTOMERS:
        mapping = MappingFile.of(run).read()
        return load_csv_customers(stream=stream, run=run, mapping=mapping, by=by, progress=progress)
    calendar, last_day = Calendar(provider_zone()), months_before(provider_today(), -MONTHS_AHEAD)
    if run.kind == ImportRun.Kind.CSV_READINGS:
        mapping = MappingFile.of(run).read()
        return load_csv_readings(
            stream=stream, run=run, mapping=mapping, calendar=calendar, last_day=last_day, progress=progress
        )
    if run.kind == ImportRun.Kind.GREENBUTTON and run.account is not None:
        return load_greenbutton(
            stream=stream, run=run, account=run.account, calendar=calendar, last_day=last_day, progress=progress
        )
    raise ImportRefused("This kind of file has no reader here.", remedy="Choose the kind that the file has.")


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
