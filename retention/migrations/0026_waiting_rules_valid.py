"""What closes a proposal now: its decision, its withdrawal. The worker may put in force what a notice has announced."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations

from protection.operations import role
from retention.models.proposals import DECISION_COLUMNS

TABLE = "retention_ruleproposal"
WITHDRAWAL = ("withdrawn_at", "withdrawn_by_name")


def _closing(columns):
    arguments = ", ".join(f"'{column}'" for column in columns)
    return (
        f"DROP TRIGGER write_once ON {TABLE};"
        f"CREATE TRIGGER write_once BEFORE UPDATE OR DELETE ON {TABLE}"
        f" FOR EACH ROW EXECUTE FUNCTION retention_write_once({arguments});"
        f"ALTER TABLE {TABLE} ENABLE ALWAYS TRIGGER write_once;"
    )


# To insert a rule, the database asks for an approved proposal (0024) and for a notice in force that says so (consent).
RIGHTS = f"""
GRANT INSERT ON retention_retentionrule TO {role("worker")};
GRANT UPDATE (valid_to) ON retention_retentionrule TO {role("worker")};
GRANT UPDATE (withdrawn_at) ON {TABLE} TO {role("worker")};
"""
NO_RIGHTS = f"""
REVOKE INSERT ON retention_retentionrule FROM {role("worker")};
REVOKE UPDATE (valid_to) ON retention_retentionrule FROM {role("worker")};
REVOKE UPDATE (withdrawn_at) ON {TABLE} FROM {role("worker")};
"""


class Migration(migrations.Migration):
    dependencies = [("retention", "0025_waiting_rules")]
    operations = [
        ValidateConstraint("ruleproposal", "proposal_withdrawn_at_by"),
        migrations.RunSQL(_closing([*DECISION_COLUMNS, *WITHDRAWAL]), _closing(DECISION_COLUMNS)),
        migrations.RunSQL(RIGHTS, NO_RIGHTS),
    ]
