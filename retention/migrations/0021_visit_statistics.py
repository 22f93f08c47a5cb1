"""The rule for the counts of visits, which are on a short retention of their own."""

from django.db import migrations
from django.db.models.functions import Now


def add(apps, schema_editor):
    """Keep them thirteen months: a year, and the same month of the year before beside the current one."""
    apps.get_model("retention", "RetentionRule").objects.create(
        retention_class="visit_statistics",
        cutoff="created",
        months=13,
        floor_months=0,
        citation="The provider's retention policy: a year of counts, beside the same month of the year before",
        valid_from=Now(),
        created_by_name="Installation",
    )


class Migration(migrations.Migration):
    dependencies = [("retention", "0020_one_run_a_plan")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
