from datetime import date
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models.proofs import IdentityDocument, VerificationMethod
from protection.models import SealedFile


class GuardianshipQuerySet(models.QuerySet["Guardianship"]):
    """Guardians of minors."""

    def in_force(self, day: date) -> "GuardianshipQuerySet":
        """Return those that hold on `day`, as long as the customer is a minor (which the membership asks)."""
        return self.filter(ended_at__isnull=True, valid_from__lte=day)


class Guardianship(models.Model):
    """That a user is the parent or guardian of a customer who is a minor, and agreed that we hold the minor's data.

    Staff verified the guardian's own identity: how, by which kind of document, on which day. The guardian acts on all
    of the minor's accounts through memberships that name this row; they end by the clock when the minor comes of age.
    What was recorded never changes; an end is written once.
    """

    class Relation(models.TextChoices):
        PARENT = "parent", _("Parent")
        LEGAL_GUARDIAN = "legal_guardian", _("Legal guardian")

    class Proof(models.TextChoices):
        BIRTH_CERTIFICATE = "birth_certificate", _("Birth certificate")
        ADOPTION_DECREE = "adoption_decree", _("Adoption decree")
        COURT_ORDER = "court_order", _("Court order")
        OTHER = "other", _("Another official document")

    class EndCause(models.TextChoices):
        ENDED = "ended", _("Ended by staff")
        CAME_OF_AGE = "came_of_age", _("The customer came of age")

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="guardianships")
    guardian = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="guardianships")
    relation = models.CharField(_("relation to the minor"), max_length=20, choices=Relation.choices)
    proof = models.CharField(_("proof of it"), max_length=20, choices=Proof.choices)
    identity_document = models.CharField(_("identity document"), max_length=20, choices=IdentityDocument.choices)
    method = models.CharField(_("how it was checked"), max_length=20, choices=VerificationMethod.choices)
    verified_on = models.DateField(_("checked on"))
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    approved_on = models.DateField(_("agreed on"))
    document = models.ForeignKey(SealedFile, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    valid_from = models.DateField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    end_cause = models.CharField(max_length=20, choices=EndCause.choices, blank=True)
    end_reason = models.CharField(max_length=500, blank=True)

    objects = GuardianshipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "guardian"],
                condition=models.Q(ended_at__isnull=True),
                name="guardianship_once_at_a_time",
                violation_error_message=_("This person is this customer's guardian already."),
            ),
            models.UniqueConstraint(fields=["id", "guardian"], name="guardianship_with_its_guardian"),
            models.UniqueConstraint(fields=["id", "customer"], name="guardianship_with_its_customer"),
            models.CheckConstraint(
                condition=models.Q(relation__in=["parent", "legal_guardian"])
                & models.Q(proof__in=["birth_certificate", "adoption_decree", "court_order", "other"])
                & models.Q(identity_document__in=["passport", "driver_license", "state_id", "consular_id", "other"])
                & models.Q(method__in=["in_person", "video", "certified_copy"]),
                name="guardianship_words_known",
            ),
            models.CheckConstraint(
                condition=~models.Q(method="certified_copy") | models.Q(document__isnull=False),
                name="guardianship_copy_is_kept",
                violation_error_message=_("Attach the certified copy that was sent."),
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at__isnull=True, ended_by__isnull=True, end_cause="", end_reason="")
                | models.Q(ended_at__isnull=False, end_cause="came_of_age")
                | (models.Q(ended_at__isnull=False, end_cause="ended") & ~models.Q(end_reason="")),
                name="guardianship_end_has_its_cause",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.guardian} for {self.customer}"

    @property
    def is_ended(self) -> bool:
        """Say whether an end was recorded."""
        return self.ended_at is not None
