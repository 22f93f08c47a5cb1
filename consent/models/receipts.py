from typing import TYPE_CHECKING
from uuid import uuid4

from django.db import models
from django.db.models.functions import Now

from accounts.models import Customer, Recipient
from accounts.selectors import customers_of
from consent.models.consents import ConsentVersion

if TYPE_CHECKING:
    from accounts.models import User


class ReceiptQuerySet(models.QuerySet["Receipt"]):
    """Receipts of acts on consents."""

    def visible_to(self, user: "User") -> "ReceiptQuerySet":
        """Return those the user may read: the provider's all, a recipient's own, a customer's own."""
        if user.is_provider:
            return self
        if user.recipient_id is not None:
            return self.filter(recipient=user.recipient_id)
        return self.filter(customer__in=customers_of(user))


class Receipt(models.Model):
    """The signed receipt of one act on a consent, for the customer and the recipient alike. Append-only.

    `document` is the signed envelope that `python -m ledger.verify` checks. The database lets no version stay without
    its receipt.
    """

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    version = models.OneToOneField(ConsentVersion, on_delete=models.PROTECT, related_name="receipt")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, related_name="+")
    document = models.JSONField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = ReceiptQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["recipient", "-created_at"], name="receipt_by_recipient"),
            models.Index(fields=["-created_at"], name="receipt_by_age"),
        ]

    def __str__(self) -> str:
        return f"receipt {self.uuid}"
