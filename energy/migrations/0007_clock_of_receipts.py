"""An index on a clock by which a purge asks whether anything is past its time."""

from django.db import migrations, models

INDEX = models.Index(fields=["created_at"], name="energy_receipt_by_age")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("energy", "0006_purge_clocks")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.AddIndex("receipt", INDEX)],
            database_operations=[
                migrations.RunSQL(
                    "CREATE INDEX CONCURRENTLY IF NOT EXISTS energy_receipt_by_age ON energy_receipt (created_at);",
                    "DROP INDEX CONCURRENTLY IF EXISTS energy_receipt_by_age;",
                )
            ],
        )
    ]
