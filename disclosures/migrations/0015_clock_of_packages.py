"""An index on a clock by which a purge asks whether anything is past its time."""

from django.db import migrations, models

INDEX = models.Index(fields=["created_at"], name="package_by_age")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("disclosures", "0014_bases_and_merger_rules")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.AddIndex("package", INDEX)],
            database_operations=[
                migrations.RunSQL(
                    "CREATE INDEX CONCURRENTLY IF NOT EXISTS package_by_age ON disclosures_package (created_at);",
                    "DROP INDEX CONCURRENTLY IF EXISTS package_by_age;",
                )
            ],
        )
    ]
