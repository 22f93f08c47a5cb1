"""The clocks by which a purge reads these tables."""

from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("accounts", "0013_purge_clocks"),
        ("energy", "0005_schema_of_months"),
        ("protection", "0004_purge_clocks"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="importrun",
            index=models.Index(fields=["finished_at"], name="import_by_end"),
        ),
    ]
