"""The demo's register of recipients: contacts, clauses, onward recipients, an incident, ends, a merger announced."""

from datetime import date, timedelta
from typing import Protocol

from accounts.models import Clause, Recipient, RecipientAgreement, User
from accounts.services import (
    Finding,
    add_contact,
    add_onward_recipient,
    add_recipient_agreement,
    add_site,
    ask_for_certificates,
    check_clauses,
    register_recipient,
    remind_of_agreements,
    report_incident,
    stop_recipient,
)
from disclosures.services import announce_merger, serve_merger_notice
from energy.selectors import months_before
from ledger.actor import Actor

_HEAD_OFFICE = "1 Contractor Way, Puerto Ejemplo, CA 90001"


class Stage(Protocol):
    """What `portal.demo.seeding` has put together so far."""

    users: dict[str, User]
    recipients: dict[str, Recipient]


def fill_register(stage: Stage, today: date) -> None:
    """Have the administrator keep the register, as it would be after some years."""
    head, staff = Actor.of(stage.users["administrator"]), Actor.of(stage.users["staff"])
    efficiency, solar, lapsed = (stage.recipients[key] for key in ("efficiency", "solar", "lapsed"))
    add_contact(recipient=efficiency, part="privacy", name="Pia Privacy", email="privacy@efficiency.example", by=head)
    add_contact(recipient=efficiency, part="security", name="Sasha Safe", email="safe@efficiency.example", by=head)
    add_site(recipient=solar, label="Your quote for a solar roof", address="https://quotes.solar.example/", by=head)
    add_onward_recipient(
        recipient=efficiency,
        name="Example Hosting Inc.",
        task="Keeps its servers",
        data="Usage and names",
        terms="Section 9 of its agreement, and a contract that says the same",
        since=months_before(today, 20),
        by=head,
    )
    for number, recipient in enumerate((efficiency, solar), 3):
        found = {clause.value: Finding(True, f"Section {number + place}") for place, clause in enumerate(Clause)}
        check_clauses(agreement=recipient.agreements.get(), findings=found, by=head)
    report_incident(
        recipient=lapsed,
        title="Answers late to questions",
        description="It has not said where it keeps the data, asked twice.",
        reported_on=today - timedelta(days=20),
        reported_by="Casey Colleague",
        by=staff,
    )
    stop_recipient(recipient=lapsed, reason="Its agreement ended and no certificate came", by=staff)
    _ending(today, head)
    _merger(today, head)
    system = Actor.system("agreements")
    remind_of_agreements(by=system)
    ask_for_certificates(by=system)


def _ending(today: date, head: Actor) -> RecipientAgreement:
    collector = register_recipient(
        legal_name="Sample Collections LLC",
        kind=Recipient.Kind.COLLECTION_AGENCY,
        email="desk@collections.example",
        postal_address=_HEAD_OFFICE,
        by=head,
    )
    since = months_before(today, 23)
    return add_recipient_agreement(
        recipient=collector,
        title="Collection agreement",
        signed_on=since,
        valid_from=since,
        valid_to=today + timedelta(days=25),
        by=head,
    )


def _merger(today: date, head: Actor) -> None:
    counterparty = register_recipient(
        legal_name="Imaginary Holdings Inc.",
        kind=Recipient.Kind.MERGER_COUNTERPARTY,
        email="counsel@holdings.example",
        postal_address=_HEAD_OFFICE,
        by=head,
    )
    since = months_before(today, 1)
    add_recipient_agreement(
        recipient=counterparty, title="Confidentiality for due diligence", signed_on=since, valid_from=since, by=head
    )
    notice = announce_merger(
        recipient=counterparty,
        title_en="We may join with Imaginary Holdings",
        title_es="Podríamos unirnos con Imaginary Holdings",
        text_en="Imaginary Holdings looks at our accounts before it joins with us. It gets names and bills.",
        text_es="Imaginary Holdings examina nuestras cuentas antes de unirse con nosotros. Recibe nombres y facturas.",
        waiting_days=30,
        by=head,
    )
    while serve_merger_notice(notice=notice, by=Actor.system("merger notices")):
        pass
