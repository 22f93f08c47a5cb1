"""An index on a clock by which a purge reads this table."""

from django.db import migrations, models

INDEX = models.Index(
    fields=["retention_class", "created_at"],
    condition=models.Q(destroyed_at__isnull=True),
    name="sealedfile_standing_by_age",
)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("protection", "0003_sealed_file_stays")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.AddIndex("sealedfile", INDEX)],
            database_operations=[
                migrations.RunSQL(
                    "CREATE INDEX CONCURRENTLY IF NOT EXISTS sealedfile_standing_by_age"
                    " ON protection_sealedfile (retention_class, created_at) WHERE destroyed_at IS NULL;",
                    "DROP INDEX CONCURRENTLY IF EXISTS sealedfile_standing_by_age;",
                )
            ],
        )
    ]
