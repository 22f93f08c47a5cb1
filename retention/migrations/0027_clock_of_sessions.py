"""An index on the clock of allauth's sessions, whose table is not ours to describe."""

from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("retention", "0026_waiting_rules_valid"), ("usersessions", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS usersession_by_last_use"
            " ON usersessions_usersession (last_seen_at);",
            "DROP INDEX CONCURRENTLY IF EXISTS usersession_by_last_use;",
        )
    ]
