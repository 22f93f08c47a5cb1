"""The demo's legal demands and its breach: one of each, of a court and a police that do not exist."""

from datetime import date, timedelta

from accounts.models import Account, Customer, Recipient
from disclosures.models import Breach, LegalDemand
from disclosures.services import comply_with_demand, refuse_demand, serve_notice, take_in_demand
from disclosures.services.breaches import add_breach_customers, record_breach, write_to_breach_customers
from disclosures.services.compliance import default_answer
from disclosures.services.demands import DemandTerms, Named
from ledger.actor import Actor
from protection.files import seal_bytes
from protection.models import SealedFile

FIELDS = ("customer.name", "account.number", "usage.readings")


def demand_by_law(account: Account, today: date, by: Actor) -> None:
    """Have a court and a rescue service demand an account's data, and somebody lose a laptop."""
    court = _authority("Superior Court of Puerto Ejemplo", Recipient.Kind.COURT)
    rescue = _authority("Puerto Ejemplo Fire and Rescue", Recipient.Kind.EMERGENCY_SERVICE)
    serve_notice(demand=_demand("subpoena", "26-CV-0107", court, account, today, by), by=by)
    warrant = _demand("warrant", "26-SW-0031", court, account, today, by)
    urgent = _demand("emergency", "26-ER-0009", rescue, account, today, by)
    for demand in (warrant, urgent):
        answer = default_answer(demand)
        assert answer is not None
        comply_with_demand(demand=demand, answer=answer, reason="As demanded in this fictitious case", by=by)
    overbroad = _demand("court_order", "26-CV-0110", court, None, today, by)
    refuse_demand(demand=overbroad, note="It asks for all customers and names none", by=by)
    _demand("real_time", "26-RT-0002", court, account, today, by)
    breach = record_breach(
        breach=Breach(
            title="A lost laptop",
            description="A laptop with a list of account numbers was left on a train. Plainly fictitious.",
            data_classes=["identity", "contact"],
            happened_on=today - timedelta(days=3),
            detected_on=today - timedelta(days=2),
            containment="Its disk was encrypted, and it was wiped from afar.",
            jurisdictions=["US-CA"],
        ),
        by=by,
    )
    add_breach_customers(breach=breach, customers=Customer.objects.filter(pk=account.customer_id), by=by)
    write_to_breach_customers(breach=breach, by=by)


def _authority(name: str, kind: str) -> Recipient:
    return Recipient.objects.create(
        legal_name=name,
        kind=kind,
        email=f"records@{kind.replace('_', '-')}.example",
        phone="555-0170",
        postal_address="1 Courthouse Square, Puerto Ejemplo, CA 90001",
    )


def _demand(
    kind: str, number: str, authority: Recipient, account: Account | None, today: date, by: Actor
) -> LegalDemand:
    is_urgent = kind == LegalDemand.Kind.EMERGENCY
    terms = DemandTerms(
        kind=kind,
        case_number=number,
        authority=authority.legal_name,
        recipient=authority,
        requester_name="Dot Sample",
        requester_capacity="Records officer, plainly fictitious",
        delivery_address=authority.postal_address,
        field_ids=FIELDS,
        data_from=date(today.year - 1, 1, 1),
        data_to=date(today.year, 1, 1),
        received_on=today,
        due_on=today + timedelta(days=21),
        document=_paper(number),
        threat="Somebody may be in a burning building" if is_urgent else "",
        callback_note="Called back on 555-0170 from the city's directory; Dot Sample answered" if is_urgent else "",
        names_everybody=account is None,
    )
    named = [Named(customer=account.customer, account=account)] if account else []
    return take_in_demand(terms=terms, named=named, by=by)


def _paper(number: str) -> SealedFile:
    text = f"Plainly fictitious paper of case {number}".encode()
    return seal_bytes(text, name=f"{number}.txt", content_type="text/plain", retention_class="evidence")
