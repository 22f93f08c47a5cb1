from django.db import models
from django.db.models.functions import Now

from ledger.models import Witnessed


class AccountAct(Witnessed):
    """An act of this package that no other row keeps the evidence of, such as a changed field. Append-only.

    `customer` is empty for acts that concern no customer: recipients, people, agreements, clients of the API.
    `row_uuid` is that of the row that was made or changed.
    """

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey("accounts.Customer", null=True, on_delete=models.PROTECT, related_name="acts")
    kind = models.CharField(max_length=60)
    row_uuid = models.UUIDField(null=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["customer", "-created_at"], name="act_by_customer"),
            models.Index(fields=["row_uuid", "-created_at"], name="act_by_row"),
            models.Index(
                fields=["created_at"], name="act_of_no_customer_by_age", condition=models.Q(customer__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.entry_id}"
