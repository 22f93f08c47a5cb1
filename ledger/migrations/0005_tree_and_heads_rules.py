"""Only the worker writes the tree's nodes and the heads; nodes and trees of heads are written once.

What was sealed before gets its nodes and heads here.
"""

from django.db import migrations

from ledger.merkle import root_of
from protection.operations import AppendOnly, role, roles

ARITY = 16
HEADS = """
    INSERT INTO ledger_head (subject_tag, entries, last_index)
    SELECT entry.subject_tag, count(*), max(sealed.log_index)
    FROM ledger_sealed sealed JOIN ledger_entry entry ON entry.id = sealed.entry_id
    GROUP BY entry.subject_tag
"""


def only_the_worker_writes(apps, schema_editor):
    """Take from every other role the right to write, and from all the right to remove a head."""
    tables = "ledger_node, ledger_head, ledger_headstree, ledger_headspage"
    schema_editor.execute(f"REVOKE INSERT, UPDATE, DELETE ON {tables} FROM {roles('web', 'worker', 'purge')}")
    schema_editor.execute(f"GRANT INSERT ON {tables} TO {role('worker')}")
    schema_editor.execute(f"GRANT UPDATE ON ledger_head TO {role('worker')}")
    schema_editor.execute(f"GRANT DELETE ON ledger_headspage TO {role('worker')}")


def catch_up(apps, schema_editor):
    """Make the heads and nodes of what is sealed already."""
    schema_editor.execute(HEADS)
    sealed, node = apps.get_model("ledger", "SealedEntry"), apps.get_model("ledger", "TreeNode")
    leaves = sealed.objects.order_by("log_index").values_list("leaf_hash", flat=True)
    below, level = [bytes(leaf) for leaf in leaves.iterator()], 1
    while len(below) >= ARITY:
        whole = range(0, len(below) - len(below) % ARITY, ARITY)
        below = [root_of(below[start : start + ARITY]) for start in whole]
        node.objects.bulk_create(
            (node(level=level, position=position, hash=root) for position, root in enumerate(below)), batch_size=2_000
        )
        level += 1


class Migration(migrations.Migration):
    dependencies = [("ledger", "0004_tree_and_heads"), ("protection", "0003_sealed_file_stays")]
    operations = [
        AppendOnly("ledger_node"),
        AppendOnly("ledger_headstree"),
        migrations.RunPython(only_the_worker_writes, migrations.RunPython.noop),
        migrations.RunPython(catch_up, migrations.RunPython.noop),
    ]
