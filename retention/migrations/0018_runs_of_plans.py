"""A run carries out an approved plan, may be paused, and stops at what would enlarge it."""

import django.db.models.deletion
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

from protection.operations import role

COLUMN = "ALTER TABLE retention_purgerun ADD COLUMN plan_id bigint NULL"
PLAN_KEY = """
ALTER TABLE retention_purgerun ADD CONSTRAINT run_of_a_plan
    FOREIGN KEY (plan_id) REFERENCES retention_purgeplan (id) DEFERRABLE INITIALLY DEFERRED NOT VALID
"""
# Another constraint takes its place at once, which knows the new states too.
DROP = "-- squawk-ignore ban-drop-constraint\nALTER TABLE retention_{} DROP CONSTRAINT {}"
APPROVED = """
CREATE FUNCTION retention_approved_plans_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM retention_purgeplan
        WHERE id = NEW.plan_id AND is_approved AND digest = NEW.plan_digest AND as_of = NEW.as_of
    ) THEN
        RAISE EXCEPTION 'a run carries out an approved plan' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER approved_plans_only BEFORE INSERT ON retention_purgerun
    FOR EACH ROW EXECUTE FUNCTION retention_approved_plans_only();
ALTER TABLE retention_purgerun ENABLE ALWAYS TRIGGER approved_plans_only;
"""
RIGHTS = [
    f"GRANT UPDATE (stopped_because) ON retention_purgerun TO {role('purge')}",
    # The id of a rule never changes, its trigger sees to that; PostgreSQL asks for some right to update to lock a row,
    # and a purge locks the rule so that nobody changes it while it disposes of an item.
    f"GRANT UPDATE (id) ON retention_retentionrule TO {role('purge')}",
]
RUN_STATES = [
    ("pending", "Waiting"),
    ("running", "Running"),
    ("paused", "Paused"),
    ("finished", "Finished"),
    ("failed", "Finished with faults"),
    ("stopped", "Stopped: more would have been dropped than planned"),
]
ITEM_STATES = [("pending", "Waiting"), ("done", "Done"), ("failed", "Given up"), ("left", "Left untouched")]
RUN_OVER = models.Q(status__in=["finished", "failed", "stopped"], finished_at__isnull=False) | models.Q(
    status__in=["pending", "running", "paused"], finished_at__isnull=True
)
ITEM_OVER = models.Q(status="pending", finished_at__isnull=True) | models.Q(
    status__in=["done", "failed", "left"], finished_at__isnull=False
)
STOPPED = ~models.Q(status="stopped") | ~models.Q(stopped_because="")


class Migration(migrations.Migration):
    dependencies = [("retention", "0017_plans")]
    operations = [
        # The field changes its name and the column keeps its own: no SQL.
        migrations.AlterField("purgerun", "plan", models.JSONField(db_column="plan")),
        migrations.RenameField("purgerun", "plan", "summary"),
        migrations.AddField(
            "purgerun",
            "stopped_because",
            models.CharField(blank=True, db_default="", editable=False, max_length=500),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(COLUMN, "ALTER TABLE retention_purgerun DROP COLUMN plan_id"),
                migrations.RunSQL(PLAN_KEY, migrations.RunSQL.noop),
            ],
            state_operations=[
                migrations.AddField(
                    "purgerun",
                    "plan",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="run",
                        to="retention.purgeplan",
                    ),
                )
            ],
        ),
        migrations.AlterField(
            "purgerun", "status", models.CharField(choices=RUN_STATES, default="pending", max_length=20)
        ),
        migrations.AlterField(
            "purgeitem", "status", models.CharField(choices=ITEM_STATES, default="pending", max_length=20)
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL([DROP.format("purgerun", "run_finished_says_when")], migrations.RunSQL.noop),
                migrations.RunSQL([DROP.format("purgeitem", "item_finished_says_when")], migrations.RunSQL.noop),
            ],
            state_operations=[
                migrations.RemoveConstraint("purgerun", "run_finished_says_when"),
                migrations.RemoveConstraint("purgeitem", "item_finished_says_when"),
            ],
        ),
        AddConstraintNotValid("purgerun", models.CheckConstraint(condition=RUN_OVER, name="run_over_says_when")),
        AddConstraintNotValid("purgeitem", models.CheckConstraint(condition=ITEM_OVER, name="item_over_says_when")),
        AddConstraintNotValid("purgerun", models.CheckConstraint(condition=STOPPED, name="run_stopped_says_why")),
        migrations.RunSQL(APPROVED, "DROP FUNCTION retention_approved_plans_only() CASCADE;"),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
