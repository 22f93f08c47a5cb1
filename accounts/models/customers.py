from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Now, Upper
from django.utils.translation import gettext_lazy as _

from accounts.ages import is_minor, latest_birth_of_age, of_age_on
from accounts.models.agents import Act, AgentAuthorization
from accounts.models.guardians import Guardianship
from accounts.models.periods import in_force, period_is_ordered
from ledger.services import new_tag
from protection.fields import SealedTextField
from protection.keystore import key_store

if TYPE_CHECKING:
    from accounts.models.people import User


PHONE = RegexValidator(
    r"^\+?[0-9 ().-]{7,24}( ?(x|ext\.?) ?[0-9]{1,6})?$",
    _("Enter a telephone number with its area code, such as 555-010-1234."),
)
TAX_ID = RegexValidator(
    r"^([0-9]{3}-?[0-9]{2}-?[0-9]{4}|[0-9]{2}-?[0-9]{7})?$", _("Enter a tax number of nine digits, such as 12-3456789.")
)
BANK_ACCOUNT = RegexValidator(
    r"^([A-Za-z0-9 -]{4,40})?$", _("Enter the account number as on your bank statement: letters, digits, hyphens.")
)
FORMER = "Former customer"
"""The name of whoever was forgotten, so that lists and histories still have something to show."""


def new_key() -> UUID:
    """Make a data key for a new customer and return its id."""
    return key_store().create()


class CustomerQuerySet(models.QuerySet["Customer"]):
    """Customers, the data subjects."""

    def visible_to(self, user: "User") -> "CustomerQuerySet":
        """Return those the user may know of: all for the provider's people, else those they are a member for."""
        if user.is_provider:
            return self
        return self.filter(accounts__members__user=user).distinct()


class Customer(models.Model):
    """A data subject: a person or an organization that takes service from the provider.

    `tag` is the random name under which the ledger knows the customer; `key_id` is the customer's data key, whose
    destruction makes every sealed value of theirs unreadable. `forgotten_at` says since when the row is blank, because
    the accounts were closed long enough ago; nothing but its uuid and tag then says whose it was.
    """

    class Kind(models.TextChoices):
        PERSON = "person", _("Person")
        ORGANIZATION = "organization", _("Organization")

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    key_id = models.UUIDField(default=new_key, editable=False)
    tag = models.BinaryField(max_length=16, unique=True, default=new_tag, editable=False)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices, default=Kind.PERSON)
    name = models.CharField(_("name"), max_length=200)
    email = models.EmailField(_("e-mail address"), blank=True)
    phone = models.CharField(_("telephone number"), max_length=30, blank=True, validators=[PHONE])
    mailing_street = models.CharField(_("street and number"), max_length=200, blank=True)
    mailing_city = models.CharField(_("city"), max_length=100, blank=True)
    mailing_region = models.CharField(_("state"), max_length=50, blank=True)
    mailing_postal_code = models.CharField(_("ZIP code"), max_length=20, blank=True)
    birth_date = models.DateField(_("date of birth"), null=True, blank=True)
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES, default="en")
    tax_id = SealedTextField(field_id="customer.tax_id", validators=[TAX_ID])
    tax_id_index = models.BinaryField(max_length=32, null=True, blank=True, editable=False)
    bank_account = SealedTextField(field_id="customer.bank_account", validators=[BANK_ACCOUNT])
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    closed_at = models.DateTimeField(null=True, blank=True)
    forgotten_at = models.DateTimeField(null=True, editable=False)
    key_destroyed_at = models.DateTimeField(null=True, editable=False)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=["person", "organization"]), name="customer_kind_known"),
            models.CheckConstraint(
                condition=models.Q(forgotten_at__isnull=True)
                | models.Q(
                    name=FORMER,
                    email="",
                    phone="",
                    mailing_street="",
                    mailing_city="",
                    mailing_region="",
                    mailing_postal_code="",
                    birth_date__isnull=True,
                    tax_id_index__isnull=True,
                ),
                name="customer_forgotten_is_blank",
            ),
            models.CheckConstraint(
                condition=models.Q(key_destroyed_at__isnull=True) | models.Q(forgotten_at__isnull=False),
                name="customer_key_destroyed_last",
            ),
        ]
        indexes = [
            models.Index(fields=["tax_id_index"], name="customer_by_tax_id"),
            models.Index(Upper("email"), condition=~models.Q(email=""), name="customer_by_email"),
        ]

    def __str__(self) -> str:
        return self.name

    def sealing_key_id(self) -> UUID:
        """Return the id of the key that seals this customer's values."""
        return self.key_id

    def is_minor(self, day: date) -> bool:
        """Say whether the customer is a minor on `day`."""
        return is_minor(self.birth_date, day)

    @property
    def of_age_on(self) -> date | None:
        """Return the day on which the customer comes, or came, of age; None where no date of birth is known."""
        return of_age_on(self.birth_date) if self.birth_date else None


class AccountQuerySet(models.QuerySet["Account"]):
    """Accounts, each one tenancy of one customer."""

    def visible_to(self, user: "User") -> "AccountQuerySet":
        """Return those the user may know of: all for the provider's people, else those they are a member of."""
        if user.is_provider:
            return self
        return self.filter(members__user=user).distinct()

    def open(self, day: date) -> "AccountQuerySet":
        """Return the accounts that run on `day`."""
        return self.filter(models.Q(closed_on__isnull=True) | models.Q(closed_on__gt=day), opened_on__lte=day)


class Account(models.Model):
    """One tenancy of one customer: a new occupant is a new account and never sees the former one's data."""

    class CustomerClass(models.TextChoices):
        RESIDENTIAL = "residential", _("Residential")
        COMMERCIAL = "commercial", _("Commercial")
        INDUSTRIAL = "industrial", _("Industrial")
        AGRICULTURAL = "agricultural", _("Agricultural")

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    number = models.CharField(_("account number"), max_length=20, unique=True)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="accounts")
    service_street = models.CharField(_("street and number"), max_length=200)
    service_city = models.CharField(_("city"), max_length=100)
    service_region = models.CharField(_("state"), max_length=50)
    service_postal_code = models.CharField(_("ZIP code"), max_length=20)
    customer_class = models.CharField(
        _("customer class"), max_length=20, choices=CustomerClass.choices, default=CustomerClass.RESIDENTIAL
    )
    climate_zone = models.CharField(_("climate zone"), max_length=20, blank=True)
    opened_on = models.DateField(_("opened on"))
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = AccountQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(customer_class__in=["residential", "commercial", "industrial", "agricultural"]),
                name="account_class_known",
            ),
            models.CheckConstraint(
                condition=models.Q(closed_on__isnull=True) | models.Q(closed_on__gte=models.F("opened_on")),
                name="account_closes_after_opening",
                violation_error_message=_("An account cannot close before it opened."),
            ),
        ]

    def __str__(self) -> str:
        return self.number


class MemberQuerySet(models.QuerySet["Member"]):
    """Memberships of users on accounts."""

    def in_force(self, day: date) -> "MemberQuerySet":
        """Return those that hold on `day`: with the proof that a guardian or an agent needs.

        A guardian's ends when the customer comes of age. `accounts_memberships` says the same in SQL.
        """
        own = models.Q(part__in=Member.OWN_PARTS)
        guardian = models.Q(
            part=Member.Part.GUARDIAN,
            guardianship__ended_at__isnull=True,
            guardianship__valid_from__lte=day,
            account__customer__birth_date__gt=latest_birth_of_age(day),
        )
        agent = models.Q(part=Member.Part.AGENT, authorization__revoked_at__isnull=True)
        return self.filter(in_force(day), own | guardian | (agent & in_force(day, "authorization__")))

    def that_may(self, act: Act, day: date) -> "MemberQuerySet":
        """Return those that let their user do this for the customer on `day`.

        For a minor a guardian alone agrees. Every adult member may withdraw, and so may the minor, whom it protects.
        """
        agent = models.Q(part=Member.Part.AGENT, authorization__acts__contains=[act])
        if act != Act.CONSENT:
            return self.in_force(day).filter(~models.Q(part=Member.Part.AGENT) | agent)
        birth = "account__customer__birth_date"
        of_age = models.Q(**{f"{birth}__isnull": True}) | models.Q(**{f"{birth}__lte": latest_birth_of_age(day)})
        adult = (models.Q(part=Member.Part.HOLDER) | agent) & of_age
        return self.in_force(day).filter(models.Q(part=Member.Part.GUARDIAN) | adult)


class Member(models.Model):
    """A user's part in an account for a period.

    Holders and adult members belong to it themselves. A guardian acts for a minor, and an agent for somebody who signed
    it; each names the row that proves it, and holds no longer than that.
    """

    class Part(models.TextChoices):
        HOLDER = "holder", _("Account holder")
        ADULT_MEMBER = "adult_member", _("Adult member")
        GUARDIAN = "guardian", _("Guardian")
        AGENT = "agent", _("Authorised agent")

    OWN_PARTS = (Part.HOLDER, Part.ADULT_MEMBER)

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships")
    part = models.CharField(max_length=20, choices=Part.choices, default=Part.HOLDER)
    guardianship = models.ForeignKey(
        Guardianship,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="memberships",
        db_constraint=False,  # the constraint of migration 0018 names the guardian too
        db_index=False,
    )
    authorization = models.ForeignKey(
        AgentAuthorization,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="memberships",
        db_constraint=False,
        db_index=False,
    )
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = MemberQuerySet.as_manager()

    class Meta:
        constraints = [
            period_is_ordered("member_period_ordered"),
            models.UniqueConstraint(
                fields=["account", "user"], condition=models.Q(valid_to__isnull=True), name="member_once_at_a_time"
            ),
            models.CheckConstraint(
                condition=models.Q(part__in=["holder", "adult_member", "guardian", "agent"]), name="member_part_known"
            ),
            models.CheckConstraint(
                condition=models.Q(verified_at__isnull=True, verified_by__isnull=True)
                | models.Q(verified_at__isnull=False, verified_by__isnull=False),
                name="member_verified_at_by",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    part__in=["holder", "adult_member"], guardianship__isnull=True, authorization__isnull=True
                )
                | models.Q(part="guardian", guardianship__isnull=False, authorization__isnull=True)
                | models.Q(part="agent", guardianship__isnull=True, authorization__isnull=False),
                name="member_part_has_its_proof",
            ),
        ]
        indexes = [
            models.Index(
                fields=["guardianship"],
                condition=models.Q(guardianship__isnull=False),
                name="member_by_guardianship",
            ),
            models.Index(
                fields=["authorization"],
                condition=models.Q(authorization__isnull=False),
                name="member_by_authorization",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} on {self.account}"
