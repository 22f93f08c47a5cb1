"""An index on a clock by which a purge reads this table."""

from django.db import migrations, models

INDEX = models.Index(fields=["destroyed_at"], name="sealedfile_by_end")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("protection", "0004_purge_clocks")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.AddIndex("sealedfile", INDEX)],
            database_operations=[
                migrations.RunSQL(
                    "CREATE INDEX CONCURRENTLY IF NOT EXISTS sealedfile_by_end"
                    " ON protection_sealedfile (destroyed_at);",
                    "DROP INDEX CONCURRENTLY IF EXISTS sealedfile_by_end;",
                )
            ],
        )
    ]
