"""Breaches with the customers concerned, their steps, and the duties to tell somebody."""

import uuid

import django.contrib.postgres.fields
import django.contrib.postgres.functions
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0023_concealment_rules"),
        ("disclosures", "0020_correction_notices"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Breach",
            fields=[
                ("entry_id", models.BigIntegerField(editable=False, unique=True)),
                ("salt", models.BinaryField(max_length=32)),
                ("evidence", models.BinaryField()),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("title", models.CharField(max_length=200, verbose_name="what happened, in a few words")),
                ("description", models.TextField(max_length=4000, verbose_name="what happened")),
                (
                    "data_classes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20), size=None, verbose_name="which data"
                    ),
                ),
                ("happened_on", models.DateField(blank=True, null=True, verbose_name="happened on")),
                ("detected_on", models.DateField(verbose_name="detected on")),
                ("containment", models.TextField(max_length=4000, verbose_name="what was done to contain it")),
                (
                    "jurisdictions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=10), size=None, verbose_name="jurisdictions"
                    ),
                ),
                ("actor_name", models.CharField(max_length=200)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow(), editable=False),
                ),
                ("closed_at", models.DateTimeField(editable=False, null=True)),
                ("closed_by_name", models.CharField(blank=True, editable=False, max_length=200)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "breaches",
            },
        ),
        migrations.CreateModel(
            name="BreachCustomer",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "breach",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="customers", to="disclosures.breach"
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="breaches", to="accounts.customer"
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.outboxmessage",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="BreachDuty",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("jurisdiction", models.CharField(max_length=10)),
                (
                    "whom",
                    models.CharField(
                        choices=[
                            ("regulator", "Regulator"),
                            ("residents", "The customers concerned"),
                            ("attorney_general", "Attorney general"),
                        ],
                        max_length=20,
                    ),
                ),
                ("days", models.PositiveSmallIntegerField()),
                ("from_customers", models.PositiveIntegerField(default=1)),
                ("citation", models.CharField(max_length=300)),
            ],
            options={
                "verbose_name_plural": "breach duties",
                "constraints": [
                    models.UniqueConstraint(fields=("jurisdiction", "whom"), name="breach_duty_once"),
                    models.CheckConstraint(
                        condition=models.Q(("citation", ""), _negated=True), name="breach_duty_cites"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BreachStep",
            fields=[
                ("entry_id", models.BigIntegerField(editable=False, unique=True)),
                ("salt", models.BinaryField(max_length=32)),
                ("evidence", models.BinaryField()),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("recorded", "Recorded"),
                            ("customers_added", "Customers added"),
                            ("residents_told", "Customers written to"),
                            ("regulator_told", "Regulator told"),
                            ("attorney_general_told", "Attorney general told"),
                            ("noted", "Noted"),
                            ("closed", "Closed"),
                        ],
                        max_length=24,
                    ),
                ),
                ("note", models.CharField(max_length=500)),
                ("actor_name", models.CharField(max_length=200)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow(), editable=False),
                ),
                (
                    "breach",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="steps", to="disclosures.breach"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="breach",
            index=models.Index(fields=["-detected_on"], name="breach_by_day"),
        ),
        migrations.AddConstraint(
            model_name="breach",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("happened_on__isnull", True), ("happened_on__lte", models.F("detected_on")), _connector="OR"
                ),
                name="breach_detected_afterwards",
                violation_error_message="It was detected after it happened. Correct one of the two days.",
            ),
        ),
        migrations.AddConstraint(
            model_name="breach",
            constraint=models.CheckConstraint(
                condition=models.Q(("data_classes__len__gt", 0), ("jurisdictions__len__gt", 0)),
                name="breach_names_data",
            ),
        ),
        migrations.AddConstraint(
            model_name="breach",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_at__isnull", True), ("closed_by_name", "")),
                    models.Q(("closed_at__isnull", False), models.Q(("closed_by_name", ""), _negated=True)),
                    _connector="OR",
                ),
                name="breach_closed_at_by",
            ),
        ),
        migrations.AddConstraint(
            model_name="breachcustomer",
            constraint=models.UniqueConstraint(fields=("breach", "customer"), name="breach_customer_once"),
        ),
        migrations.AddConstraint(
            model_name="breachstep",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "what__in",
                        [
                            "recorded",
                            "customers_added",
                            "residents_told",
                            "regulator_told",
                            "attorney_general_told",
                            "noted",
                            "closed",
                        ],
                    )
                ),
                name="breach_step_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="breachstep",
            constraint=models.CheckConstraint(
                condition=models.Q(("note", ""), _negated=True), name="breach_step_says_what"
            ),
        ),
    ]
