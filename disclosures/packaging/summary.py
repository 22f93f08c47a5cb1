"""The first page of an export for people: what was asked, what was counted, what it proves; as PDF."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from disclosures.history import HistoryFilter
from disclosures.statistics import Tally, by_basis, by_month, by_recipient
from ledger.paper import Column, Facts, Paper, Prose, Table, render_paper
from ledger.signing import sign_receipt

TYPE = "resguardo.disclosure-summary"


def summary_paper(filters: HistoryFilter, facts: Mapping[str, Any]) -> bytes:
    """Return the PDF of an export's summary; `facts` are members of its manifest. The signed facts are attached."""
    document = sign_receipt({**facts, "type": TYPE, "version": 1})
    payload: Mapping[str, Any] = document["payload"]  # type: ignore[assignment]
    counts = payload["counts"]
    paper = Paper(
        title=_("Disclosure history: summary of an export"),
        language=(get_language() or "en").split("-")[0],
        issuer=payload["provider"],
        issued_at=datetime.fromisoformat(payload["made_at"]),
        lead=_("%(released)s disclosures and %(denied)s refusals are in this export.")
        % {name: f"{counts[name]:,}" for name in ("released", "denied")},
        sections=[
            Facts(_("The export"), list(_facts(payload))),
            _tallies(_("By month"), _("Month"), by_month(filters), has_denied=True),
            _tallies(_("By recipient, at most twenty"), _("Recipient"), by_recipient(filters)),
            _tallies(_("By legal basis"), _("Legal basis"), by_basis(filters)),
            Prose([payload["states"], *payload["proves"]], _("What the export proves")),
            Prose(list(payload["does_not_prove"]), _("What it does not prove")),
            Prose([_("The manifest beside this paper is what is signed and checked: python -m ledger.verify PLACE")]),
        ],
        attachment="summary.json",
    )
    return render_paper(paper, document=document)


def _facts(payload: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    made_at = localtime(datetime.fromisoformat(payload["made_at"]))
    asked = ", ".join(f"{name} = {value}" for name, value in payload["filter"].items())
    checkpoint = payload["checkpoint"]
    return [
        (_("Made"), f"{date_format(made_at, 'DATETIME_FORMAT')}, {payload['made_by']}"),
        (_("Reason"), payload["reason"]),
        (_("Filters"), asked or _("none: everything")),
        (_("Checkpoint of the ledger"), f"{checkpoint['size']:,}: {checkpoint['root']}"),
        (_("Entries not sealed yet"), f"{payload['unsealed']:,}"),
    ]


def _tallies(title: str, head: str, tallies: Sequence[Tally], *, has_denied: bool = False) -> Table:
    columns = [Column(head, 3), Column(_("Released"), is_number=True)]
    columns += [Column(_("Refused"), is_number=True)] if has_denied else []
    rows = [[tally.label, f"{tally.released:,}", *([f"{tally.denied:,}"] if has_denied else [])] for tally in tallies]
    return Table(title, columns, rows)
