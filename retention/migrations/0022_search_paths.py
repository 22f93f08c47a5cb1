"""Triggers judge by the owner's tables, whatever a role has put into its temporary schema under their names."""

from django.db import migrations

FUNCTIONS = (
    "retention_approved_plans_only()",
    "retention_refuse_born_released()",
    "retention_require_review_ahead()",
    "retention_weigh_plan()",
    "retention_write_once()",
)


class Migration(migrations.Migration):
    dependencies = [("retention", "0021_visit_statistics")]
    operations = [
        migrations.RunSQL(
            [f"ALTER FUNCTION {name} SET search_path = pg_catalog, public, pg_temp" for name in FUNCTIONS],
            [f"ALTER FUNCTION {name} RESET search_path" for name in FUNCTIONS],
        )
    ]
