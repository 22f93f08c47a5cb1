from ledger.models import Checkpoint, Entry, UnsealedEntry


def latest_checkpoint() -> Checkpoint | None:
    """Return the newest signed checkpoint, or None before the first sealing."""
    return Checkpoint.objects.order_by("-size").first()


def unsealed_count() -> int:
    """Count the entries that no checkpoint covers yet."""
    return UnsealedEntry.objects.count()


def entries_of(subject_tag: bytes) -> list[Entry]:
    """Return a subject's entries in the order of their ids, each with its place in the tree where it has one."""
    return list(Entry.objects.filter(subject_tag=subject_tag).select_related("sealed").order_by("pk"))
