import tempfile
from datetime import timedelta

from disclosures.conditions import Condition
from disclosures.delivery import delivery_conditions
from disclosures.models import Package, PackageFile, Release
from disclosures.models.packages import PackageQuerySet
from disclosures.packaging.files import file_kind, write_package
from disclosures.packaging.lines import Lines
from ledger.services import PROVIDER_TAG, record
from protection.clock import provider_today, transaction_time
from protection.files import seal_file
from protection.models import SealedFile
from protection.rowsecurity import provider_rows

ATTEMPTS = 5
ABANDONED_AFTER = timedelta(minutes=35)
"""Longer than a worker may take (CELERY_TASK_TIME_LIMIT), so that nobody builds what another still builds."""

RETENTION_CLASS = "export_files"
Status = Package.Status
_FAILURE = "The file could not be built. The portal's log says why; make a new release afterwards."


def claim_packages() -> list[int]:
    """Return the ids of the releases whose packages wait to be built: left by a lost message or a killed worker."""
    with provider_rows():
        return list(_waiting().order_by("created_at").values_list("release_id", flat=True)[:100])


def build_package(*, release: Release) -> Package:
    """Build the file of a release, seal it, and enter its hash in the ledger; harmless to repeat.

    It runs in several short transactions: call it outside of one. Consent, agreement and the recipient's switch are
    checked first, so that nothing is put together that could not be fetched. What fails is tried again by the sweep,
    five times in all.
    """
    package = _claim(release)
    if package is None:
        with provider_rows():
            return Package.objects.get(release=release)
    try:
        with provider_rows():
            missing = delivery_conditions(release, provider_today())
        return _refuse(package, missing) if missing else _build(package, Lines(package.release))
    except Exception:
        _give_back(package)
        raise


def _waiting() -> PackageQuerySet:
    return Package.objects.waiting(abandoned_before=transaction_time() - ABANDONED_AFTER)


def _claim(release: Release) -> Package | None:
    """Take the package, unless another worker has it or it is over."""
    with provider_rows():
        waiting = _waiting().select_related("release__recipient")
        package = waiting.select_for_update(skip_locked=True, of=("self",)).filter(release=release).first()
        if package is None or _is_given_up(package):
            return None
        package.status = Status.BUILDING
        package.attempts += 1
        package.started_at = transaction_time()
        package.save(update_fields=["status", "attempts", "started_at"])
        return package


def _is_given_up(package: Package) -> bool:
    """Give up a package whose builders were all killed before they could say so."""
    if package.attempts < ATTEMPTS:
        return False
    package.problem = _FAILURE
    _finish(package, Status.FAILED)
    return True


def _build(package: Package, lines: Lines) -> Package:
    release = package.release
    with tempfile.TemporaryFile() as target:
        count = write_package(release, lines, target, lambda share: _show_progress(package, share))
        target.seek(0)
        name, content_type = file_kind(release, lines)
        with provider_rows():
            sealed = seal_file(target, name=name, content_type=content_type, retention_class=RETENTION_CLASS)
            _record_file(package, sealed, count)
            return _finish(package, Status.READY)


def _record_file(package: Package, sealed: SealedFile, count: int) -> None:
    release = package.release
    witness = record(
        kind="package.built",
        subject_tag=bytes(release.recipient.tag) if release.recipient else PROVIDER_TAG,
        evidence={
            "at": transaction_time(),
            "release": release.uuid,
            "sha256": sealed.sha256,
            "size": sealed.size,
            "records": count,
        },
    )
    PackageFile.objects.create(
        package=package,
        file=sealed,
        sha256=sealed.sha256,
        size=sealed.size,
        record_count=count,
        **witness.columns(),
    )


def _refuse(package: Package, missing: tuple[Condition, ...]) -> Package:
    package.problem = "\n".join(condition.message for condition in missing)
    with provider_rows():
        return _finish(package, Status.REFUSED)


def _finish(package: Package, status: str) -> Package:
    package.status = status
    package.progress = 1
    package.finished_at = transaction_time()
    package.save(update_fields=["status", "progress", "problem", "finished_at"])
    return package


def _give_back(package: Package) -> None:
    with provider_rows():
        if package.attempts >= ATTEMPTS:
            package.problem = _FAILURE
            _finish(package, Status.FAILED)
        else:
            Package.objects.filter(pk=package.pk).update(status=Status.PENDING, started_at=None)


def _show_progress(package: Package, share: float) -> None:
    with provider_rows():
        Package.objects.filter(pk=package.pk).update(progress=share)
