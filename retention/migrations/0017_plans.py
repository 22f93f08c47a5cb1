"""Plans that wait for approval, the limits within which one person's word suffices, orders to pause a run."""

import uuid

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models
from django.db.models.functions import Now

from protection.operations import AppendOnly, role, roles
from retention.models.proposals import DECISION_COLUMNS
from retention.operations import WriteOnce

LIMITS = """
CREATE FUNCTION retention_weigh_plan() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.is_within_limits IS DISTINCT FROM (
        SELECT NEW.months_to_drop <= months_at_once AND NEW.rows_to_drop <= rows_at_once
        FROM retention_purgelimits WHERE id = NEW.limits_id AND valid_to IS NULL
    ) THEN
        RAISE EXCEPTION 'a plan says truly whether it is within the limits in force' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER weigh_plan BEFORE INSERT ON retention_purgeplan
    FOR EACH ROW EXECUTE FUNCTION retention_weigh_plan();
ALTER TABLE retention_purgeplan ENABLE ALWAYS TRIGGER weigh_plan;
"""
ORDERS = """
CREATE FUNCTION retention_follow_order() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.kind = 'pause' THEN
        UPDATE retention_purgerun SET status = 'paused' WHERE id = NEW.run_id AND status IN ('pending', 'running');
    ELSE
        UPDATE retention_purgerun SET status = 'pending' WHERE id = NEW.run_id AND status = 'paused';
    END IF;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'run % cannot be given this order as it stands', NEW.run_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER follow_order AFTER INSERT ON retention_runorder
    FOR EACH ROW EXECUTE FUNCTION retention_follow_order();
ALTER TABLE retention_runorder ENABLE ALWAYS TRIGGER follow_order;
"""
FIRST_MONTHS, FIRST_ROWS = 60, 200_000_000
"""As much as the whole default period; an administrator lowers it once the first backlog is gone."""


def seed(apps, schema_editor):
    """Put the first limits in force."""
    apps.get_model("retention", "PurgeLimits").objects.create(
        months_at_once=FIRST_MONTHS, rows_at_once=FIRST_ROWS, valid_from=Now(), created_by_name="Installation"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0016_purge_forgets_customers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="LimitProposal",
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
                    "months_at_once",
                    models.PositiveSmallIntegerField(
                        validators=[django.core.validators.MinValueValidator(1)], verbose_name="months at once"
                    ),
                ),
                (
                    "rows_at_once",
                    models.PositiveBigIntegerField(
                        validators=[django.core.validators.MinValueValidator(1)], verbose_name="rows at once"
                    ),
                ),
                ("is_raising", models.BooleanField(editable=False)),
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
            name="PurgeLimits",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("months_at_once", models.PositiveSmallIntegerField(verbose_name="months at once")),
                ("rows_at_once", models.PositiveBigIntegerField(verbose_name="rows at once")),
                ("valid_from", models.DateTimeField(editable=False)),
                ("valid_to", models.DateTimeField(blank=True, editable=False, null=True)),
                ("created_by_name", models.CharField(editable=False, max_length=200)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "created_by",
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
                    "proposal",
                    models.OneToOneField(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="limits",
                        to="retention.limitproposal",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PurgePlan",
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
                ("as_of", models.DateField()),
                (
                    "trigger",
                    models.CharField(
                        choices=[
                            ("nightly", "Every night"),
                            ("page", "By hand, in the portal"),
                            ("command", "By hand, at a command line"),
                            ("replay", "After a restore"),
                        ],
                        max_length=20,
                    ),
                ),
                ("bounds", models.JSONField()),
                ("content", models.JSONField()),
                ("digest", models.CharField(max_length=64)),
                ("months_to_drop", models.PositiveIntegerField()),
                ("rows_to_drop", models.PositiveBigIntegerField()),
                ("is_within_limits", models.BooleanField()),
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
                    "limits",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="retention.purgelimits"
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
            name="RunOrder",
            fields=[
                ("entry_id", models.BigIntegerField(editable=False, unique=True)),
                ("salt", models.BinaryField(max_length=32)),
                ("evidence", models.BinaryField()),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("kind", models.CharField(choices=[("pause", "Paused"), ("resume", "Resumed")], max_length=10)),
                ("reason", models.CharField(max_length=500, verbose_name="reason")),
                (
                    "given_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("given_by_name", models.CharField(editable=False, max_length=200)),
                (
                    "given_by",
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
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="orders", to="retention.purgerun"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="limitproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="limits_states_a_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="limitproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at__isnull", True), ("decided_by_name", "")),
                    models.Q(("decided_at__isnull", False), models.Q(("decided_by_name", ""), _negated=True)),
                    _connector="OR",
                ),
                name="limits_decided_at_by",
            ),
        ),
        migrations.AddConstraint(
            model_name="limitproposal",
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
                name="limits_decision_says_what",
            ),
        ),
        migrations.AddConstraint(
            model_name="limitproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_raising", False),
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
                name="limits_approved_by_another",
                violation_error_message="A second person must approve: whoever proposed it cannot.",
            ),
        ),
        migrations.AddConstraint(
            model_name="limitproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(("months_at_once__gte", 1), ("rows_at_once__gte", 1)),
                name="limits_let_something_pass",
                violation_error_message="At least one month and one row must be allowed at once.",
            ),
        ),
        migrations.AddConstraint(
            model_name="limitproposal",
            constraint=models.UniqueConstraint(
                condition=models.Q(("decided_at__isnull", True)),
                fields=("decided_at",),
                name="limits_one_change_open",
                nulls_distinct=False,
                violation_error_message="A change of the limits already waits for a decision.",
            ),
        ),
        migrations.AddConstraint(
            model_name="purgelimits",
            constraint=models.UniqueConstraint(
                condition=models.Q(("valid_to__isnull", True)),
                fields=("valid_to",),
                name="limits_one_version_in_force",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="purgelimits",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_to__isnull", True), ("valid_to__gt", models.F("valid_from")), _connector="OR"
                ),
                name="limits_period_ordered",
            ),
        ),
        migrations.AddConstraint(
            model_name="purgelimits",
            constraint=models.CheckConstraint(
                condition=models.Q(("created_by_name", ""), _negated=True), name="limits_name_their_author"
            ),
        ),
        migrations.AddIndex(
            model_name="purgeplan",
            index=models.Index(fields=["-proposed_at"], name="plan_newest_first"),
        ),
        migrations.AddIndex(
            model_name="purgeplan",
            index=models.Index(condition=models.Q(("decided_at__isnull", True)), fields=["as_of"], name="plan_waiting"),
        ),
        migrations.AddConstraint(
            model_name="purgeplan",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="plan_states_a_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="purgeplan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at__isnull", True), ("decided_by_name", "")),
                    models.Q(("decided_at__isnull", False), models.Q(("decided_by_name", ""), _negated=True)),
                    _connector="OR",
                ),
                name="plan_decided_at_by",
            ),
        ),
        migrations.AddConstraint(
            model_name="purgeplan",
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
                name="plan_decision_says_what",
            ),
        ),
        migrations.AddConstraint(
            model_name="purgeplan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_within_limits", True),
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
                name="plan_approved_by_another",
                violation_error_message="A second person must approve: whoever proposed it cannot.",
            ),
        ),
        migrations.AddConstraint(
            model_name="purgeplan",
            constraint=models.CheckConstraint(
                condition=models.Q(("digest__regex", "^[0-9a-f]{64}$")), name="plan_digest_hex"
            ),
        ),
        migrations.AddConstraint(
            model_name="purgeplan",
            constraint=models.CheckConstraint(
                condition=models.Q(("trigger__in", ["nightly", "page", "command", "replay"])), name="plan_trigger_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="purgeplan",
            constraint=models.UniqueConstraint(
                condition=models.Q(("trigger", "nightly")), fields=("as_of",), name="plan_nightly_once_a_day"
            ),
        ),
        migrations.AddConstraint(
            model_name="runorder",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["pause", "resume"])), name="run_order_kind_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="runorder",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("reason", ""), _negated=True), models.Q(("given_by_name", ""), _negated=True)
                ),
                name="run_order_states_its_ground",
            ),
        ),
        migrations.RunPython(seed, migrations.RunPython.noop),
        migrations.RunSQL(LIMITS, "DROP FUNCTION retention_weigh_plan() CASCADE;"),
        migrations.RunSQL(ORDERS, "DROP FUNCTION retention_follow_order() CASCADE;"),
        WriteOnce("retention_purgelimits", closing=["valid_to"]),
        WriteOnce("retention_limitproposal", closing=DECISION_COLUMNS),
        WriteOnce("retention_purgeplan", closing=DECISION_COLUMNS),
        AppendOnly("retention_runorder"),
        migrations.RunSQL(
            [
                f"REVOKE INSERT, UPDATE ON retention_purgelimits, retention_limitproposal FROM {roles('worker')}",
                f"GRANT INSERT, UPDATE ({', '.join(DECISION_COLUMNS)}) ON retention_purgeplan TO {role('purge')}",
                f"GRANT INSERT ON retention_runorder TO {role('purge')}",
            ],
            migrations.RunSQL.noop,
        ),
    ]
