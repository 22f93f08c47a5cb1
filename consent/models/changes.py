from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from consent.models.notices import Notice
from consent.models.purposes import Purpose
from retention.models.pairs import both_or_neither
from retention.models.proposals import Proposal, proposal_constraints

TERMS = (
    "code",
    "is_secondary",
    "name_en",
    "name_es",
    "description_en",
    "description_es",
    "field_ids",
    "typical_months",
    "recipient_kinds",
)
"""What a purpose says; a notice announces all of it."""


class PurposeChangeQuerySet(models.QuerySet["PurposeChange"]):
    """New purposes, and changes of purposes."""

    def undecided(self) -> "PurposeChangeQuerySet":
        """Return those that wait for a second person."""
        return self.filter(decided_at__isnull=True)

    def waiting(self) -> "PurposeChangeQuerySet":
        """Return those that are approved and wait for a privacy notice that contains them."""
        return self.filter(is_approved=True, withdrawn_at__isnull=True, applied_at__isnull=True)

    def open(self) -> "PurposeChangeQuerySet":
        """Return those from which something may still come."""
        return self.undecided() | self.waiting()


class PurposeChange(Proposal):
    """A new purpose, or a whole new version of one, that somebody wishes.

    One that widens (a new purpose, more data, more kinds of recipients, a longer period) needs a second person.
    Approved, it waits until a privacy notice that contains it is in force; then `applied_at` and `notice` say since
    when and by which it counts.
    """

    purpose = models.ForeignKey(Purpose, null=True, blank=True, on_delete=models.PROTECT, related_name="changes")
    code = models.CharField(_("short name"), max_length=60)
    is_secondary = models.BooleanField()
    name_en = models.CharField(_("name in English"), max_length=200)
    name_es = models.CharField(_("name in Spanish"), max_length=200)
    description_en = models.TextField(_("description in English"))
    description_es = models.TextField(_("description in Spanish"))
    field_ids = ArrayField(models.CharField(max_length=80), verbose_name=_("data"))
    typical_months = models.PositiveSmallIntegerField(_("months"), null=True, blank=True)
    recipient_kinds = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    is_widening = models.BooleanField(editable=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)
    withdrawn_by_name = models.CharField(max_length=200, blank=True, editable=False)
    applied_at = models.DateTimeField(null=True, blank=True, editable=False)
    notice = models.ForeignKey(
        Notice, null=True, blank=True, on_delete=models.PROTECT, related_name="purpose_changes", editable=False
    )

    objects = PurposeChangeQuerySet.as_manager()

    class Meta:
        constraints = [
            *proposal_constraints("purposechange", one_may_approve=Q(is_widening=False)),
            models.CheckConstraint(condition=Q(code__regex=r"^[a-z][a-z_]*$"), name="purposechange_code_form"),
            models.CheckConstraint(
                condition=Q(purpose__isnull=False) | Q(is_widening=True), name="purposechange_new_is_widening"
            ),
            models.CheckConstraint(
                condition=both_or_neither("withdrawn_at", "withdrawn_by_name"), name="purposechange_withdrawn_at_by"
            ),
            models.CheckConstraint(
                condition=Q(applied_at__isnull=True, notice__isnull=True)
                | Q(applied_at__isnull=False, notice__isnull=False, is_approved=True, withdrawn_at__isnull=True),
                name="purposechange_applied_by_notice",
            ),
            models.UniqueConstraint(
                fields=["code"],
                condition=Q(withdrawn_at__isnull=True, applied_at__isnull=True)
                & (Q(is_approved__isnull=True) | Q(is_approved=True)),
                name="purposechange_one_open",
                violation_error_message=_("A change of this purpose already waits. Withdraw it first."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """Return the name in the language of the page."""
        return self.name_es if (get_language() or "en").startswith("es") else self.name_en

    @property
    def description(self) -> str:
        """Return the description in the language of the page."""
        return self.description_es if (get_language() or "en").startswith("es") else self.description_en
