"""All that would be asked about one consent in a dispute, on one page: what consent, disclosures and ledger know."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.views.generic import TemplateView

from consent.models import Consent, ConsentVersion, Reminder
from consent.selectors import consent_history
from consent.views.desk import OpenedConsentMixin
from consent.views.detail import page_of
from disclosures.models import Delivery, ReleaseLine
from ledger.models import Entry


@dataclass(frozen=True, slots=True)
class Proof:
    """What proves one act: the version, its ledger entry, its place in the sealed tree (None: not sealed yet)."""

    version: ConsentVersion
    commitment: str
    log_index: int | None
    original_sha256: str
    authenticated_at: datetime | None


class ConsentRecordView(OpenedConsentMixin, TemplateView):
    """Show a privacy officer everything that proves, or disproves, a consent."""

    template_name = "portal/consent_record.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        versions = list(consent_history(self.consent))
        entries = Entry.objects.select_related("sealed").in_bulk([version.entry_id for version in versions])
        lines = list(_lines_under(self.consent))
        return super().get_context_data(
            consent=self.consent,
            **page_of(self.consent),
            evidence=[_proof(version, entries) for version in versions],
            lines=lines,
            deliveries=_deliveries_of({line.release_id for line in lines}),
            reminders=Reminder.objects.filter(consent=self.consent).order_by("-due_on"),
            **kwargs,
        )


def _proof(version: ConsentVersion, entries: Mapping[int, Entry]) -> Proof:
    entry = entries.get(version.entry_id)
    sealed = getattr(entry, "sealed", None)
    moment = (version.signature or {}).get("authenticated_at")
    file = version.evidence_json.get("file") or {}
    return Proof(
        version=version,
        commitment=bytes(entry.commitment).hex() if entry else "",
        log_index=sealed.log_index if sealed else None,
        original_sha256=file.get("original_sha256", ""),
        authenticated_at=datetime.fromisoformat(moment) if moment else None,
    )


def _lines_under(consent: Consent) -> QuerySet[ReleaseLine]:
    lines = ReleaseLine.objects.filter(consent_version__consent=consent)
    return lines.select_related("release__requested_by", "consent_version").order_by("-created_at", "-entry_id")


def _deliveries_of(releases: set[int]) -> QuerySet[Delivery]:
    found = Delivery.objects.filter(package__release__in=releases).select_related("package__release")
    return found.order_by("-created_at", "-pk")
