"""Which legal bases count where the provider is, and what customers are told of a merger."""

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0016_recipient_register_rules"),
        ("consent", "0010_preferences"),
        ("disclosures", "0012_exports_as_workbook"),
    ]

    operations = [
        migrations.CreateModel(
            name="MergerNotice",
            fields=[
                ("entry_id", models.BigIntegerField(editable=False, unique=True)),
                ("salt", models.BinaryField(max_length=32)),
                ("evidence", models.BinaryField()),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("title_en", models.CharField(max_length=150, verbose_name="title in English")),
                ("title_es", models.CharField(max_length=150, verbose_name="title in Spanish")),
                ("text_en", models.TextField(max_length=8000, verbose_name="text in English")),
                ("text_es", models.TextField(max_length=8000, verbose_name="text in Spanish")),
                (
                    "waiting_days",
                    models.PositiveSmallIntegerField(
                        default=30, verbose_name="days that customers have before data goes out"
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "agreement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.recipientagreement"
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "recipient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="merger_notices",
                        to="accounts.recipient",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("waiting_days__gte", 7)),
                        name="mergernotice_leaves_time",
                        violation_error_message="Leave customers at least seven days.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("title_en", ""), _negated=True),
                            models.Q(("title_es", ""), _negated=True),
                            models.Q(("text_en", ""), _negated=True),
                            models.Q(("text_es", ""), _negated=True),
                        ),
                        name="mergernotice_in_both_languages",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MergerNoticeServed",
            fields=[
                ("entry_id", models.BigIntegerField(editable=False, unique=True)),
                ("salt", models.BinaryField(max_length=32)),
                ("evidence", models.BinaryField()),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="merger_notices",
                        to="accounts.customer",
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.outboxmessage"
                    ),
                ),
                (
                    "notice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="served",
                        to="disclosures.mergernotice",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "merger notices served",
                "constraints": [
                    models.UniqueConstraint(fields=("notice", "customer"), name="mergernotice_served_once")
                ],
                "indexes": [models.Index(fields=["created_at"], name="mergernotice_served_by_age")],
            },
        ),
        migrations.AddField(
            model_name="legalbasis",
            name="is_in_force",
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.AddField(
            model_name="legalbasis",
            name="requires_merger_notice",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.RunSQL(
            "UPDATE disclosures_legalbasis SET requires_merger_notice = true WHERE code = 'merger_sale_financing'",
            migrations.RunSQL.noop,
        ),
    ]
