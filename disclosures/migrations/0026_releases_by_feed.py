"""The releases of a standing feed, by an index that holds no others."""

from django.db import migrations, models

INDEX = models.Index(condition=models.Q(("feed__isnull", False)), fields=["feed"], name="release_by_feed")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("disclosures", "0025_feed_rules")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.AddIndex("release", INDEX)],
            database_operations=[
                migrations.RunSQL(
                    "CREATE INDEX CONCURRENTLY IF NOT EXISTS release_by_feed"
                    " ON disclosures_release (feed_id) WHERE feed_id IS NOT NULL;",
                    "DROP INDEX CONCURRENTLY IF EXISTS release_by_feed;",
                )
            ],
        )
    ]
