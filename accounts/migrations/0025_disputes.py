"""Statements of disagreement and their withdrawals: append-only, and a customer's own alone."""

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from protection.operations import AppendOnly, RowSecurity

THROUGH_DISPUTE = "EXISTS (SELECT FROM accounts_dispute dispute WHERE dispute.id = dispute_id)"


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0024_authorizations_of_members"),
    ]

    operations = [
        migrations.CreateModel(
            name="Dispute",
            fields=[
                ("entry_id", models.BigIntegerField(editable=False, unique=True)),
                ("salt", models.BinaryField(max_length=32)),
                ("evidence", models.BinaryField()),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("row_uuid", models.UUIDField()),
                ("field_id", models.CharField(max_length=80)),
                ("correction_uuid", models.UUIDField()),
                ("statement", models.CharField(max_length=2000)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="disputes", to="accounts.customer"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DisputeWithdrawal",
            fields=[
                ("entry_id", models.BigIntegerField(editable=False, unique=True)),
                ("salt", models.BinaryField(max_length=32)),
                ("evidence", models.BinaryField()),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "dispute",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="withdrawal", to="accounts.dispute"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddIndex(
            model_name="dispute",
            index=models.Index(fields=["row_uuid", "field_id"], name="dispute_by_field"),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(("statement__regex", "\\S")), name="dispute_says_something"
            ),
        ),
        RowSecurity("accounts_dispute", customer="customer_id"),
        RowSecurity("accounts_disputewithdrawal", using=THROUGH_DISPUTE),
        AppendOnly("accounts_dispute", purge_may_delete=True),
        AppendOnly("accounts_disputewithdrawal", purge_may_delete=True),
    ]
