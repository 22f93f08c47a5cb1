"""An index on a clock by which a purge asks whether anything is past its time."""

from django.db import migrations, models

INDEX = models.Index(fields=["created_at"], name="packagefile_by_age")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("disclosures", "0015_clock_of_packages")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.AddIndex("packagefile", INDEX)],
            database_operations=[
                migrations.RunSQL(
                    "CREATE INDEX CONCURRENTLY IF NOT EXISTS packagefile_by_age"
                    " ON disclosures_packagefile (created_at);",
                    "DROP INDEX CONCURRENTLY IF EXISTS packagefile_by_age;",
                )
            ],
        )
    ]
