"""Releases to customers chosen by a rule, who is left out of them, and releases that take two persons."""

import uuid

import django.contrib.postgres.fields
import django.contrib.postgres.functions
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

COLUMNS = """
ALTER TABLE disclosures_release ADD COLUMN proposal_id bigint NULL;
ALTER TABLE disclosures_releasedenial ADD COLUMN proposal_id bigint NULL;
"""
UNCOLUMNS = """
ALTER TABLE disclosures_release DROP COLUMN proposal_id;
ALTER TABLE disclosures_releasedenial DROP COLUMN proposal_id;
"""
KEYS = """
ALTER TABLE disclosures_release ADD CONSTRAINT release_of_a_proposal
    FOREIGN KEY (proposal_id) REFERENCES disclosures_releaseproposal (id) DEFERRABLE INITIALLY DEFERRED NOT VALID;
ALTER TABLE disclosures_releasedenial ADD CONSTRAINT denial_of_a_proposal
    FOREIGN KEY (proposal_id) REFERENCES disclosures_releaseproposal (id) DEFERRABLE INITIALLY DEFERRED NOT VALID;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0014_purge_clock_of_reveals"),
        ("consent", "0010_preferences"),
        ("disclosures", "0008_saved_searches"),
        ("protection", "0006_search_path"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="release",
            name="cohort",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="release",
            name="requester",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="releasedenial",
            name="cohort",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="releasedenial",
            name="requester",
            field=models.JSONField(null=True),
        ),
        migrations.CreateModel(
            name="ReleaseExclusion",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("code", models.CharField(max_length=40)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow(), editable=False),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.customer"
                    ),
                ),
                (
                    "release",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="exclusions",
                        to="disclosures.release",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ReleaseProposal",
            fields=[
                ("entry_id", models.BigIntegerField(editable=False, unique=True)),
                ("salt", models.BinaryField(max_length=32)),
                ("evidence", models.BinaryField()),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("reason", models.CharField(max_length=500, verbose_name="reason")),
                (
                    "proposed_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("proposed_by_name", models.CharField(editable=False, max_length=200)),
                ("decided_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("decided_by_name", models.CharField(blank=True, editable=False, max_length=200)),
                ("is_approved", models.BooleanField(editable=False, null=True)),
                ("decision_entry_id", models.BigIntegerField(editable=False, null=True, unique=True)),
                ("decision_salt", models.BinaryField(max_length=32, null=True)),
                ("decision_evidence", models.BinaryField(null=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("bulk", "Many customers"),
                            ("government_id", "Government ids"),
                            ("emergency", "Emergency, reviewed afterwards"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "field_ids",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=80), size=None),
                ),
                ("data_from", models.DateField()),
                ("data_to", models.DateField()),
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
                ("notice_served_on", models.DateField(null=True)),
                (
                    "customer_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                (
                    "account_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                ("cohort", models.JSONField(null=True)),
                ("requester", models.JSONField(null=True)),
                ("estimate", models.JSONField(default=dict)),
                ("due_at", models.DateTimeField(null=True)),
                ("decision_reason", models.CharField(blank=True, editable=False, max_length=500)),
                (
                    "basis",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="disclosures.legalbasis"
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="protection.sealedfile",
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.recipient"
                    ),
                ),
            ],
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(COLUMNS, UNCOLUMNS),
                migrations.RunSQL(KEYS, migrations.RunSQL.noop),
            ],
            state_operations=[
                migrations.AddField(
                    model,
                    "proposal",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="disclosures.releaseproposal",
                    ),
                )
                for model in ("release", "releasedenial")
            ],
        ),
        migrations.AddIndex(
            model_name="releaseexclusion",
            index=models.Index(fields=["created_at"], name="exclusion_by_age"),
        ),
        migrations.AddConstraint(
            model_name="releaseexclusion",
            constraint=models.UniqueConstraint(fields=("release", "customer"), name="exclusion_once_a_customer"),
        ),
        migrations.AddConstraint(
            model_name="releaseexclusion",
            constraint=models.CheckConstraint(
                condition=models.Q(("code", ""), _negated=True), name="exclusion_names_a_condition"
            ),
        ),
        migrations.AddIndex(
            model_name="releaseproposal",
            index=models.Index(
                condition=models.Q(("decided_at__isnull", True)), fields=["proposed_at"], name="releaseproposal_waiting"
            ),
        ),
        migrations.AddIndex(
            model_name="releaseproposal",
            index=models.Index(fields=["proposed_at"], name="releaseproposal_by_age"),
        ),
        migrations.AddConstraint(
            model_name="releaseproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="releaseproposal_states_a_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="releaseproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at__isnull", True), ("decided_by_name", "")),
                    models.Q(("decided_at__isnull", False), models.Q(("decided_by_name", ""), _negated=True)),
                    _connector="OR",
                ),
                name="releaseproposal_decided_at_by",
            ),
        ),
        migrations.AddConstraint(
            model_name="releaseproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("decided_at__isnull", True), ("decision_entry_id__isnull", True), ("is_approved__isnull", True)
                    ),
                    models.Q(
                        ("decided_at__isnull", False),
                        ("decision_entry_id__isnull", False),
                        ("is_approved__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="releaseproposal_decision_says_what",
            ),
        ),
        migrations.AddConstraint(
            model_name="releaseproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("is_approved", True), _negated=True),
                    models.Q(
                        ("decided_by__isnull", False),
                        ("proposed_by__isnull", False),
                        models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                    ),
                    models.Q(
                        models.Q(("decided_by__isnull", False), ("proposed_by__isnull", False), _negated=True),
                        models.Q(("decided_by_name", models.F("proposed_by_name")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="releaseproposal_approved_by_another",
                violation_error_message="A second person must approve: whoever proposed it cannot.",
            ),
        ),
        migrations.AddConstraint(
            model_name="releaseproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["bulk", "government_id", "emergency"])),
                name="releaseproposal_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="releaseproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("due_at__isnull", False), ("kind", "emergency")),
                    models.Q(models.Q(("kind", "emergency"), _negated=True), ("due_at__isnull", True)),
                    _connector="OR",
                ),
                name="releaseproposal_review_has_a_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="releaseproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(("cohort__isnull", True), ("customer_ids", []), _connector="OR"),
                name="releaseproposal_names_or_chooses",
            ),
        ),
    ]
