"""The clocks by which a purge reads these tables."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("protection", "0003_sealed_file_stays"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="sealedfile",
            index=models.Index(
                condition=models.Q(("destroyed_at__isnull", True)),
                fields=["retention_class", "created_at"],
                name="sealedfile_standing_by_age",
            ),
        ),
        AddIndexConcurrently(
            model_name="sealedfile",
            index=models.Index(fields=["destroyed_at"], name="sealedfile_by_end"),
        ),
    ]
