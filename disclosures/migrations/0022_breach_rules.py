"""Whom the law has told of a breach and by when, as data; what only the database can hold of breaches."""

from django.db import migrations

from protection.operations import AppendOnly, GrantPurgeDelete, RowSecurity, role, roles

DUTIES = (
    ("US-CA", "regulator", 14, 1000, "CPUC D.11-07-056, Attachment D, rule 8(b) (1,000 customers or more: two weeks)"),
    ("US-CA", "residents", 30, 1, "California Civil Code 1798.82(a) (30 calendar days of discovery)"),
    (
        "US-CA",
        "attorney_general",
        45,
        501,
        "California Civil Code 1798.82(f) (more than 500 residents: 15 days after they are told)",
    ),
    ("US-WI", "residents", 45, 1, "Wisconsin Statutes 134.98(3) (reasonable time, at most 45 days)"),
    ("US-CO", "residents", 30, 1, "Colorado Revised Statutes 6-1-716(2)(a) (30 days of determination)"),
    (
        "US-CO",
        "attorney_general",
        30,
        500,
        "Colorado Revised Statutes 6-1-716(2)(f) (500 residents or more: 30 days)",
    ),
)


def load(apps, schema_editor):
    duty = apps.get_model("disclosures", "BreachDuty")
    names = ("jurisdiction", "whom", "days", "from_customers", "citation")
    duty.objects.bulk_create(duty(**dict(zip(names, row, strict=True))) for row in DUTIES)


PURGE = role("purge").replace('"', "'")
ONCE = f"""
CREATE TRIGGER write_once BEFORE UPDATE ON disclosures_breach FOR EACH ROW
    EXECUTE FUNCTION retention_write_once('closed_at', 'closed_by_name');
CREATE TRIGGER append_only_row BEFORE DELETE ON disclosures_breach FOR EACH ROW
    EXECUTE FUNCTION rg_refuse_change({PURGE});
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON disclosures_breach
    FOR EACH STATEMENT EXECUTE FUNCTION rg_refuse_change('');
CREATE TRIGGER write_once BEFORE UPDATE ON disclosures_breachcustomer FOR EACH ROW
    EXECUTE FUNCTION retention_write_once('message_id');
CREATE TRIGGER append_only_row BEFORE DELETE ON disclosures_breachcustomer FOR EACH ROW
    EXECUTE FUNCTION rg_refuse_change({PURGE});
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON disclosures_breachcustomer
    FOR EACH STATEMENT EXECUTE FUNCTION rg_refuse_change('');
ALTER TABLE disclosures_breach ENABLE ALWAYS TRIGGER write_once;
ALTER TABLE disclosures_breach ENABLE ALWAYS TRIGGER append_only_row;
ALTER TABLE disclosures_breach ENABLE ALWAYS TRIGGER append_only_truncate;
ALTER TABLE disclosures_breachcustomer ENABLE ALWAYS TRIGGER write_once;
ALTER TABLE disclosures_breachcustomer ENABLE ALWAYS TRIGGER append_only_row;
ALTER TABLE disclosures_breachcustomer ENABLE ALWAYS TRIGGER append_only_truncate;
REVOKE DELETE, TRUNCATE ON disclosures_breach, disclosures_breachcustomer FROM {roles("web", "worker")};
REVOKE INSERT, UPDATE ON disclosures_breach, disclosures_breachcustomer FROM {role("purge")};
REVOKE INSERT, UPDATE, DELETE ON disclosures_breachduty FROM {roles("web", "worker", "purge")};
"""
UNONCE = """
DROP TRIGGER write_once ON disclosures_breach;
DROP TRIGGER append_only_row ON disclosures_breach;
DROP TRIGGER append_only_truncate ON disclosures_breach;
DROP TRIGGER write_once ON disclosures_breachcustomer;
DROP TRIGGER append_only_row ON disclosures_breachcustomer;
DROP TRIGGER append_only_truncate ON disclosures_breachcustomer;
"""


class Migration(migrations.Migration):
    dependencies = [("disclosures", "0021_breaches"), ("retention", "0022_search_paths")]
    operations = [
        migrations.RunPython(load, migrations.RunPython.noop),
        AppendOnly("disclosures_breachstep", purge_may_delete=True),
        GrantPurgeDelete("disclosures_breach"),
        GrantPurgeDelete("disclosures_breachcustomer"),
        RowSecurity("disclosures_breach", using="false"),
        RowSecurity("disclosures_breachstep", using="false"),
        RowSecurity("disclosures_breachcustomer", customer="customer_id", check="false"),
        migrations.RunSQL(ONCE, UNONCE),
    ]
