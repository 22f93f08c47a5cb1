"""Rows past their time that a legal hold keeps: moved here when their month is dropped, deleted when no hold is left.

The columns are those of the energy package's tables, by name and type; a test holds them equal.
"""

from uuid import uuid4

from django.db import models

from accounts.models import Account


class HeldDayReading(models.Model):
    """A packed day of readings (`energy.DayReading`) that a hold keeps past its time; see there for the columns."""

    pk = models.CompositePrimaryKey("account_id", "usage_point_id", "reading_type_id", "day")
    account = models.ForeignKey(Account, on_delete=models.DO_NOTHING, related_name="+", db_index=False)
    usage_point_id = models.BigIntegerField()
    reading_type_id = models.BigIntegerField()
    start = models.DateTimeField()
    total = models.BigIntegerField()
    import_run_id = models.BigIntegerField()
    day = models.DateField()
    interval_length = models.IntegerField()
    reading_count = models.IntegerField()
    values = models.BinaryField()
    offsets = models.BinaryField(null=True)
    durations = models.BinaryField(null=True)
    qualities = models.BinaryField(null=True)
    costs = models.BinaryField(null=True)
    tous = models.BinaryField(null=True)
    tiers = models.BinaryField(null=True)
    cpps = models.BinaryField(null=True)

    def __str__(self) -> str:
        return f"{self.day}"


class HeldBill(models.Model):
    """A bill (`energy.Bill`) that a hold keeps past its time; see there for the columns."""

    pk = models.CompositePrimaryKey("account_id", "uuid", "bill_date")
    account = models.ForeignKey(Account, on_delete=models.DO_NOTHING, related_name="+", db_index=False)
    uuid = models.UUIDField(default=uuid4, editable=False)
    bill_date = models.DateField()
    usage_point_id = models.BigIntegerField(null=True)
    period_start = models.DateTimeField()
    period_end = models.DateTimeField()
    amount_due = models.DecimalField(max_digits=20, decimal_places=5, null=True)
    currency = models.CharField(max_length=3)
    consumption = models.DecimalField(max_digits=26, decimal_places=6, null=True)
    unit = models.CharField(max_length=10, blank=True)
    line_items = models.JSONField()
    summary = models.JSONField()
    import_run_id = models.BigIntegerField()
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.bill_date}"
