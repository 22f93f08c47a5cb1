"""The clocks by which a purge reads these tables."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("accounts", "0012_forgotten_customers_are_blank"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="customeropening",
            index=models.Index(fields=["created_at"], name="opening_by_age"),
        ),
        AddIndexConcurrently(
            model_name="valuereveal",
            index=models.Index(fields=["created_at"], name="reveal_by_age"),
        ),
    ]
