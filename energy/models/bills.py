from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Account


@dataclass(frozen=True, slots=True)
class BillLine:
    """A line of a bill: its words, its amount in the bill's currency, and a quantity where the feed gives one."""

    note: str
    amount: Decimal | None = None
    quantity: Decimal | None = None
    unit: str = ""


class Bill(models.Model):
    """A billing period of an account: what was used and what it cost, line items inside.

    Partitioned by `bill_date` (the last civil day of the period) into months; nothing refers to it. Amounts are in
    `currency` (ISO 4217), `consumption` in `unit`; `uuid` follows from usage point and period, so that a corrected
    feed finds its bill again. `summary` keeps the feed's UsageSummary as it was, for a like export. A line item is
    `{"note", "amount", "kind"}`, with `quantity` and `unit` where the feed gives them; numbers are decimal text.
    """

    pk = models.CompositePrimaryKey("account_id", "uuid", "bill_date")
    account = models.ForeignKey(Account, on_delete=models.DO_NOTHING, related_name="+", db_index=False)
    uuid = models.UUIDField(default=uuid4, editable=False)
    bill_date = models.DateField(_("date of the bill"))
    usage_point_id = models.BigIntegerField(null=True)
    period_start = models.DateTimeField(_("from"))
    period_end = models.DateTimeField(_("until"))
    amount_due = models.DecimalField(_("amount"), max_digits=20, decimal_places=5, null=True)
    currency = models.CharField(max_length=3, default="USD")
    consumption = models.DecimalField(_("used"), max_digits=26, decimal_places=6, null=True)
    unit = models.CharField(max_length=10, blank=True)
    line_items = models.JSONField(default=list)
    summary = models.JSONField(default=dict)
    import_run_id = models.BigIntegerField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(period_end__gte=models.F("period_start")), name="bill_period_ordered"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.bill_date}"

    @property
    def lines(self) -> list[BillLine]:
        """Return the line items as they are shown."""
        return [
            BillLine(item.get("note", ""), _decimal(item, "amount"), _decimal(item, "quantity"), item.get("unit", ""))
            for item in self.line_items
        ]


def _decimal(item: dict[str, Any], name: str) -> Decimal | None:
    return None if item.get(name) is None else Decimal(item[name])
