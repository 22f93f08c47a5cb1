from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.postgres.functions import TransactionNow
from django.db import models

from disclosures.conditions import Condition, from_json
from ledger.models import Witnessed
from protection import datamap
from protection.fields import SealedTextField


class CorrectionNotice(Witnessed):
    """A recipient is told that a value it got from us was wrong, and what is right. Append-only.

    `places` says where the wrong value stands: release, and subject and account as the file counts them, which names
    nobody. The value is sealed under the customer's key and shown only while the release that gave the wrong one could
    be made again.
    """

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="correction_notices")
    recipient = models.ForeignKey("accounts.Recipient", on_delete=models.PROTECT, related_name="correction_notices")
    correction_uuid = models.UUIDField(db_index=True)
    row_uuid = models.UUIDField()
    field_id = models.CharField(max_length=80)
    value = SealedTextField(field_id="correction_notice.value")
    places = models.JSONField()
    created_at = models.DateTimeField(db_default=TransactionNow(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["recipient", "correction_uuid"], name="correction_told_once"),
            models.CheckConstraint(condition=~models.Q(places=[]), name="correction_notice_names_a_release"),
        ]
        indexes = [models.Index(fields=["created_at"], name="correction_notice_by_age")]

    def __str__(self) -> str:
        return f"{self.recipient}: {self.field_id}"

    def sealing_key_id(self) -> UUID:
        """Return the id of the customer's key, which seals the value."""
        return self.customer.key_id

    @property
    def label(self) -> str:
        """Return the corrected field's name for people."""
        return datamap.field_by_id(self.field_id).label


class CorrectionReceipt(Witnessed):
    """One time that a recipient's user took note of a correction; with the right value, or why not. Append-only."""

    id = models.BigAutoField(primary_key=True)
    notice = models.ForeignKey(CorrectionNotice, on_delete=models.PROTECT, related_name="receipts")
    conditions = models.JSONField(default=list)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    user_name = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=TransactionNow(), editable=False)

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="correction_receipt_by_age")]

    def __str__(self) -> str:
        return f"{self.user_name}: {self.notice_id}"

    @property
    def reasons(self) -> tuple[Condition, ...]:
        """Return why the value was withheld; nothing where it was shown."""
        return from_json(self.conditions)
