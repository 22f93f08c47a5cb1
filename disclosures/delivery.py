"""May a package still be fetched? The same conditions as for the release, as they stand now. It changes nothing."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db import connection

from accounts.models import Customer
from disclosures.conditions import Condition
from disclosures.demand_conditions import delivery_demand_conditions
from disclosures.gate import consent_condition, recipient_conditions, recipient_facts
from disclosures.models import Delivery, Package, Release
from protection.clock import provider_zone, transaction_time

NAMED_AT_MOST = 10
"""More customers than this are counted, not named."""

# A line is covered by one version that permits today all that it let out; the organization's own is asked apart.
_UNCOVERED = """
SELECT line.customer_id, EXISTS (
    SELECT FROM consent_consent head
    JOIN consent_states(%(day)s::date) now ON now.version_id = head.scope_version_id
        AND now.state IN ('active', 'recipient_stopped', 'agreement_ended')
    WHERE head.customer_id = line.customer_id AND head.recipient_id = %(recipient)s
      AND head.purpose_id = %(purpose)s AND head.is_granted) AS is_narrowed
FROM disclosures_releaseline line
WHERE line.release_id = %(release)s AND line.created_at = %(at)s AND NOT EXISTS (
    SELECT FROM consent_consent head JOIN consent_consentversion version ON version.id = head.scope_version_id
    JOIN consent_states(%(day)s::date) now ON now.version_id = version.id
        AND now.state IN ('active', 'recipient_stopped', 'agreement_ended')
    WHERE head.customer_id = line.customer_id AND head.recipient_id = %(recipient)s
      AND head.purpose_id = %(purpose)s AND head.is_granted
      AND line.field_ids <@ version.field_ids
      AND (version.data_from IS NULL OR version.data_from <= line.data_from)
      AND (version.data_to IS NULL OR version.data_to >= line.data_to)
      AND (version.usage_point_ids = '{}'
           OR (line.usage_point_ids <> '{}' AND line.usage_point_ids <@ version.usage_point_ids)))
ORDER BY line.entry_id
"""
_LOCK = """
SELECT consent_lock(%(recipient)s, %(purpose)s, (SELECT array_agg(customer_id) FROM disclosures_releaseline
                                                WHERE release_id = %(release)s AND created_at = %(at)s))
"""


def delivery_conditions(release: Release, day: date, *, lock: bool = False) -> tuple[Condition, ...]:
    """Return what a release lacks now for its data to be handed over: agreement, switch, every customer's consent.

    With `lock` neither the consents nor the switch can change until the transaction ends.
    """
    return (
        *_recipient_conditions(release, day, lock=lock),
        *delivery_demand_conditions(release, day),
        *_consent_conditions(release, day, lock=lock),
    )


def fetch_conditions(package: Package, day: date) -> tuple[Condition, ...]:
    """Return why a package cannot be fetched now: what its release lacks, its time, its number of downloads."""
    return (*delivery_conditions(package.release, day, lock=True), *_package_conditions(package))


def _recipient_conditions(release: Release, day: date, *, lock: bool) -> Iterator[Condition]:
    if release.recipient is not None:
        facts = recipient_facts(release.recipient, day, lock=lock)
        yield from recipient_conditions(release.recipient, facts, needs_agreement=release.requires_agreement)


def _consent_conditions(release: Release, day: date, *, lock: bool) -> Iterator[Condition]:
    if not release.requires_consent or release.recipient is None or release.purpose is None:
        return
    values: dict[str, Any] = {
        "release": release.pk,
        "at": release.decided_at,
        "recipient": release.recipient.pk,
        "purpose": release.purpose.pk,
        "day": day,
    }
    with connection.cursor() as cursor:
        if lock:
            cursor.execute(_LOCK, values)
        cursor.execute(_UNCOVERED, values)
        uncovered = dict(cursor.fetchall())
    if len(uncovered) > NAMED_AT_MOST:
        yield Condition("consents_ended", {"count": len(uncovered)})
        return
    customers = Customer.objects.in_bulk(uncovered)
    for customer_id, is_narrowed in uncovered.items():
        if is_narrowed:
            yield Condition("consent_narrowed", {"customer": str(customers[customer_id])})
        else:
            yield consent_condition(customers[customer_id], release.recipient, release.purpose)


def _package_conditions(package: Package) -> Iterator[Condition]:
    if package.expires_at <= transaction_time():
        yield Condition("package_expired", {"day": package.expires_at.astimezone(provider_zone()).date()})
    fetched = package.deliveries.filter(outcome=Delivery.Outcome.DELIVERED).count()
    if fetched >= package.downloads_max:
        yield Condition("package_used_up", {"count": fetched})
    if package.built.file.destroyed_at is not None:
        yield Condition("package_disposed")
