from uuid import uuid4

from django.contrib.postgres.functions import TransactionNow
from django.db import models

from ledger.services import new_tag


class ConcealmentQuerySet(models.QuerySet["Concealment"]):
    """What customers must not be told, or not yet."""

    def running(self) -> "ConcealmentQuerySet":
        """Return those that have not ended."""
        return self.filter(ended_at__isnull=True)


class Concealment(models.Model):
    """That an order forbids to tell one customer of something, until it ends: then the customer sees it.

    `origin` names the row of an upper package that the order is about (`disclosures.LegalDemand:<uuid>`). What is done
    under the order goes into the ledger under this tag, not the customer's; with the end an entry under the customer's
    tag names this tag and every entry under it. Rows that it hides name it, and row security shows them once it ended.
    Only the end can be written afterwards, once.
    """

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="concealments")
    origin = models.CharField(max_length=120)
    tag = models.BinaryField(max_length=16, unique=True, default=new_tag, editable=False)
    began_at = models.DateTimeField(db_default=TransactionNow(), editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)
    end_entry_id = models.BigIntegerField(unique=True, null=True, editable=False)
    end_salt = models.BinaryField(max_length=32, null=True, editable=False)
    end_evidence = models.BinaryField(null=True, editable=False)

    objects = ConcealmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["origin", "customer"],
                condition=models.Q(ended_at__isnull=True),
                name="concealment_one_running",
            ),
            models.CheckConstraint(condition=~models.Q(origin=""), name="concealment_has_an_origin"),
            models.CheckConstraint(
                condition=models.Q(ended_at__isnull=True, end_entry_id__isnull=True)
                | models.Q(
                    ended_at__isnull=False,
                    end_entry_id__isnull=False,
                    end_salt__isnull=False,
                    end_evidence__isnull=False,
                ),
                name="concealment_end_is_witnessed",
            ),
        ]
        indexes = [models.Index(fields=["origin"], name="concealment_by_origin")]

    def __str__(self) -> str:
        return f"{self.origin} ({self.uuid})"

    @property
    def is_running(self) -> bool:
        """Say whether the customer must not be told yet."""
        return self.ended_at is None
