import django.contrib.postgres.indexes
from django.db import migrations

CREATE = """
CREATE INDEX CONCURRENTLY IF NOT EXISTS entry_by_time ON ledger_entry
    USING brin (created_at) WITH (autosummarize = on)
"""
DROP = "DROP INDEX CONCURRENTLY IF EXISTS entry_by_time"


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("ledger", "0005_tree_and_heads_rules")]
    operations = [
        migrations.RunSQL(
            CREATE,
            DROP,
            state_operations=[
                migrations.AddIndex(
                    model_name="entry",
                    index=django.contrib.postgres.indexes.BrinIndex(
                        autosummarize=True, fields=["created_at"], name="entry_by_time"
                    ),
                ),
            ],
        ),
    ]
