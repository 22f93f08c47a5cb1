"""Holds on one meter, an owner who is a user, releases by two persons, reviews."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.models.functions import Now

from retention.models.proposals import proposal_constraints

OWNER = [
    "ALTER TABLE retention_legalhold ADD COLUMN owner_user_id bigint NULL",
    (
        "ALTER TABLE retention_legalhold ADD CONSTRAINT hold_owner_is_a_user FOREIGN KEY (owner_user_id)"
        " REFERENCES accounts_user (id) DEFERRABLE INITIALLY DEFERRED NOT VALID"
    ),
]
# 0012 puts a stronger rule in its place: two persons, wherever the one who placed the hold stands.
DROP = [
    "-- squawk-ignore ban-drop-constraint\nALTER TABLE retention_legalhold DROP CONSTRAINT hold_released_by_another"
]
WITNESS = [
    ("entry_id", models.BigIntegerField(editable=False, unique=True)),
    ("salt", models.BinaryField(max_length=32)),
    ("evidence", models.BinaryField()),
    ("id", models.BigAutoField(primary_key=True, serialize=False)),
]


def user(**options):
    """Return a foreign key to a user who may be missing."""
    return models.ForeignKey(
        blank=True,
        editable=False,
        null=True,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to=settings.AUTH_USER_MODEL,
        **options,
    )


def hold(related_name):
    """Return the foreign key to the hold that a row is about."""
    return models.ForeignKey(
        on_delete=django.db.models.deletion.PROTECT, related_name=related_name, to="retention.legalhold"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0009_act_rules"),
        ("energy", "0005_schema_of_months"),
        ("retention", "0010_incidents"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="HoldRelease",
            fields=[
                *WITNESS,
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("reason", models.CharField(max_length=500, verbose_name="reason")),
                ("proposed_at", models.DateTimeField(db_default=Now(), editable=False)),
                ("proposed_by", user()),
                ("proposed_by_name", models.CharField(editable=False, max_length=200)),
                ("decided_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("decided_by", user()),
                ("decided_by_name", models.CharField(blank=True, editable=False, max_length=200)),
                ("is_approved", models.BooleanField(editable=False, null=True)),
                ("decision_entry_id", models.BigIntegerField(editable=False, null=True, unique=True)),
                ("decision_salt", models.BinaryField(max_length=32, null=True)),
                ("decision_evidence", models.BinaryField(null=True)),
                ("hold", hold("releases")),
            ],
            options={
                "constraints": [
                    *proposal_constraints("holdrelease"),
                    models.UniqueConstraint(
                        condition=models.Q(decided_at__isnull=True),
                        fields=("hold",),
                        name="holdrelease_one_open",
                        violation_error_message="A release of this hold already waits for a decision.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(is_approved=True),
                        fields=("hold",),
                        name="holdrelease_approved_once",
                        violation_error_message="This hold was released before.",
                    ),
                ]
            },
        ),
        migrations.CreateModel(
            name="HoldReview",
            fields=[
                *WITNESS,
                ("hold", hold("reviews")),
                ("reviewed_at", models.DateTimeField(db_default=Now(), editable=False)),
                ("reviewed_by", user()),
                ("reviewed_by_name", models.CharField(editable=False, max_length=200)),
                ("next_review_on", models.DateField(verbose_name="next review")),
                ("reason", models.CharField(max_length=500, verbose_name="reason")),
                ("owner", models.CharField(max_length=200, verbose_name="responsible person")),
                ("owner_user", user()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=~models.Q(reason="") & ~models.Q(reviewed_by_name="") & ~models.Q(owner=""),
                        name="holdreview_says_who_and_why",
                    )
                ]
            },
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(DROP, migrations.RunSQL.noop)],
            state_operations=[migrations.RemoveConstraint(model_name="legalhold", name="hold_released_by_another")],
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(OWNER, "ALTER TABLE retention_legalhold DROP COLUMN owner_user_id")],
            state_operations=[
                migrations.AddField(model_name="legalhold", name="owner_user", field=user(db_index=False))
            ],
        ),
        migrations.AddField(
            model_name="legalhold",
            name="usage_point",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="legal_holds",
                to="energy.usagepoint",
            ),
        ),
        AddConstraintNotValid(
            model_name="legalhold",
            constraint=models.CheckConstraint(
                condition=models.Q(usage_point__isnull=True) | models.Q(account__isnull=False),
                name="hold_on_a_usage_point_names_its_account",
            ),
        ),
    ]
