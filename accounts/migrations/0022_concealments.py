"""What an order forbids to tell a customer until it ends, and the looks made under such an order."""

import uuid

import django.contrib.postgres.functions
import django.db.models.deletion
from django.db import migrations, models

import ledger.services


def hidden_look(model, related_name):
    """Return the nullable foreign key of a log to the concealment; its rows are checked by the next migration."""
    table, name = f"accounts_{model}", f"{model}_concealment_fk"
    statements = [
        f"ALTER TABLE {table} ADD COLUMN concealment_id bigint NULL",
        (
            f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (concealment_id)"
            " REFERENCES accounts_concealment (id) DEFERRABLE INITIALLY DEFERRED NOT VALID"
        ),
    ]
    field = models.ForeignKey(
        db_index=False,
        null=True,
        on_delete=django.db.models.deletion.PROTECT,
        related_name=related_name,
        to="accounts.concealment",
    )
    return migrations.SeparateDatabaseAndState(
        database_operations=[migrations.RunSQL(statements, f"ALTER TABLE {table} DROP COLUMN concealment_id")],
        state_operations=[migrations.AddField(model_name=model, name="concealment", field=field)],
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0021_clock_of_acts")]
    operations = [
        migrations.CreateModel(
            name="Concealment",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("origin", models.CharField(max_length=120)),
                (
                    "tag",
                    models.BinaryField(default=ledger.services.new_tag, editable=False, max_length=16, unique=True),
                ),
                (
                    "began_at",
                    models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow(), editable=False),
                ),
                ("ended_at", models.DateTimeField(editable=False, null=True)),
                ("end_entry_id", models.BigIntegerField(editable=False, null=True, unique=True)),
                ("end_salt", models.BinaryField(max_length=32, null=True)),
                ("end_evidence", models.BinaryField(null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="concealments",
                        to="accounts.customer",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["origin"], name="concealment_by_origin")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=("origin", "customer"),
                        name="concealment_one_running",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("origin", ""), _negated=True), name="concealment_has_an_origin"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("end_entry_id__isnull", True), ("ended_at__isnull", True)),
                            models.Q(
                                ("end_entry_id__isnull", False),
                                ("end_evidence__isnull", False),
                                ("end_salt__isnull", False),
                                ("ended_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="concealment_end_is_witnessed",
                    ),
                ],
            },
        ),
        hidden_look("customeropening", "openings"),
        hidden_look("valuereveal", "reveals"),
    ]
