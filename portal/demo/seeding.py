"""Put the demo together through the same services that people use, so that every row has its provenance."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

from accounts.models import (
    Account,
    ConfidentialityAgreement,
    Customer,
    FieldSource,
    Member,
    Recipient,
    RecipientAgreement,
    Role,
    User,
)
from accounts.services import add_member, create_account, create_customer, set_field
from energy.selectors import months_before
from energy.services import ensure_window, import_greenbutton
from ledger.actor import Actor
from portal.demo.cast import Part, Persona, personas
from portal.demo.delegates import name_agent, verify_guardian
from portal.demo.feeds import write_demo_feed
from portal.demo.register import fill_register
from portal.demo.sign_ins import create_sign_in
from portal.demo.story import tell_story
from protection.clock import provider_today, provider_zone
from protection.rowsecurity import provider_rows

BY = Actor.operator("demo", "demo data")
_KEPT_YEARS = 5
Progress = Callable[[int, int, str], None]


@dataclass(slots=True)
class Stage:
    """Who and what the demo has: people by role, recipients, and the customers by what they show."""

    users: dict[str, User] = field(default_factory=dict)
    recipients: dict[str, Recipient] = field(default_factory=dict)
    accounts: list[tuple[Persona, Account]] = field(default_factory=list)

    def account_of(self, part: Part) -> Account | None:
        """Return the first account of a customer who shows `part`, if the demo has one."""
        return next((account for persona, account in self.accounts if persona.part is part), None)


def seed(*, customers: int, years: int, seed_number: int, progress: Progress) -> Stage:
    """Make the demo: people, agreements, customers with usage and bills, and what happened between them.

    One transaction, so that a seeding that is killed leaves nothing. `progress` is told steps done, of how many, doing
    what. The same numbers on the same day give the same demo.
    """
    with provider_rows():
        today = provider_today()
        cast = list(personas(count=customers, years=years, seed=seed_number, today=today))
        steps = len(cast) + 2
        progress(0, steps, "people and agreements")
        ensure_window()
        stage = _people(seed_number, today)
        for number, persona in enumerate(cast, 1):
            progress(number, steps, persona.name)
            account = _customer(persona)
            stage.accounts.append((persona, account))
            if persona.part is Part.MINOR:
                verify_guardian(stage, account, today)
            _usage(persona, account, months_before(today, years * 12), today)
        _members(stage)
        progress(steps - 1, steps, "consents, disclosures, requests")
        name_agent(stage, today)
        tell_story(stage, today)
        fill_register(stage, today)
    progress(steps, steps, "done")
    return stage


def _people(seed_number: int, today: date) -> Stage:
    stage = Stage()
    since = months_before(today, 30)
    for key, legal_name, trade_name, kind, until in (
        ("efficiency", "Example Efficiency LLC", "Example Efficiency", Recipient.Kind.CONTRACTOR, None),
        ("solar", "Solar Quotes Example Inc.", "Solar Quotes", Recipient.Kind.AUTHORISED_THIRD_PARTY, None),
        ("lapsed", "Placeholder Analytics Inc.", "", Recipient.Kind.CONTRACTOR, months_before(today, 2)),
    ):
        recipient = Recipient.objects.create(
            legal_name=legal_name,
            trade_name=trade_name,
            kind=kind,
            email=f"desk@{key}.example",
            phone="555-0180",
            postal_address="1 Contractor Way, Puerto Ejemplo, CA 90001",
        )
        RecipientAgreement.objects.create(
            recipient=recipient, title="Confidentiality agreement", signed_on=since, valid_from=since, valid_to=until
        )
        stage.recipients[key] = recipient
    for email, name, role, language in (
        ("customer", "Alba Example", Role.CUSTOMER, "en"),
        ("recipient", "Robin Contractor", Role.RECIPIENT, "en"),
        ("staff", "Sam Staff", Role.STAFF, "en"),
        ("auditor", "Audrey Auditor", Role.AUDITOR, "en"),
        ("administrator", "Addie Administrator", Role.ADMINISTRATOR, "en"),
        ("cliente", "Bruno Testman", Role.CUSTOMER, "es"),
        ("guardian", "Gina Guardian", Role.CUSTOMER, "en"),
        ("agent", "Arlo Agent", Role.CUSTOMER, "en"),
        ("colleague", "Casey Colleague", Role.STAFF, "es"),
        ("deputy", "Dana Deputy", Role.ADMINISTRATOR, "en"),
    ):
        user = create_sign_in(
            email=f"{email}@demo.example",
            name=name,
            role=role,
            language=language,
            seed=seed_number,
            recipient=stage.recipients["efficiency"] if role == Role.RECIPIENT else None,
        )
        stage.users[email] = user
        if user.is_provider:
            ConfidentialityAgreement.objects.create(
                user=user, title="Employee confidentiality agreement", signed_on=since, valid_from=since
            )
    return stage


def _customer(persona: Persona) -> Account:
    customer = create_customer(
        name=persona.name,
        kind=Customer.Kind.ORGANIZATION if persona.is_business else Customer.Kind.PERSON,
        tax_id=persona.details["tax_id"],
        bank_account=persona.details["bank_account"],
        language=persona.language,
        birth_date=provider_today().replace(year=provider_today().year - 11, day=1)
        if persona.part is Part.MINOR
        else None,
        by=BY,
    )
    account = create_account(
        customer=customer,
        number=persona.number,
        opened_on=persona.opened_on,
        closed_on=persona.closed_on,
        customer_class=Account.CustomerClass.COMMERCIAL if persona.is_business else Account.CustomerClass.RESIDENTIAL,
        climate_zone=persona.climate_zone,
        service_street=persona.street,
        service_city=persona.city,
        service_region="CA",
        service_postal_code=persona.postal_code,
        by=BY,
    )
    for name, value in (
        ("email", persona.details["email"]),
        ("phone", persona.details["phone"]),
        ("mailing_street", persona.street),
        ("mailing_city", persona.city),
        ("mailing_region", "CA"),
        ("mailing_postal_code", persona.postal_code),
    ):
        set_field(row=customer, field=name, value=value, source=FieldSource.Source.FEED, by=BY)
    return account


def _usage(persona: Persona, account: Account, first: date, today: date) -> None:
    last = (persona.closed_on or today) - timedelta(days=1)
    as_of = min(today, months_before(first, -12 * _KEPT_YEARS))
    with tempfile.TemporaryFile() as feed:
        write_demo_feed(feed, persona=persona, first=first, last=last, zone=provider_zone())
        feed.seek(0)
        import_greenbutton(stream=feed, name=f"{persona.number}.xml", account=account, as_of=as_of, by=BY)


def _members(stage: Stage) -> None:
    for email, part, member_part in (
        ("customer", Part.HOUSEHOLD, Member.Part.HOLDER),
        ("cliente", Part.QUARTER_HOURLY, Member.Part.HOLDER),
    ):
        if (account := stage.account_of(part)) is not None:
            add_member(account=account, user=stage.users[email], part=member_part, valid_from=account.opened_on, by=BY)
