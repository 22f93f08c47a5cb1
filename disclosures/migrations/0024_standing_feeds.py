"""Standing feeds: what they are, what was done to them, and whose data goes out by them."""

import uuid

import django.contrib.postgres.fields
import django.contrib.postgres.functions
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def of_feed(model):
    """Add the column with a key that is checked later, so that no full table is read under a lock."""
    table = f"disclosures_{model}"
    statements = [
        f"ALTER TABLE {table} ADD COLUMN feed_id bigint NULL",
        (
            f"ALTER TABLE {table} ADD CONSTRAINT {model}_feed_fk FOREIGN KEY (feed_id)"
            " REFERENCES disclosures_standingfeed (id) DEFERRABLE INITIALLY DEFERRED NOT VALID"
        ),
    ]
    field = models.ForeignKey(
        db_index=False,
        null=True,
        on_delete=django.db.models.deletion.PROTECT,
        to="disclosures.standingfeed",
    )
    return migrations.SeparateDatabaseAndState(
        database_operations=[migrations.RunSQL(statements, f"ALTER TABLE {table} DROP COLUMN feed_id")],
        state_operations=[migrations.AddField(model_name=model, name="feed", field=field)],
    )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0024_authorizations_of_members"),
        ("consent", "0027_index_ends"),
        ("disclosures", "0023_denials_by_demand"),
        ("protection", "0006_search_path"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="release",
            name="cohort_sha256",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=64),
        ),
        migrations.AddField(
            model_name="releaseproposal",
            name="is_nightly",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.CreateModel(
            name="StandingFeed",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "field_ids",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=80), size=None),
                ),
                (
                    "format",
                    models.CharField(
                        choices=[
                            ("csv", "CSV (spreadsheet)"),
                            ("jsonl", "JSON Lines"),
                            ("greenbutton", "Green Button XML (ESPI)"),
                        ],
                        max_length=12,
                    ),
                ),
                ("period_days", models.PositiveSmallIntegerField()),
                ("reason", models.CharField(max_length=500)),
                (
                    "started_at",
                    models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow(), editable=False),
                ),
                ("ended_at", models.DateTimeField(editable=False, null=True)),
                (
                    "basis",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="disclosures.legalbasis"
                    ),
                ),
                (
                    "proposal",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="feed",
                        to="disclosures.releaseproposal",
                    ),
                ),
                (
                    "purpose",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="consent.purpose"
                    ),
                ),
                (
                    "recipient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="feeds", to="accounts.recipient"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="FeedStep",
            fields=[
                ("entry_id", models.BigIntegerField(editable=False, unique=True)),
                ("salt", models.BinaryField(max_length=32)),
                ("evidence", models.BinaryField()),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("pause", "Paused"),
                            ("resume", "Resumed"),
                            ("end", "Ended"),
                            ("stop", "Stopped for one customer"),
                        ],
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(max_length=500)),
                ("actor_name", models.CharField(max_length=200)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow(), editable=False),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="feed_steps",
                        to="accounts.customer",
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
                (
                    "feed",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="steps", to="disclosures.standingfeed"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="FeedLine",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("opened_on", models.DateField()),
                ("closed_on", models.DateField(null=True)),
                (
                    "closed_code",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("left", "Is not among the customers of the feed any more"),
                            ("lacks", "The conditions are not met any more"),
                            ("refused", "The delivery was refused"),
                            ("paused", "The feed was paused"),
                            ("ended", "The feed has ended"),
                            ("stopped", "Stopped for this customer"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="feed_lines", to="accounts.customer"
                    ),
                ),
                (
                    "feed",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="disclosures.standingfeed",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="standingfeed",
            index=models.Index(fields=["ended_at"], name="feed_by_age"),
        ),
        migrations.AddConstraint(
            model_name="standingfeed",
            constraint=models.CheckConstraint(condition=models.Q(("period_days__gt", 0)), name="feed_covers_a_day"),
        ),
        migrations.AddConstraint(
            model_name="standingfeed",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="feed_states_a_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="feedstep",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("customer__isnull", True), ("what__in", ["pause", "resume", "end"])),
                    models.Q(("customer__isnull", False), ("what", "stop")),
                    _connector="OR",
                ),
                name="feedstep_what_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="feedstep",
            constraint=models.UniqueConstraint(
                condition=models.Q(("what", "stop")), fields=("feed", "customer"), name="feedstep_stops_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="feedstep",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="feedstep_states_a_reason"
            ),
        ),
        migrations.AddIndex(
            model_name="feedline",
            index=models.Index(fields=["feed", "customer"], name="feedline_by_feed"),
        ),
        migrations.AddIndex(
            model_name="feedline",
            index=models.Index(fields=["closed_on"], name="feedline_by_age"),
        ),
        migrations.AddConstraint(
            model_name="feedline",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_on__isnull", True)), fields=("feed", "customer"), name="feedline_open_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="feedline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_code", ""), ("closed_on__isnull", True)),
                    models.Q(
                        ("closed_code__in", ["left", "lacks", "refused", "paused", "ended", "stopped"]),
                        ("closed_on__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="feedline_closed_for_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="feedline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("closed_on__isnull", True), ("closed_on__gte", models.F("opened_on")), _connector="OR"
                ),
                name="feedline_ordered",
            ),
        ),
        of_feed("release"),
        of_feed("releasedenial"),
    ]
