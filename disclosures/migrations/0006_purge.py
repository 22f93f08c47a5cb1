"""The purge alone forgets disclosures whose time is over: row by row, or a month of lines at once."""

from django.db import migrations

from protection.operations import GrantPurgeDelete, LetPurgeDelete, role

# The owner drops, since only an owner may; the purge names a month, and this looks that it is one that is over.
DROP_MONTH = """
CREATE FUNCTION disclosures_drop_month(month text) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    counted bigint;
    ends timestamptz;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_inherits WHERE inhparent = 'public.disclosures_releaseline'::regclass
                   AND inhrelid = to_regclass('public.' || quote_ident(month))) THEN
        RAISE EXCEPTION '% is no month of release lines', month USING ERRCODE = 'invalid_parameter_value';
    END IF;
    ends := to_timestamp(right(month, 7), 'YYYY"m"MM') + interval '1 month';
    IF ends > transaction_timestamp() THEN
        RAISE EXCEPTION '% is not over', month USING ERRCODE = 'insufficient_privilege';
    END IF;
    EXECUTE format('SELECT count(*) FROM public.%I', month) INTO counted;
    EXECUTE format('DROP TABLE public.%I', month);
    RETURN counted;
END $$;
"""
GRANTS = f"""
REVOKE ALL ON FUNCTION disclosures_drop_month(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION disclosures_drop_month(text) TO {role("purge")};
"""


class Migration(migrations.Migration):
    dependencies = [("disclosures", "0005_consents_in_force")]
    operations = [
        LetPurgeDelete("disclosures_release"),
        LetPurgeDelete("disclosures_releaseline"),
        LetPurgeDelete("disclosures_releasedenial"),
        LetPurgeDelete("disclosures_packagefile"),
        LetPurgeDelete("disclosures_delivery"),
        LetPurgeDelete("disclosures_historyexportfile"),
        GrantPurgeDelete("disclosures_package"),
        GrantPurgeDelete("disclosures_historyexport"),
        GrantPurgeDelete("disclosures_recipientpolicy"),
        migrations.RunSQL(DROP_MONTH, "DROP FUNCTION disclosures_drop_month(text);"),
        migrations.RunSQL(GRANTS, migrations.RunSQL.noop),
    ]
