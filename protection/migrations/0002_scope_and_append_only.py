"""The functions that row security policies and append-only triggers call."""

from django.db import migrations

SCOPE = """
CREATE FUNCTION rg_scope() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('resguardo.scope', true), '') $$;

CREATE FUNCTION rg_user() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('resguardo.user', true), '')::bigint $$;

CREATE FUNCTION rg_customers() RETURNS bigint[] LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT coalesce(nullif(current_setting('resguardo.customers', true), ''), '{}')::bigint[] $$;

CREATE FUNCTION rg_accounts() RETURNS bigint[] LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT coalesce(nullif(current_setting('resguardo.accounts', true), ''), '{}')::bigint[] $$;

CREATE FUNCTION rg_recipient() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('resguardo.recipient', true), '')::bigint $$;

CREATE FUNCTION rg_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND TG_ARGV[0] <> '' AND current_user = TG_ARGV[0] THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege', HINT = 'Append a new row instead.';
END
$$;
"""

DROP = """
DROP FUNCTION rg_refuse_change();
DROP FUNCTION rg_recipient();
DROP FUNCTION rg_accounts();
DROP FUNCTION rg_customers();
DROP FUNCTION rg_user();
DROP FUNCTION rg_scope();
"""


class Migration(migrations.Migration):
    dependencies = [("protection", "0001_initial")]
    operations = [migrations.RunSQL(SCOPE, DROP)]
