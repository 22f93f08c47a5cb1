"""A plan is carried out once."""

from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("retention", "0019_runs_of_plans_checked")]
    operations = [
        migrations.RunSQL(
            "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS run_once_a_plan ON retention_purgerun (plan_id)",
            "DROP INDEX CONCURRENTLY IF EXISTS run_once_a_plan",
        )
    ]
