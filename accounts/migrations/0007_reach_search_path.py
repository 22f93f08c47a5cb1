"""A customer's reach is read from the real tables: left out, pg_temp would be searched before public."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_reach")]
    operations = [
        migrations.RunSQL(
            "ALTER FUNCTION accounts_reach SET search_path = pg_catalog, public, pg_temp",
            "ALTER FUNCTION accounts_reach SET search_path = public",
        )
    ]
