"""What was added without looking at the runs that there are is now held of them too."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("retention", "0018_runs_of_plans")]
    operations = [
        migrations.RunSQL("ALTER TABLE retention_purgerun VALIDATE CONSTRAINT run_of_a_plan", migrations.RunSQL.noop),
        ValidateConstraint("purgerun", "run_over_says_when"),
        ValidateConstraint("purgeitem", "item_over_says_when"),
        ValidateConstraint("purgerun", "run_stopped_says_why"),
    ]
