"""Rows for tests, by factory-boy. Persons are plainly fictitious."""

from datetime import date, timedelta
from typing import Any

import factory

from accounts.models import (
    Account,
    Act,
    AgentAuthorization,
    ConfidentialityAgreement,
    Customer,
    Guardianship,
    Member,
    Recipient,
    RecipientAgreement,
    Role,
    User,
)
from protection.clock import provider_today
from protection.files import seal_bytes

LONG_AGO = date(2015, 1, 1)
PASSWORD = "plainly-fictitious-1"


class RecipientFactory(factory.django.DjangoModelFactory[Recipient]):
    """A contractor; with `under_agreement` its confidentiality agreement is in force."""

    class Meta:
        model = Recipient
        skip_postgeneration_save = True

    class Params:
        under_agreement = factory.Trait(
            agreement=factory.RelatedFactory(
                "tests.factories.RecipientAgreementFactory", factory_related_name="recipient"
            )
        )

    legal_name = factory.Sequence(lambda number: f"Example Efficiency {number} LLC")
    kind = Recipient.Kind.CONTRACTOR
    email = factory.Sequence(lambda number: f"desk{number}@contractor.example")


class RecipientAgreementFactory(factory.django.DjangoModelFactory[RecipientAgreement]):
    """A recipient's agreement, in force since long ago."""

    class Meta:
        model = RecipientAgreement

    recipient = factory.SubFactory(RecipientFactory)
    title = "Confidentiality agreement"
    signed_on = LONG_AGO
    valid_from = LONG_AGO


class UserFactory(factory.django.DjangoModelFactory[User]):
    """A customer's user; traits make staff, auditor, administrator or a recipient's user."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    class Params:
        staff = factory.Trait(role=Role.STAFF)
        auditor = factory.Trait(role=Role.AUDITOR)
        administrator = factory.Trait(role=Role.ADMINISTRATOR)
        of_recipient = factory.Trait(role=Role.RECIPIENT, recipient=factory.SubFactory(RecipientFactory))
        bound = factory.Trait(
            agreement=factory.RelatedFactory(
                "tests.factories.ConfidentialityAgreementFactory", factory_related_name="user"
            )
        )

    email = factory.Sequence(lambda number: f"person{number}@people.example")
    name = factory.Sequence(lambda number: f"Pat Example {number}")
    role = Role.CUSTOMER

    @factory.post_generation
    def password(self: Any, create: bool, extracted: str | None, **kwargs: Any) -> None:
        """Set a password that tests may sign in with."""
        self.set_password(extracted or PASSWORD)
        if create:
            self.save(update_fields=["password"])


class ConfidentialityAgreementFactory(factory.django.DjangoModelFactory[ConfidentialityAgreement]):
    """A person's promise of confidentiality, in force since long ago."""

    class Meta:
        model = ConfidentialityAgreement

    user = factory.SubFactory(UserFactory, staff=True)
    title = "Confidentiality agreement"
    signed_on = LONG_AGO
    valid_from = LONG_AGO


class CustomerFactory(factory.django.DjangoModelFactory[Customer]):
    """A person who takes service."""

    class Meta:
        model = Customer

    name = factory.Sequence(lambda number: f"Alex Sample {number}")
    email = factory.Sequence(lambda number: f"alex{number}@home.example")
    phone = factory.Sequence(lambda number: f"555-01{number % 100:02}")


class AccountFactory(factory.django.DjangoModelFactory[Account]):
    """A residential account, open since long ago."""

    class Meta:
        model = Account

    number = factory.Sequence(lambda number: f"{7_000_000_000 + number}")
    customer = factory.SubFactory(CustomerFactory)
    service_street = factory.Sequence(lambda number: f"{number} Example Street")
    service_city = "Valle Claro"
    service_region = "CA"
    service_postal_code = "90000"
    opened_on = LONG_AGO


class GuardianshipFactory(factory.django.DjangoModelFactory[Guardianship]):
    """A verified parent of a customer, who becomes a minor where no date of birth makes them one."""

    class Meta:
        model = Guardianship

    customer = factory.SubFactory("tests.factories.CustomerFactory")
    guardian = factory.SubFactory(UserFactory)
    relation = Guardianship.Relation.PARENT
    proof = Guardianship.Proof.BIRTH_CERTIFICATE
    identity_document = "passport"
    method = "in_person"
    verified_on = factory.LazyAttribute(lambda row: row.valid_from)
    approved_on = factory.LazyAttribute(lambda row: row.valid_from)
    valid_from = factory.LazyFunction(provider_today)

    @classmethod
    def _create(cls, model_class: type[Guardianship], *args: Any, **fields: Any) -> Guardianship:
        customer = fields["customer"]
        if customer.birth_date is None:
            customer.birth_date = provider_today().replace(year=provider_today().year - 11, day=1)
            customer.save(update_fields=["birth_date"])
        made: Guardianship = super()._create(model_class, *args, **fields)
        return made


class AgentAuthorizationFactory(factory.django.DjangoModelFactory[AgentAuthorization]):
    """A customer's permission that somebody does everything for them, for a year from today."""

    class Meta:
        model = AgentAuthorization

    customer = factory.SubFactory("tests.factories.CustomerFactory")
    agent = factory.SubFactory(UserFactory)
    acts = factory.LazyFunction(lambda: list(Act.values))
    all_accounts = True
    signed_on = factory.LazyFunction(provider_today)
    signer_name = "Alex Sample"
    document = factory.LazyFunction(
        lambda: seal_bytes(
            b"%PDF-1.7", name="permission.pdf", content_type="application/pdf", retention_class="evidence"
        )
    )
    verification = factory.LazyFunction(dict)
    identity_document = "passport"
    valid_from = factory.LazyFunction(provider_today)
    valid_to = factory.LazyAttribute(lambda row: row.valid_from + timedelta(days=365))


class MemberFactory(factory.django.DjangoModelFactory[Member]):
    """The holder of an account. A guardian or an agent comes with the row that proves it."""

    class Meta:
        model = Member

    account = factory.SubFactory(AccountFactory)
    user = factory.SubFactory(UserFactory)
    part = Member.Part.HOLDER
    valid_from = LONG_AGO

    @classmethod
    def _create(cls, model_class: type[Member], *args: Any, **fields: Any) -> Member:
        customer, user = fields["account"].customer, fields["user"]
        if fields["part"] == Member.Part.GUARDIAN and "guardianship" not in fields:
            fields["guardianship"] = GuardianshipFactory.create(customer=customer, guardian=user)
        if fields["part"] == Member.Part.AGENT and "authorization" not in fields:
            fields["authorization"] = AgentAuthorizationFactory.create(customer=customer, agent=user)
        made: Member = super()._create(model_class, *args, **fields)
        return made
