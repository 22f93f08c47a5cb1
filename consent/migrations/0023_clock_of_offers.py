"""An index on a clock by which a purge asks whether anything is past its time."""

from django.db import migrations, models

INDEX = models.Index(fields=["closed_at"], name="offer_by_end", condition=models.Q(closed_at__isnull=False))


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("consent", "0022_clock_of_privacy_signals")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.AddIndex("offer", INDEX)],
            database_operations=[
                migrations.RunSQL(
                    "CREATE INDEX CONCURRENTLY IF NOT EXISTS offer_by_end"
                    " ON consent_offer (closed_at) WHERE closed_at IS NOT NULL;",
                    "DROP INDEX CONCURRENTLY IF EXISTS offer_by_end;",
                )
            ],
        )
    ]
