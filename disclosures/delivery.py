"""May a package still be fetched? The same conditions as for the release, as they stand now. It changes nothing."""

from collections.abc import Iterator
from datetime import date

from consent.models import ConsentVersion
from consent.selectors import consents_in_force
from disclosures.conditions import Condition
from disclosures.gate import consent_condition, hold_recipient, recipient_conditions
from disclosures.models import Delivery, Package, Release, ReleaseLine
from protection.clock import provider_zone, transaction_time


def delivery_conditions(release: Release, day: date, *, lock: bool = False) -> tuple[Condition, ...]:
    """Return what a release lacks now for its data to be handed over: agreement, switch, every customer's consent.

    With `lock` neither the consents nor the switch can change until the transaction ends.
    """
    if lock and release.recipient is not None:
        hold_recipient(release.recipient)
    return (*_recipient_conditions(release, day), *_consent_conditions(release, lock=lock))


def fetch_conditions(package: Package, day: date) -> tuple[Condition, ...]:
    """Return why a package cannot be fetched now: what its release lacks, its time, its number of downloads."""
    return (*delivery_conditions(package.release, day, lock=True), *_package_conditions(package))


def _recipient_conditions(release: Release, day: date) -> Iterator[Condition]:
    if release.recipient is not None:
        yield from recipient_conditions(release.recipient, needs_agreement=release.requires_agreement, day=day)


def _consent_conditions(release: Release, *, lock: bool) -> Iterator[Condition]:
    if not release.requires_consent or release.recipient is None or release.purpose is None:
        return
    lines = list(release.lines.select_related("customer").order_by("entry_id"))
    versions: dict[int, list[ConsentVersion]] = {}
    for version in consents_in_force(
        recipient=release.recipient, purpose=release.purpose, customers=[line.customer_id for line in lines], lock=lock
    ):
        versions.setdefault(version.customer_id, []).append(version)
    for line in lines:
        running = versions.get(line.customer_id, [])
        if not running:
            yield consent_condition(line.customer, release.recipient, release.purpose)
        elif not any(_covers(version, line) for version in running):
            yield Condition("consent_narrowed", {"customer": str(line.customer)})


def _covers(version: ConsentVersion, line: ReleaseLine) -> bool:
    points = set(version.usage_point_ids)
    return (
        set(line.field_ids) <= set(version.field_ids)
        and (version.data_from is None or version.data_from <= line.data_from)
        and (version.data_to is None or line.data_to <= version.data_to)
        and (not points or set() < set(line.usage_point_ids) <= points)
    )


def _package_conditions(package: Package) -> Iterator[Condition]:
    if package.expires_at <= transaction_time():
        yield Condition("package_expired", {"day": package.expires_at.astimezone(provider_zone()).date()})
    fetched = package.deliveries.filter(outcome=Delivery.Outcome.DELIVERED).count()
    if fetched >= package.downloads_max:
        yield Condition("package_used_up", {"count": fetched})
    if package.built.file.destroyed_at is not None:
        yield Condition("package_disposed")
