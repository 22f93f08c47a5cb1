"""A customer sees what an order hid once it ended, and not before; a concealment changes only by ending, once."""

from django.conf import settings
from django.db import migrations

from protection.operations import GrantPurgeDelete, RowSecurity

PURGE = settings.DATABASE_ROLES["purge"].replace("'", "''")
ONCE = f"""
CREATE FUNCTION accounts_conceal_once() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    closing text[] := ARRAY['ended_at', 'end_entry_id', 'end_salt', 'end_evidence'];
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.ended_at IS NULL AND NEW.ended_at = transaction_timestamp()
       AND to_jsonb(NEW) - closing = to_jsonb(OLD) - closing THEN
        RETURN NEW;
    ELSIF TG_OP = 'DELETE' AND current_user = '{PURGE}' AND OLD.ended_at IS NOT NULL THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'a concealment changes only by ending, once: % is refused', TG_OP
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER ends_once BEFORE UPDATE OR DELETE ON accounts_concealment
    FOR EACH ROW EXECUTE FUNCTION accounts_conceal_once();
CREATE TRIGGER ends_once_truncate BEFORE TRUNCATE ON accounts_concealment
    FOR EACH STATEMENT EXECUTE FUNCTION rg_refuse_change('');
ALTER TABLE accounts_concealment ENABLE ALWAYS TRIGGER ends_once;
ALTER TABLE accounts_concealment ENABLE ALWAYS TRIGGER ends_once_truncate;
"""
UNONCE = """
DROP TRIGGER ends_once_truncate ON accounts_concealment;
DROP FUNCTION accounts_conceal_once() CASCADE;
"""

# The customer's own eyes see only concealments that ended, so that the subquery finds no other.
HIDDEN = """
ALTER POLICY scope ON {table} USING ((SELECT rg_scope()) = 'provider' OR (
    customer_id = ANY ((SELECT rg_customers())::bigint[]) AND (concealment_id IS NULL OR EXISTS (
        SELECT FROM accounts_concealment hiding WHERE hiding.id = concealment_id AND hiding.ended_at IS NOT NULL))))
"""
SHOWN = """
ALTER POLICY scope ON {table} USING ((SELECT rg_scope()) = 'provider'
    OR customer_id = ANY ((SELECT rg_customers())::bigint[]))
"""
LOGS = ("customeropening", "valuereveal")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0022_concealments")]
    operations = [
        RowSecurity(
            "accounts_concealment",
            using="customer_id = ANY ((SELECT rg_customers())::bigint[]) AND ended_at IS NOT NULL",
            check="false",
        ),
        migrations.RunSQL(ONCE, UNONCE),
        GrantPurgeDelete("accounts_concealment"),
        *(
            migrations.RunSQL(
                [
                    f"ALTER TABLE accounts_{log} VALIDATE CONSTRAINT {log}_concealment_fk",
                    HIDDEN.format(table=f"accounts_{log}"),
                ],
                SHOWN.format(table=f"accounts_{log}"),
            )
            for log in LOGS
        ),
    ]
