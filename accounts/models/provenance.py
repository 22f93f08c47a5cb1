from uuid import UUID, uuid4

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from protection import datamap
from protection.fields import SealedTextField


class FieldSource(models.Model):
    """Where the current value of one personal field came from, and when.

    An override is a value that the customer (or staff for the customer) set; the next feed does not overwrite it.
    """

    class Source(models.TextChoices):
        FEED = "feed", _("Distribution utility's feed")
        CUSTOMER = "customer", _("Customer")
        STAFF = "staff", _("Staff")

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="field_sources")
    row_uuid = models.UUIDField()
    field_id = models.CharField(max_length=80)
    source = models.CharField(max_length=20, choices=Source.choices)
    import_run = models.UUIDField(null=True, blank=True)
    is_override = models.BooleanField(default=False)
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["row_uuid", "field_id"], name="field_source_once"),
            models.CheckConstraint(
                condition=models.Q(source__in=["feed", "customer", "staff"]), name="field_source_known"
            ),
            models.CheckConstraint(
                condition=~models.Q(source="feed") | models.Q(is_override=False), name="feed_is_no_override"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.field_id} from {self.source}"


class FieldConflict(models.Model):
    """A feed's value that contradicts what the customer corrected: kept for staff to decide, never written over.

    Both values are sealed under the customer's key, since the field may itself be a sealed one.
    """

    class Resolution(models.TextChoices):
        KEEP = "keep", _("Keep the customer's value")
        TAKE = "take", _("Take the feed's value")

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="field_conflicts")
    row_uuid = models.UUIDField()
    field_id = models.CharField(max_length=80)
    current_value = SealedTextField(field_id="conflict.current_value")
    offered_value = SealedTextField(field_id="conflict.offered_value")
    import_run = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    resolution = models.CharField(max_length=10, choices=Resolution.choices, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["row_uuid", "field_id"],
                condition=models.Q(resolved_at__isnull=True),
                name="field_conflict_open_once",
            ),
            models.CheckConstraint(
                condition=models.Q(resolved_at__isnull=True, resolved_by__isnull=True, resolution="")
                | models.Q(resolved_at__isnull=False, resolved_by__isnull=False, resolution__in=["keep", "take"]),
                name="field_conflict_resolved_at_by",
            ),
        ]

    def __str__(self) -> str:
        return f"conflict on {self.field_id}"

    def sealing_key_id(self) -> UUID:
        """Return the id of the customer's key."""
        return self.customer.key_id

    @property
    def declaration(self) -> datamap.FieldDeclaration:
        """Return what the data map declares of the field in question."""
        return datamap.field_by_id(self.field_id)

    @property
    def label(self) -> str:
        """Return the field's name for people."""
        return self.declaration.label
