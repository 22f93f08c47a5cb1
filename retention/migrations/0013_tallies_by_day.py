"""A closed month's tally tells each day, so that a nightly trim reads nothing and leaves the rest closed."""

from django.db import migrations, models

from protection.operations import role


class Migration(migrations.Migration):
    dependencies = [("retention", "0012_hold_rules")]
    operations = [
        migrations.AddField("monthtally", "days", models.JSONField(default=list, db_default=[])),
        # Digests were defined otherwise before; the months are closed anew in the next night.
        migrations.RunSQL("DELETE FROM retention_monthtally", migrations.RunSQL.noop),
        migrations.RunSQL(
            f"GRANT UPDATE ON retention_monthtally TO {role('purge')}",
            f"REVOKE UPDATE ON retention_monthtally FROM {role('purge')}",
        ),
    ]
