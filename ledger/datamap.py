from ledger.models import Checkpoint, Entry, SealedEntry, UnsealedEntry
from protection.datamap import Executor, declare

declare(
    Entry,
    retention_class="ledger",
    executor=Executor.DELETE_ROWS,
    not_personal=("id", "created_at", "kind", "subject_tag", "commitment"),
)
declare(UnsealedEntry, retention_class="ledger", not_personal=("entry",))
declare(SealedEntry, retention_class="ledger", not_personal=("entry", "log_index", "subject_index", "leaf_hash"))
declare(
    Checkpoint,
    retention_class="ledger",
    not_personal=("id", "created_at", "size", "root_hash", "frontier", "text"),
)
