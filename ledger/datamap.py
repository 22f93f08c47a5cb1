from ledger.models import (
    Checkpoint,
    Entry,
    HeadsPage,
    HeadsTree,
    PublicKey,
    SealedEntry,
    SubjectHead,
    TreeNode,
    UnsealedEntry,
)
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
declare(TreeNode, retention_class="ledger", not_personal=("level", "position", "hash"))
declare(SubjectHead, retention_class="ledger", not_personal=("subject_tag", "entries", "last_index"))
declare(
    HeadsTree,
    retention_class="ledger",
    not_personal=("id", "created_at", "entry_id", "salt", "evidence", "log_size", "size", "root_hash"),
)
declare(
    HeadsPage,
    retention_class="ledger",
    not_personal=("id", "tree", "position", "first_tag", "heads", "root_hash"),
)
declare(PublicKey, retention_class="ledger", not_personal=("id", "use", "public_key", "first_used_at"))
