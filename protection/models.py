from uuid import UUID, uuid4

from django.db import models
from django.db.models.functions import Now

from protection.fields import SealedTextField


class SealedFile(models.Model):
    """A file kept encrypted outside the database: evidence, an import's original, an agreement, a package, an export.

    The row is its description; the bytes lie in the files folder under its UUID (see `protection.files`). Each file has
    a key of its own, so that it can be destroyed on its own schedule and nothing else with it.
    """

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    key_id = models.UUIDField(editable=False)
    name = SealedTextField(field_id="file.name")
    sha256 = models.CharField(max_length=64, editable=False)
    size = models.PositiveBigIntegerField(editable=False)
    content_type = models.CharField(max_length=100)
    retention_class = models.CharField(max_length=40)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    destroyed_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(sha256__regex=r"^[0-9a-f]{64}$"), name="sealedfile_sha256_hex"),
        ]
        indexes = [
            models.Index(
                fields=["retention_class", "created_at"],
                condition=models.Q(destroyed_at__isnull=True),
                name="sealedfile_standing_by_age",
            ),
            models.Index(fields=["destroyed_at"], name="sealedfile_by_end"),
        ]

    def __str__(self) -> str:
        return f"{self.content_type} {self.sha256[:12]}"

    def sealing_key_id(self) -> UUID:
        """Return the id of the key that seals this file and its name."""
        return self.key_id
