from uuid import uuid4

from django.db import models
from django.db.models.functions import Now

from ledger.models import Witnessed
from protection import datamap

STATEMENT_LENGTH = 2000
"""The most characters of a statement of disagreement: some three hundred words."""


class DisputeQuerySet(models.QuerySet["Dispute"]):
    """Statements of disagreement."""

    def standing(self) -> "DisputeQuerySet":
        """Return those that were not withdrawn: they go out with every release of the value."""
        return self.filter(withdrawal__isnull=True)


class Dispute(Witnessed):
    """A customer's statement that they disagree with a value which the provider refused to correct.

    It belongs to the field (`row_uuid` and `field_id`), goes out with every release of it, and stays until the customer
    withdraws it, whatever becomes of the value. `correction_uuid` is the refused correction in the package above.
    Append-only.
    """

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="disputes")
    row_uuid = models.UUIDField()
    field_id = models.CharField(max_length=80)
    correction_uuid = models.UUIDField()
    statement = models.CharField(max_length=STATEMENT_LENGTH)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = DisputeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(statement__regex=r"\S"), name="dispute_says_something"),
        ]
        indexes = [models.Index(fields=["row_uuid", "field_id"], name="dispute_by_field")]

    def __str__(self) -> str:
        return f"disagreement on {self.field_id}"

    @property
    def label(self) -> str:
        """Return the field's name for people."""
        return datamap.field_by_id(self.field_id).label


class DisputeWithdrawal(Witnessed):
    """The act by which a customer took a statement of disagreement back: it goes out no more. Append-only."""

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    dispute = models.OneToOneField(Dispute, on_delete=models.PROTECT, related_name="withdrawal")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return f"withdrawal of {self.dispute_id}"
