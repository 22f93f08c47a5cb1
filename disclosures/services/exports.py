import tempfile
from datetime import date
from pathlib import Path
from typing import BinaryIO, cast
from uuid import UUID, uuid4
from zipfile import ZIP_DEFLATED, ZipFile

from django.db import transaction

from accounts.models import Account, Recipient
from accounts.reasons import is_reason
from accounts.services import record_act
from consent.models import Purpose
from disclosures.errors import (
    AccountUnknownError,
    ExportGoneError,
    FolderNotEmptyError,
    NotAllowedError,
    PeriodError,
    ReasonMissingError,
)
from disclosures.history import HistoryFilter, Outcome
from disclosures.models import HistoryExport, HistoryExportFile, LegalBasis
from disclosures.packaging.history import Archive, Folder, WrittenHistory, write_history
from disclosures.packaging.parts import part_for, seal_for
from disclosures.permissions import can_export_history
from disclosures.services.packages import ABANDONED_AFTER, ATTEMPTS, RETENTION_CLASS
from disclosures.snapshots import snapshot
from ledger.actor import Actor
from ledger.services import PROVIDER_TAG, record
from protection.clock import transaction_time
from protection.files import seal_file
from protection.models import SealedFile
from protection.rowsecurity import provider_rows

Status = HistoryExport.Status


def export_history(
    *,
    folder: Path,
    from_: date,
    to: date,
    by: Actor,
    account: str = "",
    recipient: Recipient | None = None,
    purpose: Purpose | None = None,
    basis: LegalBasis | None = None,
    outcome: Outcome | None = None,
    has_workbook: bool = False,
) -> HistoryExport:
    """Write the history of the days from `from_` to `to`, both included, into a new or empty folder, and record it.

    The folder gets the files of docs/ledger-format.md, section 9, which `python -m ledger.verify` checks. The
    reason is the actor's. Call it outside of a transaction. Raises PeriodError, AccountUnknownError for an account
    number that does not exist, FolderNotEmptyError, NotAllowedError, ReasonMissingError.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FolderNotEmptyError(folder)
    with provider_rows():
        filters = HistoryFilter(
            from_=from_,
            to=end_of(from_, to),
            account=account_of(account),
            recipient=recipient,
            purpose=purpose,
            basis=basis,
            outcome=outcome,
        )
        export = request_export(filters=filters, reason=by.reason, by=by, has_workbook=has_workbook)
        HistoryExport.objects.filter(pk=export.pk).update(status=Status.RUNNING, started_at=transaction_time())
    folder.mkdir(parents=True, exist_ok=True)
    written = _write(Folder(folder), filters, export, by)
    with provider_rows():
        return _finish(export, written, by, archive=None)


@transaction.atomic
def request_export(
    *,
    filters: HistoryFilter,
    reason: str,
    by: Actor,
    request_uuid: UUID | None = None,
    has_workbook: bool = False,
) -> HistoryExport:
    """Ask for an export of the history, to be built afterwards. The same `request_uuid` again is the same export.

    With `has_workbook` the table comes as XLSX, too, which takes several times as long.

    Raises NotAllowedError, ReasonMissingError.
    """
    if not can_export_history(by):
        raise NotAllowedError
    if not is_reason(reason):
        raise ReasonMissingError
    export, _is_new = HistoryExport.objects.get_or_create(
        request_uuid=request_uuid or uuid4(),
        defaults={
            "filters": filters.as_json(),
            "created_by_id": by.user_id,
            "actor_kind": by.kind,
            "actor_name": by.name,
            "reason": reason.strip(),
            "has_workbook": has_workbook,
        },
    )
    return export


def claim_exports() -> list[int]:
    """Return the ids of the exports that wait to be built: left by a lost message or a killed worker."""
    with provider_rows():
        waiting = HistoryExport.objects.waiting(abandoned_before=transaction_time() - ABANDONED_AFTER)
        return list(waiting.order_by("created_at").values_list("pk", flat=True)[:100])


def build_export(*, export: HistoryExport) -> HistoryExport:
    """Build the archive of an export, seal it and enter it in the ledger; harmless to repeat.

    Call it outside of a transaction. What fails is tried again by the sweep, five times in all.
    """
    claimed = _claim(export.pk)
    if claimed is None:
        return export
    by = Actor(kind=claimed.actor_kind, name=claimed.actor_name, user_id=claimed.created_by_id, reason=claimed.reason)
    try:
        with provider_rows():
            filters = HistoryFilter.from_json(claimed.filters)
        with tempfile.TemporaryFile() as file:
            with ZipFile(file, "w", ZIP_DEFLATED) as archive:
                written = _write(Archive(archive), filters, claimed, by)
            file.seek(0)
            with provider_rows():
                return _finish(claimed, written, by, archive=_seal(cast(BinaryIO, file), claimed))
    except Exception:
        _give_back(claimed)
        raise


@transaction.atomic
def fetch_export(*, export: HistoryExport, by: Actor) -> SealedFile:
    """Return the archive of an export for downloading, and enter in the ledger who fetched it.

    Raises NotAllowedError, ExportGoneError before it is built, 30 days after, and once it was disposed of.
    """
    if not can_export_history(by):
        raise NotAllowedError
    archive = export.built.archive if export.status == Status.FINISHED else None
    if archive is None or not export.is_fetchable(transaction_time()):
        raise ExportGoneError
    record_act(kind="history.fetched", by=by, facts={"export": export.uuid}, row_uuid=export.uuid)
    return archive


def end_of(from_: date, to: date) -> date:
    """Return the first day after `to`. Raises PeriodError when that is not after `from_`."""
    if to < from_:
        raise PeriodError
    return date.fromordinal(to.toordinal() + 1)


def account_of(number: str) -> Account | None:
    """Return the account of a number, None for none given. Raises AccountUnknownError."""
    if not number.strip():
        return None
    account = Account.objects.filter(number=number.strip()).first()
    if account is None:
        raise AccountUnknownError(number)
    return account


def _claim(pk: int) -> HistoryExport | None:
    with provider_rows():
        waiting = HistoryExport.objects.waiting(abandoned_before=transaction_time() - ABANDONED_AFTER)
        export = waiting.select_for_update(skip_locked=True).filter(pk=pk).first()
        if export is not None and export.attempts >= ATTEMPTS:
            _fail(export)
            return None
        if export is not None:
            export.status = Status.RUNNING
            export.attempts += 1
            export.started_at = transaction_time()
            export.save(update_fields=["status", "attempts", "started_at"])
        return export


def _write(target: Folder | Archive, filters: HistoryFilter, export: HistoryExport, by: Actor) -> WrittenHistory:
    with provider_rows():
        seal_for(filters)
    with snapshot():
        return write_history(
            target, filters, part_for(filters), reason=export.reason, by=by, has_workbook=export.has_workbook
        )


def _seal(archive: BinaryIO, export: HistoryExport) -> SealedFile:
    return seal_file(
        archive,
        name=f"disclosures-{str(export.uuid)[:8]}.zip",
        content_type="application/zip",
        retention_class=RETENTION_CLASS,
    )


def _finish(export: HistoryExport, written: WrittenHistory, by: Actor, *, archive: SealedFile | None) -> HistoryExport:
    now = transaction_time()
    witness = record(
        kind="history.exported",
        subject_tag=PROVIDER_TAG,
        evidence={"at": now, "by": by.evidence(), "export": export.uuid, "manifest": written.manifest},
    )
    HistoryExportFile.objects.create(
        export=export,
        archive=archive,
        manifest=written.manifest,
        record_count=written.count,
        **witness.columns(),
    )
    export.status, export.progress, export.finished_at = Status.FINISHED, 1, now
    export.save(update_fields=["status", "progress", "finished_at"])
    return export


def _fail(export: HistoryExport) -> None:
    export.status, export.finished_at = Status.FAILED, transaction_time()
    export.problem = "The export could not be built. The portal's log says why."
    export.save(update_fields=["status", "problem", "finished_at"])


def _give_back(export: HistoryExport) -> None:
    with provider_rows():
        if export.attempts >= ATTEMPTS:
            _fail(export)
        else:
            HistoryExport.objects.filter(pk=export.pk).update(status=Status.PENDING, started_at=None)
