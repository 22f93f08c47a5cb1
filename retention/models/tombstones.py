from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Tombstone(models.Model):
    """What is left of a purged row that had a ledger entry: that it was there, since when, and under which entry.

    The entry's commitment can no longer be opened, since salt and evidence went with the row; this says why. It holds
    nothing about anybody. Append-only.
    """

    id = models.BigAutoField(primary_key=True)
    retention_class = models.CharField(_("retention class"), max_length=40)
    table_name = models.CharField(max_length=63)
    row_uuid = models.UUIDField(null=True)
    entry_id = models.BigIntegerField(unique=True)
    recorded_at = models.DateTimeField(_("recorded"))
    run = models.ForeignKey("retention.PurgeRun", on_delete=models.PROTECT, related_name="tombstones")
    purged_at = models.DateTimeField(_("purged"), db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(entry_id__gt=0), name="tombstone_names_its_entry"),
        ]

    def __str__(self) -> str:
        return f"{self.table_name} #{self.entry_id}"
