"""The releases of a demand, by an index that holds no others."""

from django.db import migrations, models

INDEX = models.Index(fields=["demand"], condition=models.Q(demand__isnull=False), name="release_by_demand")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("disclosures", "0018_demand_rules")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.AddIndex("release", INDEX)],
            database_operations=[
                migrations.RunSQL(
                    "CREATE INDEX CONCURRENTLY IF NOT EXISTS release_by_demand"
                    " ON disclosures_release (demand_id) WHERE demand_id IS NOT NULL;",
                    "DROP INDEX CONCURRENTLY IF EXISTS release_by_demand;",
                )
            ],
        )
    ]
