"""The purge locks holds and blanks the forgotten; it changes no hold, and gives nobody another name or password.

PostgreSQL asks for the right to update a table before it may be locked, and cannot bound what a column becomes; so
triggers refuse the rest.
"""

from django.conf import settings
from django.db import migrations

PURGE = settings.DATABASE_ROLES["purge"].replace("'", "''")

REFUSE = """
CREATE FUNCTION retention_refuse_the_purge() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'the purge %', TG_ARGV[0] USING ERRCODE = 'insufficient_privilege';
END
$$;
"""
GUARDS = {
    "retention_legalhold": ("FOR EACH STATEMENT", "TRUE", "changes no hold"),
    "accounts_customer": ("FOR EACH ROW", "NEW.forgotten_at IS NULL", "changes a customer only to forget them"),
    "accounts_account": (
        "FOR EACH ROW",
        "NEW.number <> 'former ' || NEW.id OR NEW.service_street <> ''",
        "changes an account only to blank it",
    ),
    "accounts_user": (
        "FOR EACH ROW",
        "OLD.role <> 'customer' OR NEW.password <> '!' OR NEW.is_active",
        "changes a user only to blank a former customer's",
    ),
}


def guard(table, level, refused, text):
    return (
        f"CREATE TRIGGER not_by_the_purge BEFORE UPDATE ON {table} {level}"
        f" WHEN (current_user = '{PURGE}' AND ({refused})) EXECUTE FUNCTION retention_refuse_the_purge('{text}')"
    )


class Migration(migrations.Migration):
    dependencies = [("retention", "0022_search_paths"), ("accounts", "0012_forgotten_customers_are_blank")]
    operations = [
        migrations.RunSQL(REFUSE, "DROP FUNCTION retention_refuse_the_purge() CASCADE"),
        *(
            migrations.RunSQL(
                [
                    guard(table, level, refused, text.replace("'", "''")),
                    f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER not_by_the_purge",
                ],
                migrations.RunSQL.noop,
            )
            for table, (level, refused, text) in GUARDS.items()
        ),
    ]
