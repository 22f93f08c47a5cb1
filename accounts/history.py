"""What was done about a recipient, in words, from the acts that the ledger has of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import AccountAct, Recipient

_WORDS: dict[str, str | Promise] = {
    "recipient.registered": gettext_lazy("Added to the register"),
    "recipient.changed": gettext_lazy("Changed"),
    "recipient.stopped": gettext_lazy("Every release stopped"),
    "recipient.resumed": gettext_lazy("Releases allowed again"),
    "recipient.contact_added": gettext_lazy("Contact added"),
    "recipient.contact_removed": gettext_lazy("Contact removed"),
    "recipient.site_added": gettext_lazy("Web address added"),
    "recipient.site_removed": gettext_lazy("Web address removed"),
    "recipient.onward_added": gettext_lazy("Onward recipient added"),
    "recipient.onward_removed": gettext_lazy("Onward recipient removed"),
    "recipient.incident_reported": gettext_lazy("Incident reported"),
    "recipient.incident_closed": gettext_lazy("Incident closed"),
    "recipient.notice_acknowledged": gettext_lazy("Notice acknowledged"),
    "agreement.added": gettext_lazy("Agreement recorded"),
    "agreement.clauses_checked": gettext_lazy("Clauses of an agreement checked"),
    "agreement.ended": gettext_lazy("Agreement ended"),
    "agreement.certificate_received": gettext_lazy("Certificate of return or destruction received"),
}
_TOLD = ("reason", "outcome", "title", "name", "address", "what", "signer", "legal_name")
"""Members of an act's evidence that say in a word what or why, the most telling first."""


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One act as `components/history.html` shows it."""

    at: datetime
    who: str
    what: str
    why: str
    basis: str


def history_of(recipient: Recipient) -> list[HistoryEntry]:
    """Return every act about a recipient, the latest first."""
    acts = AccountAct.objects.filter(row_uuid=recipient.uuid).order_by("-created_at", "-pk")
    return [_entry(act) for act in acts]


def _entry(act: AccountAct) -> HistoryEntry:
    evidence = act.evidence_json
    return HistoryEntry(
        at=act.created_at,
        who=evidence["by"]["name"],
        what=str(_WORDS.get(act.kind, act.kind)),
        why=_changes(evidence["changes"]) if "changes" in evidence else _told(evidence),
        basis=_("ledger entry %(number)s") % {"number": act.entry_id},
    )


def _changes(changes: Mapping[str, list[str]]) -> str:
    fields = {field.name: str(field.verbose_name) for field in Recipient._meta.concrete_fields}
    return "; ".join(f"{fields[name]}: {former or '–'} → {value or '–'}" for name, (former, value) in changes.items())


def _told(evidence: Mapping[str, Any]) -> str:
    return next((str(evidence[name]) for name in _TOLD if evidence.get(name)), "")
