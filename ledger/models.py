import json
from typing import Any, cast

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Entry(models.Model):
    """One act, as a commitment only: neither its body nor its salt is here.

    The domain row that the act made keeps salt and canonical evidence, and takes both with it when it is purged; what
    stays proves that an act of this kind was recorded for this subject, and no more. Append-only by grant and trigger.
    """

    id = models.BigAutoField(primary_key=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    kind = models.CharField(max_length=60)
    subject_tag = models.BinaryField(max_length=16)
    commitment = models.BinaryField(max_length=32)

    class Meta:
        verbose_name_plural = "entries"
        indexes = [
            models.Index(fields=["subject_tag", "id"], name="entry_by_subject"),
            BrinIndex(fields=["created_at"], name="entry_by_time", autosummarize=True),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__regex=r"^[a-z_]+(\.[a-z_]+)+$"), name="entry_kind_is_dotted"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"


class UnsealedEntry(models.Model):
    """An entry that no checkpoint covers yet; written by trigger with the entry, the sealer's only source."""

    entry = models.OneToOneField(Entry, primary_key=True, on_delete=models.PROTECT, related_name="unsealed")

    class Meta:
        db_table = "ledger_unsealed"

    def __str__(self) -> str:
        return f"unsealed #{self.pk}"


class SealedEntry(models.Model):
    """An entry's place in the tree: its log index, its index among its subject's entries, its leaf hash."""

    entry = models.OneToOneField(Entry, primary_key=True, on_delete=models.PROTECT, related_name="sealed")
    log_index = models.BigIntegerField(unique=True)
    subject_index = models.BigIntegerField()
    leaf_hash = models.BinaryField(max_length=32)

    class Meta:
        db_table = "ledger_sealed"
        constraints = [
            models.CheckConstraint(condition=models.Q(log_index__gte=0), name="sealed_log_index_from_zero"),
            models.CheckConstraint(condition=models.Q(subject_index__gte=0), name="sealed_subject_index_from_zero"),
        ]

    def __str__(self) -> str:
        return f"leaf {self.log_index}"


class TreeNode(models.Model):
    """The root of a complete subtree of 16^level leaves, kept so that a proof need not read every leaf."""

    pk = models.CompositePrimaryKey("level", "position")
    level = models.SmallIntegerField()
    position = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)

    class Meta:
        db_table = "ledger_node"
        constraints = [models.CheckConstraint(condition=models.Q(level__gt=0), name="node_above_the_leaves")]

    def __str__(self) -> str:
        return f"node {self.position} of level {self.level}"


class SubjectHead(models.Model):
    """How many sealed entries a subject tag has, and the log index of the last; the sealer keeps it."""

    subject_tag = models.BinaryField(max_length=16, primary_key=True)
    entries = models.BigIntegerField()
    last_index = models.BigIntegerField()

    class Meta:
        db_table = "ledger_head"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(entries__gt=0, last_index__gte=models.F("entries") - 1), name="head_counts_entries"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entries} entries"


class Checkpoint(models.Model):
    """A signed statement of the tree's size and root (C2SP tlog-checkpoint), also kept outside the database."""

    id = models.BigAutoField(primary_key=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    size = models.BigIntegerField(unique=True)
    root_hash = models.BinaryField(max_length=32)
    frontier = models.BinaryField()
    text = models.TextField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(size__gt=0), name="checkpoint_covers_something")]

    def __str__(self) -> str:
        return f"checkpoint at {self.size}"

    @property
    def root_hex(self) -> str:
        """Return the root hash as 64 hexadecimal digits."""
        return bytes(self.root_hash).hex()


class PublicKey(models.Model):
    """A public key that signed or signs for this installation, kept for ever: what it signed must stay checkable.

    The sealer writes them, since it alone holds the private key of checkpoints. Append-only.
    """

    class Use(models.TextChoices):
        RECEIPTS = "receipts", _("Certificates, receipts and exports")
        CHECKPOINTS = "checkpoints", _("Checkpoints of the ledger")

    id = models.BigAutoField(primary_key=True)
    use = models.CharField(max_length=20, choices=Use.choices)
    public_key = models.BinaryField(max_length=32)
    first_used_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["use", "public_key"], name="public_key_once_a_use"),
            models.CheckConstraint(
                condition=models.Q(use__in=["receipts", "checkpoints"]), name="public_key_use_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.use} {bytes(self.public_key).hex()[:16]}"


class Witnessed(models.Model):
    """A row that made a ledger entry and keeps what opens it: the salt and the canonical evidence.

    Create it with `**witness.columns()` of what `ledger.services.record` returned.
    """

    entry_id = models.BigIntegerField(unique=True, editable=False)
    salt = models.BinaryField(max_length=32, editable=False)
    evidence = models.BinaryField(editable=False)

    class Meta:
        abstract = True

    @property
    def evidence_json(self) -> dict[str, Any]:
        """Return the evidence as the JSON object it is."""
        return cast(dict[str, Any], json.loads(bytes(self.evidence)))


class HeadsTree(Witnessed):
    """A Merkle tree over the heads of every subject, as the log stood at `log_size` entries; its root is in the log.

    It shows that a subject's history has all its entries: the head says how many there are. `size` counts the heads.
    """

    id = models.BigAutoField(primary_key=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    log_size = models.BigIntegerField(unique=True)
    size = models.BigIntegerField()
    root_hash = models.BinaryField(max_length=32)

    class Meta:
        db_table = "ledger_headstree"
        constraints = [models.CheckConstraint(condition=models.Q(size__gt=0), name="heads_tree_has_heads")]

    def __str__(self) -> str:
        return f"heads of {self.size} subjects at {self.log_size}"


class HeadsPage(models.Model):
    """Up to 256 neighbouring heads of a tree, packed, in the order of their tags; goes with a newer tree."""

    id = models.BigAutoField(primary_key=True)
    tree = models.ForeignKey(HeadsTree, on_delete=models.PROTECT, related_name="pages")
    position = models.IntegerField()
    first_tag = models.BinaryField(max_length=16)
    heads = models.BinaryField()
    root_hash = models.BinaryField(max_length=32)

    class Meta:
        db_table = "ledger_headspage"
        constraints = [models.UniqueConstraint(fields=["tree", "position"], name="heads_page_once")]

    def __str__(self) -> str:
        return f"heads page {self.position}"
