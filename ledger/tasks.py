from celery import shared_task

from ledger.heads import take_heads
from ledger.keys import record_keys
from ledger.sealing import seal_entries


@shared_task(name="ledger.seal")
def seal() -> int:
    """Keep the public keys, seal what has committed since the last checkpoint; return the tree's size, 0: unchanged."""
    record_keys()
    checkpoint = seal_entries()
    return checkpoint.size if checkpoint else 0


@shared_task(name="ledger.take_heads")
def take_heads_of_subjects() -> int:
    """Take every subject's head and seal the tree's own entry; return how many heads there are."""
    seal_entries()
    tree = take_heads()
    seal_entries()
    return tree.size if tree else 0
