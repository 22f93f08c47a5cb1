"""Recipients are told that a value they got was wrong, and take note of it."""

import uuid

import django.contrib.postgres.functions
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import protection.fields
from protection.operations import AppendOnly, LetPurgeDelete, RowSecurity

THROUGH_NOTICE = "EXISTS (SELECT FROM disclosures_correctionnotice notice WHERE notice.id = notice_id)"


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0019_proofs_of_members"),
        ("disclosures", "0019_releases_by_demand"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CorrectionNotice",
            fields=[
                ("entry_id", models.BigIntegerField(editable=False, unique=True)),
                ("salt", models.BinaryField(max_length=32)),
                ("evidence", models.BinaryField()),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("correction_uuid", models.UUIDField(db_index=True)),
                ("row_uuid", models.UUIDField()),
                ("field_id", models.CharField(max_length=80)),
                (
                    "value",
                    protection.fields.SealedTextField(blank=True, default=b"", field_id="correction_notice.value"),
                ),
                ("places", models.JSONField()),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow(), editable=False),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="correction_notices",
                        to="accounts.customer",
                    ),
                ),
                (
                    "recipient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="correction_notices",
                        to="accounts.recipient",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CorrectionReceipt",
            fields=[
                ("entry_id", models.BigIntegerField(editable=False, unique=True)),
                ("salt", models.BinaryField(max_length=32)),
                ("evidence", models.BinaryField()),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("conditions", models.JSONField(default=list)),
                ("user_name", models.CharField(max_length=200)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow(), editable=False),
                ),
                (
                    "notice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="receipts",
                        to="disclosures.correctionnotice",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="correctionnotice",
            index=models.Index(fields=["created_at"], name="correction_notice_by_age"),
        ),
        migrations.AddConstraint(
            model_name="correctionnotice",
            constraint=models.UniqueConstraint(fields=("recipient", "correction_uuid"), name="correction_told_once"),
        ),
        migrations.AddConstraint(
            model_name="correctionnotice",
            constraint=models.CheckConstraint(
                condition=models.Q(("places", []), _negated=True), name="correction_notice_names_a_release"
            ),
        ),
        migrations.AddIndex(
            model_name="correctionreceipt",
            index=models.Index(fields=["created_at"], name="correction_receipt_by_age"),
        ),
        AppendOnly("disclosures_correctionnotice"),
        AppendOnly("disclosures_correctionreceipt"),
        LetPurgeDelete("disclosures_correctionnotice"),
        LetPurgeDelete("disclosures_correctionreceipt"),
        RowSecurity(
            "disclosures_correctionnotice",
            customer="customer_id",
            using="recipient_id = (SELECT rg_recipient())",
            check="false",
        ),
        RowSecurity("disclosures_correctionreceipt", using=THROUGH_NOTICE, check="false"),
    ]
