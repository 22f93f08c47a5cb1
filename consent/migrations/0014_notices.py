"""Notices as drafts and documents, their submissions to a second person, and changes of purposes that wait for one."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

# The default is stable, so that no row is written anew.
CREATED_AT = """
-- squawk-ignore adding-field-with-default
ALTER TABLE consent_notice ADD COLUMN created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL;
"""
# A handful of rows: every version of two texts.
ONE_DRAFT = """
-- squawk-ignore require-concurrent-index-creation
CREATE UNIQUE INDEX notice_one_draft ON consent_notice (kind) WHERE approved_at IS NULL AND withdrawn_at IS NULL;
"""
HASHED = """
ALTER TABLE consent_noticesubmission ADD CONSTRAINT noticesubmission_hash_is_of_the_document
    CHECK (sha256 = encode(sha256(convert_to(document, 'UTF8')), 'hex'));
"""
UNHASHED = "ALTER TABLE consent_noticesubmission DROP CONSTRAINT noticesubmission_hash_is_of_the_document;"


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0013_minors_and_agents"),
        ("retention", "0024_changes_by_proposal"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="NoticeSubmission",
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
                ("document", models.TextField(editable=False)),
                ("sha256", models.CharField(editable=False, max_length=64)),
                ("decision_note", models.CharField(blank=True, editable=False, max_length=500)),
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
                    "notice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="submissions", to="consent.notice"
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
            ],
        ),
        migrations.CreateModel(
            name="PurposeChange",
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
                ("code", models.CharField(max_length=60, verbose_name="short name")),
                ("is_secondary", models.BooleanField()),
                ("name_en", models.CharField(max_length=200, verbose_name="name in English")),
                ("name_es", models.CharField(max_length=200, verbose_name="name in Spanish")),
                ("description_en", models.TextField(verbose_name="description in English")),
                ("description_es", models.TextField(verbose_name="description in Spanish")),
                (
                    "field_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=80), size=None, verbose_name="data"
                    ),
                ),
                ("typical_months", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="months")),
                (
                    "recipient_kinds",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=30), blank=True, default=list, size=None
                    ),
                ),
                ("is_widening", models.BooleanField(editable=False)),
                ("withdrawn_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("withdrawn_by_name", models.CharField(blank=True, editable=False, max_length=200)),
                ("applied_at", models.DateTimeField(blank=True, editable=False, null=True)),
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
                    "notice",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="purpose_changes",
                        to="consent.notice",
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
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="changes",
                        to="consent.purpose",
                    ),
                ),
            ],
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(CREATED_AT, "ALTER TABLE consent_notice DROP COLUMN created_at;")],
            state_operations=[
                migrations.AddField(
                    model_name="notice",
                    name="created_at",
                    field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                )
            ],
        ),
        migrations.AddField(
            model_name="notice",
            name="created_by_name",
            field=models.CharField(blank=True, db_default="", editable=False, max_length=200),
        ),
        migrations.AddField(
            model_name="notice",
            name="document",
            field=models.TextField(blank=True, db_default="", editable=False),
        ),
        migrations.AddField(
            model_name="notice",
            name="purpose_codes",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=60), db_default=[], default=list, editable=False, size=None
            ),
        ),
        migrations.AddField(
            model_name="notice",
            name="recipient_kinds",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=30), db_default=[], default=list, editable=False, size=None
            ),
        ),
        migrations.AddField(
            model_name="notice",
            name="recipient_uuids",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.UUIDField(), db_default=[], default=list, editable=False, size=None
            ),
        ),
        migrations.AddField(
            model_name="notice",
            name="sha256",
            field=models.CharField(blank=True, db_default="", editable=False, max_length=64),
        ),
        migrations.AddField(
            model_name="notice",
            name="withdrawn_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="notice",
            name="withdrawn_by_name",
            field=models.CharField(blank=True, db_default="", editable=False, max_length=200),
        ),
        migrations.AddField(
            model_name="purpose",
            name="recipient_kinds",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=30), db_default=[], default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="purpose",
            name="typical_months",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name="noticesubmission",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="noticesubmission_states_a_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="noticesubmission",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at__isnull", True), ("decided_by_name", "")),
                    models.Q(("decided_at__isnull", False), models.Q(("decided_by_name", ""), _negated=True)),
                    _connector="OR",
                ),
                name="noticesubmission_decided_at_by",
            ),
        ),
        migrations.AddConstraint(
            model_name="noticesubmission",
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
                name="noticesubmission_decision_says_what",
            ),
        ),
        migrations.AddConstraint(
            model_name="noticesubmission",
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
                name="noticesubmission_approved_by_another",
                violation_error_message="A second person must approve: whoever proposed it cannot.",
            ),
        ),
        migrations.AddConstraint(
            model_name="noticesubmission",
            constraint=models.UniqueConstraint(
                condition=models.Q(("decided_at__isnull", True)), fields=("notice",), name="noticesubmission_one_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="purposechange",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="purposechange_states_a_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="purposechange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at__isnull", True), ("decided_by_name", "")),
                    models.Q(("decided_at__isnull", False), models.Q(("decided_by_name", ""), _negated=True)),
                    _connector="OR",
                ),
                name="purposechange_decided_at_by",
            ),
        ),
        migrations.AddConstraint(
            model_name="purposechange",
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
                name="purposechange_decision_says_what",
            ),
        ),
        migrations.AddConstraint(
            model_name="purposechange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_widening", False),
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
                name="purposechange_approved_by_another",
                violation_error_message="A second person must approve: whoever proposed it cannot.",
            ),
        ),
        migrations.AddConstraint(
            model_name="purposechange",
            constraint=models.CheckConstraint(
                condition=models.Q(("code__regex", "^[a-z][a-z_]*$")), name="purposechange_code_form"
            ),
        ),
        migrations.AddConstraint(
            model_name="purposechange",
            constraint=models.CheckConstraint(
                condition=models.Q(("purpose__isnull", False), ("is_widening", True), _connector="OR"),
                name="purposechange_new_is_widening",
            ),
        ),
        migrations.AddConstraint(
            model_name="purposechange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("withdrawn_at__isnull", True), ("withdrawn_by_name", "")),
                    models.Q(("withdrawn_at__isnull", False), models.Q(("withdrawn_by_name", ""), _negated=True)),
                    _connector="OR",
                ),
                name="purposechange_withdrawn_at_by",
            ),
        ),
        migrations.AddConstraint(
            model_name="purposechange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("applied_at__isnull", True), ("notice__isnull", True)),
                    models.Q(
                        ("applied_at__isnull", False),
                        ("is_approved", True),
                        ("notice__isnull", False),
                        ("withdrawn_at__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="purposechange_applied_by_notice",
            ),
        ),
        migrations.AddConstraint(
            model_name="purposechange",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("applied_at__isnull", True),
                    ("withdrawn_at__isnull", True),
                    models.Q(("is_approved__isnull", True), ("is_approved", True), _connector="OR"),
                ),
                fields=("code",),
                name="purposechange_one_open",
                violation_error_message="A change of this purpose already waits. Withdraw it first.",
            ),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(ONE_DRAFT, "DROP INDEX notice_one_draft;")],
            state_operations=[
                migrations.AddConstraint(
                    "notice",
                    models.UniqueConstraint(
                        condition=models.Q(("approved_at__isnull", True), ("withdrawn_at__isnull", True)),
                        fields=("kind",),
                        name="notice_one_draft",
                    ),
                )
            ],
        ),
        AddConstraintNotValid(
            "notice",
            models.CheckConstraint(
                condition=models.Q(
                    models.Q(("withdrawn_at__isnull", True), ("withdrawn_by_name", "")),
                    models.Q(("withdrawn_at__isnull", False), models.Q(("withdrawn_by_name", ""), _negated=True)),
                    _connector="OR",
                ),
                name="notice_withdrawn_at_by",
            ),
        ),
        AddConstraintNotValid(
            "notice",
            models.CheckConstraint(
                condition=models.Q(("approved_at__isnull", True), ("withdrawn_at__isnull", True), _connector="OR"),
                name="notice_approved_stays",
            ),
        ),
        migrations.RunSQL(HASHED, UNHASHED),
    ]
