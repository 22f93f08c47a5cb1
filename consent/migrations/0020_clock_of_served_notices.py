"""An index on a clock by which a purge asks whether anything is past its time."""

from django.db import migrations, models

INDEX = models.Index(fields=["created_at"], name="servednotice_by_age")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("consent", "0019_project_request_rules")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.AddIndex("servednotice", INDEX)],
            database_operations=[
                migrations.RunSQL(
                    "CREATE INDEX CONCURRENTLY IF NOT EXISTS servednotice_by_age ON consent_servednotice (created_at);",
                    "DROP INDEX CONCURRENTLY IF EXISTS servednotice_by_age;",
                )
            ],
        )
    ]
