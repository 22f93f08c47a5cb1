"""An index on a clock by which a purge reads this table."""

from django.db import migrations, models

INDEX = models.Index(fields=["finished_at"], name="import_by_end")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("energy", "0005_schema_of_months")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.AddIndex("importrun", INDEX)],
            database_operations=[
                migrations.RunSQL(
                    "CREATE INDEX CONCURRENTLY IF NOT EXISTS import_by_end ON energy_importrun (finished_at);",
                    "DROP INDEX CONCURRENTLY IF EXISTS import_by_end;",
                )
            ],
        )
    ]
