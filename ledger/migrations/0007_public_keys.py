import django.db.models.functions.datetime
from django.db import migrations, models

from protection.operations import AppendOnly


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0006_entries_by_time"),
    ]

    operations = [
        migrations.CreateModel(
            name="PublicKey",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "use",
                    models.CharField(
                        choices=[
                            ("receipts", "Certificates, receipts and exports"),
                            ("checkpoints", "Checkpoints of the ledger"),
                        ],
                        max_length=20,
                    ),
                ),
                ("public_key", models.BinaryField(max_length=32)),
                (
                    "first_used_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("use", "public_key"), name="public_key_once_a_use"),
                    models.CheckConstraint(
                        condition=models.Q(("use__in", ["receipts", "checkpoints"])), name="public_key_use_known"
                    ),
                ],
            },
        ),
        AppendOnly("ledger_publickey"),
    ]
