"""Held rows belong to the purge alone; a write to a closed month reopens it; what else the purge may delete."""

from django.db import migrations

from protection.operations import GrantPurgeDelete, RowSecurity, roles

HELD = "retention_helddayreading, retention_heldbill"
TABLES = {"energy_dayreading": "day", "energy_bill": "bill_date"}

REOPEN = """
CREATE FUNCTION retention_reopen_months() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM retention_monthtally WHERE table_name = TG_TABLE_NAME) THEN
        EXECUTE format(
            'DELETE FROM retention_monthtally WHERE table_name = %L'
            ' AND month IN (SELECT date_trunc(''month'', %I)::date FROM written)',
            TG_TABLE_NAME, TG_ARGV[0]
        );
    END IF;
    RETURN NULL;
END
$$;
"""
EVENTS = {
    "inserted": ("INSERT", "NEW"),
    "updated_to": ("UPDATE", "NEW"),
    "updated_from": ("UPDATE", "OLD"),
    "deleted": ("DELETE", "OLD"),
}


def watch(apps, schema_editor):
    """Reopen a closed month whenever a statement writes to it, whoever's."""
    for table, day in TABLES.items():
        for name, (event, image) in EVENTS.items():
            trigger = f"retention_reopen_{name}"
            schema_editor.execute(
                f"CREATE TRIGGER {trigger} AFTER {event} ON {table} REFERENCING {image} TABLE AS written"
                f" FOR EACH STATEMENT EXECUTE FUNCTION retention_reopen_months('{day}')"
            )
            schema_editor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}")


def reserve(apps, schema_editor):
    """Take the held tables from everyone but the purge; others may read within row security."""
    schema_editor.execute(f"REVOKE INSERT, UPDATE, DELETE ON {HELD} FROM {roles('web', 'worker')}")
    schema_editor.execute(f"GRANT DELETE ON {HELD} TO {roles('purge')}")


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0004_held_rows"),
        ("energy", "0002_months"),
        ("sessions", "0001_initial"),
        ("usersessions", "0001_initial"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("allauth_idp_oidc", "0001_initial"),
    ]
    operations = [
        RowSecurity("retention_helddayreading", account="account_id"),
        RowSecurity("retention_heldbill", account="account_id"),
        migrations.RunPython(reserve, migrations.RunPython.noop),
        migrations.RunSQL(REOPEN, "DROP FUNCTION retention_reopen_months() CASCADE;"),
        migrations.RunPython(watch, migrations.RunPython.noop),
        GrantPurgeDelete("django_session"),
        GrantPurgeDelete("usersessions_usersession"),
        GrantPurgeDelete("account_emailconfirmation"),
        GrantPurgeDelete("allauth_idp_oidc_token"),
    ]
