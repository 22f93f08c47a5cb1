"""An index on a clock by which a purge reads this table."""

from django.db import migrations, models

INDEX = models.Index(fields=["created_at"], name="reveal_by_age")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("accounts", "0013_purge_clocks")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.AddIndex("valuereveal", INDEX)],
            database_operations=[
                migrations.RunSQL(
                    "CREATE INDEX CONCURRENTLY IF NOT EXISTS reveal_by_age ON accounts_valuereveal (created_at);",
                    "DROP INDEX CONCURRENTLY IF EXISTS reveal_by_age;",
                )
            ],
        )
    ]
