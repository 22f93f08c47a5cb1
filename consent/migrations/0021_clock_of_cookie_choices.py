"""An index on a clock by which a purge asks whether anything is past its time."""

from django.db import migrations, models

INDEX = models.Index(fields=["created_at"], name="cookie_choice_by_age")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("consent", "0020_clock_of_served_notices")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.AddIndex("cookiechoice", INDEX)],
            database_operations=[
                migrations.RunSQL(
                    "CREATE INDEX CONCURRENTLY IF NOT EXISTS cookie_choice_by_age"
                    " ON consent_cookiechoice (created_at);",
                    "DROP INDEX CONCURRENTLY IF EXISTS cookie_choice_by_age;",
                )
            ],
        )
    ]
