"""The trigger of append-only tables names its schemas, as every function of a trigger does."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("protection", "0005_destroyed_files_by_time")]
    operations = [
        migrations.RunSQL(
            "ALTER FUNCTION rg_refuse_change() SET search_path = pg_catalog, public, pg_temp",
            "ALTER FUNCTION rg_refuse_change() RESET search_path",
        )
    ]
