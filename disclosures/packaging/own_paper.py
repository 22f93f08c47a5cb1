"""A customer's own history on paper, with the signed document inside."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import Customer
from disclosures.own_history import KIND_LABELS, Kind
from disclosures.packaging.own_rows import Row
from ledger.paper import Column, Paper, Prose, Section, Table, render_paper

MOST_ROWS = 500
"""So many lines of a kind a paper has; the signed document inside has all."""


def own_paper(customer: Customer, rows: Sequence[Row], document: dict[str, Any]) -> bytes:
    """Return the PDF of a customer's history in the active language."""
    payload = document["payload"]
    paper = Paper(
        title=_("Who has my data"),
        language=(get_language() or "en").split("-")[0],
        issuer=payload["provider"],
        issued_at=datetime.fromisoformat(payload["made_at"]),
        lead=_("The history of %(name)s's data, as of %(day)s.")
        % {"name": customer.name, "day": date_format(localtime(datetime.fromisoformat(payload["made_at"])).date())},
        sections=list(_sections(rows)),
        attachment="who-has-my-data.json",
        keywords=[payload["customer"]],
    )
    return render_paper(paper, document=document)


def _sections(rows: Sequence[Row]) -> Iterator[Section]:
    for kind in Kind:
        found = [row for row in rows if row["kind"] == kind]
        if not found:
            yield Prose([_("Nothing.")], str(KIND_LABELS[kind]))
            continue
        yield Table(str(KIND_LABELS[kind]), _columns(kind), [_cells(kind, row) for row in found[:MOST_ROWS]])
        if len(found) > MOST_ROWS:
            text = _("These are the latest %(shown)d of %(all)d lines. The file attached to this PDF has all of them.")
            yield Prose([text % {"shown": MOST_ROWS, "all": len(found)}])
    text = _(
        "The file attached to this PDF is signed. It shows that no line was altered and up to when none is missing."
        " Check it without us: python resguardo-verify.pyz who-has-my-data.json"
    )
    yield Prose([text], _("Proof"))


def _columns(kind: Kind) -> list[Column]:
    if kind == Kind.LOOK:
        return [Column(_("When"), 2), Column(_("Who"), 2), Column(_("Why"), 4)]
    return [
        Column(_("When"), 2),
        Column(_("To whom"), 2),
        Column(_("What"), 3),
        Column(_("Why"), 3),
        Column(_("On what basis"), 3),
    ]


def _cells(kind: Kind, row: Row) -> list[str]:
    when = date_format(localtime(datetime.fromisoformat(row["at"])), "DATETIME_FORMAT")
    if kind == Kind.LOOK:
        return [when, row["who"], row["why"]]
    what = f"{', '.join(row['what'])}\n{_days(row['data_from'], row['data_to'])}"
    why = ": ".join(part for part in (row["purpose"], row["why"]) if part)
    return [when, row["who"] or _("You"), what, why, row["basis"]]


def _days(first: str | None, end: str | None) -> str:
    """Return a half-open period by its first and last day."""
    begins = date_format(date.fromisoformat(first)) if first else "…"
    ends = date_format(date.fromisoformat(end) - timedelta(days=1)) if end else "…"
    return f"{begins} – {ends}"
