from datetime import datetime

from django.db.models import Min

from ledger.models import Checkpoint, HeadsTree, UnsealedEntry


def latest_checkpoint() -> Checkpoint | None:
    """Return the newest signed checkpoint, or None before the first sealing."""
    return Checkpoint.objects.order_by("-size").first()


def latest_heads_tree() -> HeadsTree | None:
    """Return the newest tree of heads, or None before the first."""
    return HeadsTree.objects.order_by("-log_size").first()


def unsealed_count() -> int:
    """Count the entries that no checkpoint covers yet."""
    return UnsealedEntry.objects.count()


def oldest_unsealed() -> datetime | None:
    """Return when the oldest entry that no checkpoint covers was made, None where every one is covered."""
    oldest: datetime | None = UnsealedEntry.objects.aggregate(oldest=Min("entry__created_at"))["oldest"]
    return oldest
