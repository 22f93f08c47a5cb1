"""Purge certificates as paper: what the signed document says, in the reader's language."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ledger.paper import Column, Facts, Paper, Prose, Section, Table, render_paper
from ledger.verifier import FILE_NAME as VERIFIER
from retention.certificates import path_of
from retention.models import Certificate, PurgeItem, PurgeRun
from retention.models.rules import Cutoff
from retention.schedule import label_of, place_of

_DASH = "–"


def certificate_paper(certificate: Certificate) -> bytes:
    """Return a certificate as PDF in the active language, with the signed document inside as its attachment."""
    payload = certificate.document["payload"]
    paper = Paper(
        title=_("Certificate of the purge as of %(day)s") % {"day": _day(payload["as_of"])},
        language=(get_language() or "en").split("-")[0],
        issuer=payload["provider"],
        issued_at=datetime.fromisoformat(payload["issued_at"]),
        lead=_("Every row that was past its time was either held or dropped: total = held + dropped."),
        sections=list(_sections(certificate, payload)),
        attachment=path_of(certificate).name,
        keywords=[payload["run"], payload["certificate"]],
    )
    return render_paper(paper, document=certificate.document)


def _sections(certificate: Certificate, payload: Mapping[str, Any]) -> Iterator[Section]:
    yield _totals(payload)
    yield Facts(_("The run"), list(_run(payload)))
    yield Facts(_("The plan and its approval"), list(_plan(payload.get("plan") or {})))
    yield _rules(payload)
    yield _steps(payload)
    yield _digests(payload)
    if faults := [(item["partition"], item["given_up_because"]) for item in _given_up(payload)]:
        yield Facts(_("Given up"), faults)
    if holds := payload.get("holds"):
        yield Prose(["\n".join(holds)], _("Legal holds that kept rows"))
    yield Facts(_("Proof"), list(_proof(certificate, payload)))
    yield Prose([_limits(), payload["statement"]], _("What this proves, and what it does not"))


def _totals(payload: Mapping[str, Any]) -> Table:
    columns = [
        Column(_("Class"), 3),
        Column(_("Kept from"), 2),
        Column(_("Past their time"), 1.5, is_number=True),
        Column(_("Held"), 1.5, is_number=True),
        Column(_("Dropped"), 1.5, is_number=True),
    ]
    rows = [
        (
            label_of(entry["retention_class"]),
            _day(payload["bounds"][entry["retention_class"]]["before"]),
            *(f"{entry[number]:,}" for number in ("total", "held", "dropped")),
        )
        for entry in payload["classes"]
    ]
    return Table(_("Rows past their time = held + dropped"), columns, rows)


def _run(payload: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield _("Run"), payload["run"]
    yield _("State"), str(PurgeRun.Status(payload["status"]).label) if "status" in payload else _DASH
    if payload.get("stopped_because"):
        yield _("Stopped because"), payload["stopped_because"]
    yield _("As of"), f"{_day(payload['as_of'])} ({payload['time_zone']})"
    yield _("Started by"), f"{payload['operator']['name']} ({payload['operator']['kind']}, {payload['trigger']})"
    yield _("Reason"), payload["reason"]
    yield _("Started"), _moment(payload["started_at"])
    yield _("Issued"), _moment(payload["issued_at"])


def _plan(plan: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield _("Plan"), plan.get("plan") or _DASH
    yield _("Digest of the plan"), plan.get("digest", _DASH)
    if not plan.get("plan"):
        return
    yield _("Made by"), f"{plan['made_by']}, {_moment(plan['made_at'])}"
    yield _("Approved by"), f"{plan['approved_by']}, {_moment(plan['approved_at'])}"
    yield _("Within the limits"), _("yes") if plan["is_within_limits"] else _("no: a second person approved it")


def _rules(payload: Mapping[str, Any]) -> Table:
    columns = [
        Column(_("Class"), 2.5),
        Column(_("Months"), 1.3, is_number=True),
        Column(_("Clock starts with"), 2),
        Column(_("Citation"), 4),
        Column(_("In force since"), 2),
        Column(_("Version"), 3),
    ]
    rows = [
        (
            label_of(code),
            f"{bound['months']:,}",
            _cutoff(bound.get("cutoff", "")),
            bound.get("citation", _DASH),
            _moment(bound.get("valid_from")),
            bound["rule"],
        )
        for code, bound in sorted(payload["bounds"].items(), key=lambda entry: place_of(entry[0]))
    ]
    return Table(_("The rules"), columns, rows)


def _steps(payload: Mapping[str, Any]) -> Table:
    columns = [
        Column(_("Partition"), 4),
        Column(_("What was done"), 3),
        Column(_("State"), 1.5),
        Column(_("Total"), 1.5, is_number=True),
        Column(_("Held"), 1.3, is_number=True),
        Column(_("Dropped"), 1.5, is_number=True),
        Column(_("Fewer than planned"), 1.7, is_number=True),
    ]
    rows = [
        (
            item["partition"],
            str(PurgeItem.Action(item["action"]).label),
            str(PurgeItem.Status(item["status"]).label),
            *(f"{item[number]:,}" for number in ("total", "held", "dropped")),
            f"{item.get('shrunk_by', 0):,}",
        )
        for item in payload["items"]
    ]
    return Table(_("What became of each partition"), columns, rows)


def _digests(payload: Mapping[str, Any]) -> Table:
    columns = [
        Column(_("Partition"), 3),
        Column(_("Digest of what was past its time"), 4),
        Column(_("Of what is held"), 4),
    ]
    rows = [
        (item["partition"], item["digest"], item["held_digest"] or _DASH) for item in payload["items"] if item["digest"]
    ]
    return Table(_("Salted digests"), columns, rows)


def _given_up(payload: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [item for item in payload["items"] if item.get("given_up_because")]


def _proof(certificate: Certificate, payload: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    signature = certificate.document["signature"]
    yield _("Certificate"), payload["certificate"]
    yield _("SHA-256 of the signed document"), certificate.sha256
    yield _("Signed with key"), f"{signature['key_id']} ({signature['algorithm']})"
    yield _("Ledger entry"), f"{payload['ledger']['entry']} ({payload['ledger']['kind']})"
    yield _("Commitment in the ledger"), payload["ledger"].get("commitment", _DASH)
    yield _("Version of the database"), ", ".join(f"{app} {name}" for app, name in payload["schema_version"].items())
    yield _("Check it"), f"python {VERIFIER} {path_of(certificate).name}"


def _limits() -> str:
    return _(
        "The signed document is inside this PDF as an attachment. The verifier proves what the portal stated, that the "
        "numbers add up, and that nobody changed it since; the PDF itself only shows it. Neither proves that no copy "
        "exists elsewhere."
    )


def _cutoff(code: str) -> str:
    return str(Cutoff(code).label) if code in Cutoff.values else _DASH


def _day(text: str) -> str:
    return _written(date.fromisoformat(text))


def _written(day: date) -> str:
    """Write a day as the portal's pages do: 12 March 2026, 12 de marzo de 2026."""
    return date_format(day, r"j \d\e F \d\e Y" if (get_language() or "").startswith("es") else "j F Y")


def _moment(text: str | None) -> str:
    if not text:
        return _DASH
    moment = localtime(datetime.fromisoformat(text))
    return f"{_written(moment)}, {moment:%H:%M} {moment.tzname()}"
