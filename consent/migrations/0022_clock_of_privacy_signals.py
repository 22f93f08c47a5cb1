"""An index on a clock by which a purge asks whether anything is past its time."""

from django.db import migrations, models

INDEX = models.Index(fields=["created_at"], name="privacy_signal_by_age")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("consent", "0021_clock_of_cookie_choices")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.AddIndex("privacysignal", INDEX)],
            database_operations=[
                migrations.RunSQL(
                    "CREATE INDEX CONCURRENTLY IF NOT EXISTS privacy_signal_by_age"
                    " ON consent_privacysignal (created_at);",
                    "DROP INDEX CONCURRENTLY IF EXISTS privacy_signal_by_age;",
                )
            ],
        )
    ]
