"""Judge the rows of a bulk entry: each becomes a grant, or findings that say what is wrong with it."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from accounts.models import Customer, Recipient
from accounts.plain_text import require_plain
from consent.bulk.findings import Finding
from consent.bulk.lookups import Head, Lookups, look_up, recorded_scans
from consent.bulk.scans import Scans
from consent.bulk.table import Row
from consent.errors import ConsentError, NotAnnouncedError, RecipientStoppedError
from consent.matching import SignatureCheck
from consent.models import ConsentVersion, NoticeText, Purpose
from consent.models.served import form_served
from consent.services.terms import Terms, require_covered, require_periods, require_signature, verification_of
from consent.services.together import Grant
from energy.models import UsagePoint
from ledger.actor import Actor
from protection.evidence.errors import EvidenceError

METHODS = frozenset({"paper", "telephone", "in_person"})
_COLUMN_OF = {"field_ids": "fields", "data_to": "data_last", "permission_to": "permission_last"}
_DAYS = ("data_from", "data_last", "permission_last", "signed_on", "verified_on")
_YES = frozenset({"yes", "sí", "si", "1", "true"})
Progress = Callable[[float], None]


@dataclass(slots=True)
class Judged:
    """What became of one row: the grant it makes, unless there are findings.

    `scan_sha256` is that of the scan as it was handed in; the scan itself is read again when it is sealed, since those
    of all rows together may be larger than memory.
    """

    row: Row
    findings: list[Finding] = field(default_factory=list)
    grant: Grant | None = None
    scan_sha256: str = ""

    def find(self, column: str, message: object) -> None:
        """Note what is wrong with a column."""
        self.findings.append(Finding(self.row.line, column, str(message)))


def judge_rows(
    rows: Sequence[Row], scans: Scans, *, entry: UUID, today: date, by: Actor, progress: Progress
) -> tuple[list[Judged], list[Finding]]:
    """Return each row judged, and what is wrong with the scans as a whole.

    `entry` is the bulk entry's UUID: with the line it makes the request id, so that a row is never recorded twice.
    """
    lookups = look_up(rows, today)
    judged = []
    for number, row in enumerate(rows):
        judged.append(_Judge(row, lookups, scans, by).judge(uuid5(entry, str(row.line))))
        progress((number + 1) / len(rows))
    _find_repeated(judged, lookups)
    _find_known_scans(judged)
    named = {row["evidence"] for row in rows}
    strange = [
        Finding(0, "evidence", _("No row names the scan “%(name)s”. Leave it out, or name it.") % {"name": name})
        for name in sorted(scans.names - named)
    ]
    return judged, strange


class _Judge:
    """Judges one row."""

    def __init__(self, row: Row, lookups: Lookups, scans: Scans, by: Actor) -> None:
        self._row, self._lookups, self._scans, self._by = row, lookups, scans, by
        self._judged = Judged(row)

    def judge(self, request_id: UUID) -> Judged:
        """Return what becomes of the row."""
        customer = self._named("account", self._lookups.customers, _("There is no such account."))
        if customer and customer.pk in self._lookups.represented:
            text = _("A guardian or an agent may sign for this customer. Record this form by itself, with their proof.")
            self._judged.find("account", text)
        recipient = self._recipient()
        purpose = self._named("purpose", self._lookups.purposes, _("There is no such purpose. Use its code."))
        if recipient and purpose and not self._lookups.is_announced(recipient, purpose):
            self._judged.find("recipient", NotAnnouncedError("recipient"))
        form = self._form()
        days = dict(self._days())
        points = self._points(customer) if customer else []
        self._look_at_scan()
        if self._row["method"] not in METHODS:
            self._judged.find("method", _("Write paper, telephone or in_person."))
        if not self._judged.findings and customer and recipient and purpose and form:
            terms = self._terms(days, points)
            self._judge_terms(terms, purpose)
            self._judged.grant = self._grant(request_id, customer, recipient, purpose, form, terms, points, days)
        if self._judged.findings:
            self._judged.grant = None
        return self._judged

    def _named(self, column: str, known: dict[str, Any], complaint: str) -> Any:
        found = known.get(self._row[column])
        if found is None:
            self._judged.find(column, complaint)
        return found

    def _recipient(self) -> Recipient | None:
        complaint = _("There is no such organization. Write its legal name as we have it, or its UUID.")
        found: Recipient | None = self._named("recipient", self._lookups.recipients, complaint)
        if found is not None and found.is_stopped:
            self._judged.find("recipient", RecipientStoppedError())
        return found

    def _form(self) -> NoticeText | None:
        number, language = self._row["form_number"], self._row["form_language"] or "en"
        wanted = int(number) if number.isdecimal() and len(number) < 9 else 0
        found = self._lookups.forms.get((wanted if number else self._lookups.form_in_force, language))
        if found is None:
            self._judged.find("form_number", _("There is no consent form of this number and language in force."))
        return found

    def _days(self) -> Iterator[tuple[str, date | None]]:
        for name in _DAYS:
            yield name, self._day(name)

    def _day(self, name: str) -> date | None:
        text = self._row[name]
        if not text and name != "data_from":
            return None
        try:
            day = parse_date(text)
        except ValueError:
            day = None
        if day is None:
            self._judged.find(name, _("Write the day as 2026-03-31."))
        return day

    def _points(self, customer: Customer) -> list[UsagePoint]:
        found = []
        for identifier in _listed(self._row["meters"]):
            point = self._lookups.points.get((customer.pk, identifier))
            if point is None:
                self._judged.find("meters", _("A meter is not one of this customer's. Leave the cell empty for all."))
            else:
                found.append(point)
        return found

    def _look_at_scan(self) -> None:
        """Judge the scan by its content, and note its hash."""
        name = self._row["evidence"]
        if not name:
            return
        if name not in self._scans.names:
            self._judged.find("evidence", _("The zip file has no scan of this name."))
            return
        try:
            self._judged.scan_sha256 = self._scans.evidence(name).original_sha256
        except EvidenceError as error:
            self._judged.find("evidence", error)

    def _terms(self, days: dict[str, date | None], points: Sequence[UsagePoint]) -> Terms:
        return Terms(
            field_ids=sorted(set(_listed(self._row["fields"]))),
            usage_point_ids=sorted(point.pk for point in points),
            data_from=days["data_from"] or self._lookups.today,
            data_to=_after(days["data_last"]),
            permission_from=self._lookups.today,
            permission_to=_after(days["permission_last"]),
            method=self._row["method"],
            signed_on=days["signed_on"],
            signer_name=self._row["signer_name"],
        )

    def _judge_terms(self, terms: Terms, purpose: Purpose) -> None:
        """Note every rule of a grant that the row does not meet, not the first alone."""
        self._try(require_covered, purpose, terms)
        self._try(require_periods, terms, self._lookups.today)
        self._try(require_signature, terms, self._lookups.today, self._by, has_evidence=bool(self._judged.scan_sha256))
        self._try(require_plain, terms.signer_name)
        if len(terms.signer_name) > 200 or len(self._row["project"]) > 200:
            self._judged.find("signer_name", _("Name and project have at most 200 characters."))
        if terms.method == "paper" and not self._row["service_address"]:
            self._judged.find("service_address", _("Enter the service address as written on the form."))

    def _try(self, rule: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        try:
            return rule(*args, **kwargs)
        except ConsentError as error:
            self._judged.find(_COLUMN_OF.get(error.field, error.field), error)
        except ValidationError as error:
            self._judged.find("signer_name", " ".join(error.messages))
        return None

    def _grant(
        self,
        request_id: UUID,
        customer: Customer,
        recipient: Recipient,
        purpose: Purpose,
        form: NoticeText,
        terms: Terms,
        points: Sequence[UsagePoint],
        days: dict[str, date | None],
    ) -> Grant:
        check = SignatureCheck(
            service_address=self._row["service_address"],
            verified_with=self._row["verified_with"],
            verified_on=days["verified_on"],
            call_back=self._row["call_back"],
        )
        verification = None
        if terms.method == ConsentVersion.Method.PAPER:
            record = self._lookups.records[customer.pk]
            verification = self._try(verification_of, terms, record, check, self._lookups.today)
        return Grant(
            customer=customer,
            recipient=recipient,
            purpose=purpose,
            project=self._row["project"],
            details={
                **{name: getattr(terms, name) for name in Terms.__slots__},
                "notice_text": form,
                "request_id": request_id,
                "verification": verification,
            },
            served=form_served(customer, form, terms.method, terms.signer_name, self._row["form_version"][:60]),
            points={point.pk: point.uuid for point in points},
            scan_sha256=self._judged.scan_sha256,
        )


def head_of(grant: Grant) -> Head:
    """Return whose consent to whom and what for a grant is."""
    return grant.customer.pk, grant.recipient.pk, grant.purpose.pk, grant.project


def _find_repeated(judged: Sequence[Judged], lookups: Lookups) -> None:
    """Find rows that take the place of a running consent, or of another row's."""
    first: dict[Head, int] = {}
    for one in judged:
        if one.grant is None:
            continue
        head = head_of(one.grant)
        if head in first:
            text = _("Line %(line)d is for the same customer, organization, purpose and project. Keep one of them.")
            one.find("account", text % {"line": first[head]})
        elif head in lookups.running and not _is_confirmed(one.row):
            text = _("This customer has a running consent for this already. Write yes under “confirmed” to replace it.")
            one.find("confirmed", text)
        first.setdefault(head, one.row.line)
        if one.findings:
            one.grant = None


def _find_known_scans(judged: Sequence[Judged]) -> None:
    """Find rows whose very scan is the evidence of another consent, recorded before or in this table."""
    handed_in = Counter(one.scan_sha256 for one in judged if one.scan_sha256)
    known = recorded_scans(set(handed_in))
    for one in judged:
        if (
            one.scan_sha256
            and not _is_confirmed(one.row)
            and (one.scan_sha256 in known or handed_in[one.scan_sha256] > 1)
        ):
            text = _(
                "The same scan is the proof of another consent. Write yes under “confirmed” if one form gives both."
            )
            one.find("confirmed", text)
            one.grant = None


def _is_confirmed(row: Row) -> bool:
    return row["confirmed"].casefold() in _YES


def _listed(text: str) -> list[str]:
    return [part for part in text.replace(";", " ").split() if part]


def _after(last_day: date | None) -> date | None:
    return last_day + timedelta(days=1) if last_day and last_day < date.max else None
