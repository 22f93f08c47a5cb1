from datetime import date
from typing import Any, ClassVar
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from accounts.models.periods import in_force, period_is_ordered
from protection.models import SealedFile


class Role(models.TextChoices):
    """What a user is to the provider; each user has one role."""

    CUSTOMER = "customer", _("Customer")
    RECIPIENT = "recipient", _("Recipient")
    STAFF = "staff", _("Staff")
    AUDITOR = "auditor", _("Auditor")
    ADMINISTRATOR = "administrator", _("Administrator")


PROVIDER_ROLES = frozenset({Role.STAFF, Role.AUDITOR, Role.ADMINISTRATOR})
"""The roles of the provider's own people, who need a confidentiality agreement and a second factor."""


class UserManager(BaseUserManager["User"]):
    """Create users by e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user with a hashed password, or with none that works."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """Somebody who signs in. What a customer's user may see follows from the accounts they are a member of."""

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=200)
    role = models.CharField(_("role"), max_length=20, choices=Role.choices, default=Role.CUSTOMER)
    recipient = models.ForeignKey(
        "accounts.Recipient", null=True, blank=True, on_delete=models.PROTECT, related_name="users"
    )
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES, default="en")
    is_active = models.BooleanField(_("may sign in"), default=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_once"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="user_role_known"),
            models.CheckConstraint(
                condition=models.Q(role=Role.RECIPIENT, recipient__isnull=False)
                | (~models.Q(role=Role.RECIPIENT) & models.Q(recipient__isnull=True)),
                name="user_recipient_belongs_to_one",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        """Return the name that others see."""
        return self.name or self.email

    @property
    def is_provider(self) -> bool:
        """Say whether this is one of the provider's own people."""
        return self.role in PROVIDER_ROLES


class ConfidentialityAgreementQuerySet(models.QuerySet["ConfidentialityAgreement"]):
    """Agreements of the provider's people."""

    def in_force(self, day: date) -> "ConfidentialityAgreementQuerySet":
        """Return those that hold on `day`."""
        return self.filter(in_force(day))


class ConfidentialityAgreement(models.Model):
    """A person's signed promise of confidentiality for a period; without one in force there is no personal data."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="confidentiality_agreements")
    title = models.CharField(max_length=200)
    document = models.ForeignKey(SealedFile, null=True, blank=True, on_delete=models.PROTECT)
    signed_on = models.DateField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = ConfidentialityAgreementQuerySet.as_manager()

    class Meta:
        constraints = [period_is_ordered("confidentiality_period_ordered")]

    def __str__(self) -> str:
        return f"{self.title} ({self.user})"
