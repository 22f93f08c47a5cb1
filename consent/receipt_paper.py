"""A receipt for people: what the signed document says, in words; the page and the PDF show the same."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, pgettext
from django.utils.translation import gettext_lazy as _

from consent.models import ConsentVersion, Receipt
from consent.status import written
from consent.wording import CLASS_LABELS
from ledger.paper import Facts, Paper, Prose, render_paper
from protection.clock import provider_zone
from protection.datamap import DataClass

Row = tuple[str, str]
TITLES: dict[str, str | Promise] = {
    ConsentVersion.Kind.GRANT: _("Receipt: consent given"),
    ConsentVersion.Kind.NARROW: _("Receipt: consent narrowed"),
    ConsentVersion.Kind.WITHDRAW: _("Receipt: consent withdrawn"),
    ConsentVersion.Kind.EXPIRE: _("Receipt: consent ended"),
}
_LEADS: dict[str, str | Promise] = {
    ConsentVersion.Kind.GRANT: _("What the customer agreed to. It can be withdrawn at any time, free of charge."),
    ConsentVersion.Kind.NARROW: _("The customer made the consent cover less. This is what it covers from now on."),
    ConsentVersion.Kind.WITHDRAW: _("The customer withdrew the consent. No data is given under it any more."),
    ConsentVersion.Kind.EXPIRE: _("The consent has ended by itself. No data is given under it any more."),
}


def receipt_paper(receipt: Receipt) -> Paper:
    """Return a receipt as paper, in the language that is active."""
    payload = receipt.document["payload"]
    record = payload["dpv:hasRecordOfActivity"]
    act = record["dpv:hasConsentStatus"]["act"]
    return Paper(
        title=str(TITLES[act]),
        lead=str(_LEADS[act]),
        language=_language(),
        issuer=payload["dct:publisher"],
        issued_at=datetime.fromisoformat(payload["dct:created"]),
        sections=[
            Facts(gettext("What happened"), _event(record["dpv:hasConsentStatus"])),
            Facts(
                gettext("What it covers") if act in {"grant", "narrow"} else gettext("What it covered"), _scope(record)
            ),
            Facts(gettext("What was read"), _notice(record["dpv:hasNotice"])),
            Facts(gettext("Proof"), _proof(payload, record)),
            Prose([_how_to_end(record)], title=gettext("How to end it")),
        ],
        attachment=f"receipt-{receipt.uuid}.json",
        keywords=[payload["type"], str(receipt.uuid)],
    )


def receipt_pdf(receipt: Receipt) -> bytes:
    """Return the PDF of a receipt, with the signed JSON inside."""
    return render_paper(receipt_paper(receipt), document=receipt.document)


def _event(event: Mapping[str, Any]) -> list[Row]:
    kind, method = event["act"], event["dpv:hasIndicationMethod"]
    by = event["dpv:isIndicatedBy"]
    signature = event.get("signature") or {}
    return _said(
        (gettext("What"), ConsentVersion.Kind(kind).label),
        (gettext("When"), _moment(event["dpv:isIndicatedAtTime"])),
        (gettext("How"), ConsentVersion.Method(method).label if method in ConsentVersion.Method.values else ""),
        (gettext("Why"), ConsentVersion.Cause(event["cause"]).label if event.get("cause") else ""),
        (gettext("Signed or agreed on"), _day(event.get("signed_on"))),
        (gettext("By"), by.get("signer_name", "")),
        (gettext("Name as typed"), signature.get("typed_name", "")),
        (gettext("What was meant"), signature.get("intent", "")),
    )


def _scope(record: Mapping[str, Any]) -> list[Row]:
    process = record["dpv:hasProcess"]
    recipient, purpose = process["dpv:hasRecipient"], process["dpv:hasPurpose"]
    points = process.get("usage_points", "all")
    contact = recipient["contact"]
    return _said(
        (gettext("Who may receive data"), recipient["dct:title"]),
        (gettext("How to reach them"), ", ".join(str(part) for part in contact.values())),
        (gettext("What for"), f"{purpose['dct:title'][_language()]}. {purpose['dct:description'][_language()]}"),
        (gettext("Project"), process["project"]),
        *_data(process.get("dpv:hasPersonalData", [])),
        (gettext("Which meters"), gettext("All meters, also later ones") if points == "all" else ", ".join(points)),
        (gettext("Data of which days"), _period(process.get("data_period"))),
        (gettext("When it may be given"), _period(process.get("dpv:hasDuration"))),
    )


def _data(fields: list[Mapping[str, Any]]) -> list[Row]:
    classes: dict[str, list[str]] = {}
    for field in fields:
        classes.setdefault(field["data_class"], []).append(field["dct:title"][_language()])
    return [(str(CLASS_LABELS[DataClass(name)]), ", ".join(labels)) for name, labels in classes.items()]


def _notice(notice: Mapping[str, Any] | None) -> list[Row]:
    if notice is None:
        return []
    served = notice.get("served") or {}
    return _said(
        (gettext("Form"), gettext("%(title)s, version %(number)s") % _named(notice)),
        (gettext("Language"), notice["dct:language"]),
        (gettext("Fingerprint of the form"), notice["sha256"]),
        (gettext("Version as shown"), served.get("form_version", "")),
        (gettext("Fingerprint of what was shown"), served.get("sha256", "")),
    )


def _named(notice: Mapping[str, Any]) -> dict[str, str]:
    return {"title": notice["dct:title"], "number": str(notice["dct:hasVersion"])}


def _proof(payload: Mapping[str, Any], record: Mapping[str, Any]) -> list[Row]:
    return [
        (gettext("Receipt"), payload["dct:identifier"]),
        (gettext("Consent"), record["dct:identifier"]),
        (gettext("Customer"), record["dpv:hasDataSubject"]["dct:identifier"]),
        (gettext("Entry of the ledger"), str(payload["ledger"]["entry"])),
        (gettext("Fingerprint of the entry"), payload["ledger"]["evidence_sha256"]),
        (gettext("To check it"), "python -m ledger.verify receipt.json"),
    ]


def _how_to_end(record: Mapping[str, Any]) -> str:
    contact = ", ".join(str(part) for part in record["dpv:hasDataController"]["contact"].values())
    text = gettext(
        "The customer may withdraw at any time, free of charge and without giving a reason: with one click in the"
        " privacy portal, by telephone, by mail or in person. %(contact)s"
    )
    return text % {"contact": contact}


def _said(*rows: tuple[str, Any]) -> list[Row]:
    """Return the rows that say something."""
    return [(name, str(value)) for name, value in rows if value]


def _period(period: Mapping[str, Any] | None) -> str:
    if period is None:
        return ""
    first, last = _day(period["first_day"]), _day(period["last_day"])
    if last:
        return gettext("%(first)s to %(last)s") % {"first": first, "last": last}
    return gettext("from %(first)s, no end") % {"first": first}


def _day(day: str | None) -> str:
    return written(date.fromisoformat(day)) if day else ""


def _moment(moment: str) -> str:
    local = datetime.fromisoformat(moment).astimezone(provider_zone())
    return f"{date_format(local, pgettext('date format as Django writes it', 'j F Y'))}, {local:%H:%M %Z}"


def _language() -> str:
    return (get_language() or "en")[:2]
