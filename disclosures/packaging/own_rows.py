"""A customer's own history as plain rows: the same for the table, the paper and the signed document."""

from collections.abc import Iterator
from typing import Any

from accounts.models import Customer, CustomerOpening
from disclosures.models import ReleaseLine
from disclosures.own_history import Kind, OwnConsent, OwnFilter, own_lines, own_looks, running_consents
from protection.clock import provider_today

COLUMNS = (
    "kind", "at", "who", "what", "data_from", "data_to", "purpose", "why", "basis", "citation", "until", "fetched",
    "ledger_entry",
)  # fmt: skip
"""The columns of the table. Periods are half-open: `data_to` and `until` are the first day that is no longer in it."""

Row = dict[str, Any]


def own_rows(customer: Customer, filters: OwnFilter) -> Iterator[Row]:
    """Yield the rows, kind by kind, each kind the newest first."""
    yield from (consent_row(each) for each in running_consents(customer, filters, provider_today()))
    yield from (line_row(line) for line in own_lines(customer, filters).iterator(chunk_size=1000))
    yield from (_look_row(look) for look in own_looks(customer, filters).iterator(chunk_size=1000))


def consent_row(each: OwnConsent) -> Row:
    """Return a running consent."""
    consent, scope = each.consent, each.scope
    return {
        "kind": Kind.CONSENT.value,
        "at": scope.created_at.isoformat(),
        "who": str(consent.recipient),
        "what": each.field_labels,
        "data_from": _day(scope.data_from),
        "data_to": _day(scope.data_to),
        "purpose": str(consent.purpose.name),
        "why": consent.project,
        "basis": each.status.reason,
        "until": _day(scope.permission_to),
        "ledger_entry": scope.entry_id,
    }


def line_row(line: ReleaseLine) -> Row:
    """Return what went out in one release."""
    release = line.release
    return {
        "kind": Kind.DISCLOSURE.value,
        "at": line.created_at.isoformat(),
        "who": release.recipient.legal_name if release.recipient else "",
        "what": line.field_labels,
        "data_from": _day(line.data_from),
        "data_to": _day(line.data_to),
        "purpose": str(release.purpose.name) if release.purpose else "",
        "why": release.reason,
        "basis": f"{release.basis.name}. {release.basis.in_plain_words}",
        "citation": release.basis.citation,
        "fetched": [moment.isoformat() for moment in getattr(line, "fetched", ())],
        "ledger_entry": line.entry_id,
    }


def _look_row(look: CustomerOpening) -> Row:
    return {
        "kind": Kind.LOOK.value,
        "at": look.created_at.isoformat(),
        "who": look.user.get_full_name(),
        "why": look.reason,
        "ledger_entry": look.entry_id,
    }


def _day(value: Any) -> str | None:
    return value.isoformat() if value else None
