"""What the rows of a bulk entry refer to, looked up for all of them at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from accounts.ages import is_minor
from accounts.models import Account, AgentAuthorization, Customer, Recipient
from consent.bulk.table import Row
from consent.matching import Record, records_of
from consent.models import Consent, ConsentVersion, Notice, NoticeText, Purpose
from consent.selectors import is_announced
from consent.states import ENDS_ITSELF, StatusCode, state_of
from energy.models import UsagePoint

Head = tuple[int, int, int, str]
"""Customer, recipient, purpose, project."""

_OVER = {StatusCode.WITHDRAWN, *ENDS_ITSELF}


@dataclass(frozen=True, slots=True)
class Lookups:
    """Everything that some row may mean, by the words in which the rows say it."""

    today: date
    customers: dict[str, Customer]
    recipients: dict[str, Recipient]
    purposes: dict[str, Purpose]
    forms: dict[tuple[int, str], NoticeText]
    form_in_force: int
    points: dict[tuple[int, str], UsagePoint]
    records: dict[int, Record]
    running: set[Head]
    represented: set[int]
    announced: dict[tuple[int, int], bool] = field(default_factory=dict)

    def is_announced(self, recipient: Recipient, purpose: Purpose) -> bool:
        """Say whether a notice in force names this organization for this purpose; each pair is asked for once."""
        pair = recipient.pk, purpose.pk
        if pair not in self.announced:
            self.announced[pair] = is_announced(purpose=purpose, recipient=recipient)
        return self.announced[pair]


def look_up(rows: Sequence[Row], today: date) -> Lookups:
    """Look up what the rows name, in a fixed number of queries."""
    accounts = Account.objects.filter(number__in={row["account"] for row in rows}).select_related("customer")
    customers = {account.number: account.customer for account in accounts}
    met = {customer.pk: customer for customer in customers.values()}
    papers = {customers[row["account"]].pk for row in rows if row["method"] == "paper" and row["account"] in customers}
    notices = Notice.objects.effective(today).filter(kind=Notice.Kind.CONSENT_FORM)
    forms = NoticeText.objects.filter(notice__in=notices).select_related("notice")
    points = UsagePoint.objects.filter(account__customer__in=met).select_related("account")
    is_limited = any(row["meters"] for row in rows)
    newest = notices.first()
    return Lookups(
        today=today,
        customers=customers,
        recipients=_recipients(rows),
        purposes={purpose.code: purpose for purpose in Purpose.objects.secondary()},
        forms={(text.notice.number, text.language): text for text in forms},
        form_in_force=newest.number if newest else 0,
        points={(point.account.customer_id, point.identifier): point for point in points} if is_limited else {},
        records=records_of([met[pk] for pk in papers]),
        running=_running(met, today),
        represented=_represented(met, today),
    )


def _recipients(rows: Sequence[Row]) -> dict[str, Recipient]:
    """Return recipients by legal name and by UUID, as the rows may name them; stopped ones too."""
    named = {row["recipient"] for row in rows}
    found = {each.legal_name: each for each in Recipient.objects.filter(legal_name__in=named)}
    uuids = {name for name in named - found.keys() if _is_uuid(name)}
    by_uuid = {str(each.uuid): each for each in Recipient.objects.filter(uuid__in=uuids)}
    return found | {name: by_uuid[str(UUID(name))] for name in uuids if str(UUID(name)) in by_uuid}


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _running(customers: dict[int, Customer], today: date) -> set[Head]:
    granted = Consent.objects.filter(customer__in=customers, is_granted=True)
    parties = granted.annotate(state=state_of("current_version", today)).values_list(
        "customer", "recipient", "purpose", "project", "state"
    )
    return {
        (customer, recipient, purpose, project)
        for customer, recipient, purpose, project, state in parties
        if state not in _OVER
    }


def _represented(customers: dict[int, Customer], today: date) -> set[int]:
    """Return the customers for whom somebody else may sign, with a proof of their own: minors, and principals."""
    minors = {pk for pk, customer in customers.items() if is_minor(customer.birth_date, today)}
    authorizations = AgentAuthorization.objects.in_force(today).filter(customer__in=customers)
    return minors | set(authorizations.values_list("customer", flat=True))


def recorded_scans(hashes: set[str]) -> set[str]:
    """Return which of these scans, by the hash of what was handed in, are the evidence of a consent already."""
    known = ConsentVersion.objects.filter(scan_sha256__in=hashes).exclude(scan_sha256="")
    return set(known.values_list("scan_sha256", flat=True))
