from uuid import uuid4

from django.db import models
from django.db.models.functions import Now

from accounts.models import Customer, Recipient
from consent.models.consents import ConsentVersion


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

    class Meta:
        indexes = [
            models.Index(fields=["recipient", "-created_at"], name="receipt_by_recipient"),
            models.Index(fields=["-created_at"], name="receipt_by_age"),
        ]

    def __str__(self) -> str:
        return f"receipt {self.uuid}"
