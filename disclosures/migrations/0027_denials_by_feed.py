"""The denials of a standing feed, by an index that holds no others."""

from django.db import migrations, models

INDEX = models.Index(condition=models.Q(("feed__isnull", False)), fields=["feed"], name="denial_by_feed")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("disclosures", "0026_releases_by_feed")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.AddIndex("releasedenial", INDEX)],
            database_operations=[
                migrations.RunSQL(
                    "CREATE INDEX CONCURRENTLY IF NOT EXISTS denial_by_feed"
                    " ON disclosures_releasedenial (feed_id) WHERE feed_id IS NOT NULL;",
                    "DROP INDEX CONCURRENTLY IF EXISTS denial_by_feed;",
                )
            ],
        )
    ]
