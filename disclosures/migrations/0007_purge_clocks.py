"""An index on a clock by which a purge reads this table."""

from django.db import migrations, models

INDEX = models.Index(fields=["created_at"], name="delivery_by_age")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("disclosures", "0006_purge")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.AddIndex("delivery", INDEX)],
            database_operations=[
                migrations.RunSQL(
                    "CREATE INDEX CONCURRENTLY IF NOT EXISTS delivery_by_age ON disclosures_delivery (created_at);",
                    "DROP INDEX CONCURRENTLY IF EXISTS delivery_by_age;",
                )
            ],
        )
    ]
