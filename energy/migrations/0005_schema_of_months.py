"""Move the partitions into a schema of their own, so that whoever drops months can create nothing in public."""

from django.db import migrations

from protection.operations import role

# The schema itself is made by `manage.py provision`, like the roles that may create in it.
MOVE = """
DO $$
DECLARE
    child regclass;
BEGIN
    IF to_regnamespace('months') IS NULL THEN
        RAISE EXCEPTION 'the schema months is missing'
            USING HINT = 'Run manage.py provision as an administrator first, then migrate again.';
    END IF;
    FOR child IN SELECT inhrelid FROM pg_inherits
        WHERE inhparent IN ('public.energy_dayreading'::regclass, 'public.energy_bill'::regclass)
    LOOP
        EXECUTE format('ALTER TABLE %s SET SCHEMA months', child);
    END LOOP;
END
$$;
"""
MOVE_BACK = MOVE.replace("SET SCHEMA months", "SET SCHEMA public")

_ENSURE_MONTH = """
CREATE OR REPLACE FUNCTION energy_ensure_month(parent text, month date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    begins date := date_trunc('month', month)::date;
    ends date := (date_trunc('month', month) + interval '1 month')::date;
    child text := parent || to_char(begins, '"_y"YYYY"m"MM');
    cutoff text := CASE parent WHEN 'energy_dayreading' THEN 'day' WHEN 'energy_bill' THEN 'bill_date' END;
BEGIN
    IF cutoff IS NULL THEN
        RAISE EXCEPTION '% is not partitioned by month', parent USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF begins < date '1990-01-01' OR begins > date_trunc('month', current_date) + interval '2 years' THEN
        RAISE EXCEPTION 'The month % is before 1990 or more than two years ahead', begins
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF to_regclass('{schema}.' || child) IS NOT NULL THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('energy_ensure_month', 0));
    IF to_regclass('{schema}.' || child) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format(
        'CREATE TABLE {schema}.%I (LIKE public.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES'
        ' INCLUDING STORAGE, CONSTRAINT within_month CHECK (%I >= %L AND %I < %L))',
        child, parent, cutoff, begins, cutoff, ends
    );
    EXECUTE format('ALTER TABLE public.%I ATTACH PARTITION {schema}.%I FOR VALUES FROM (%L) TO (%L)',
                   parent, child, begins, ends);
    EXECUTE format('ALTER TABLE {schema}.%I DROP CONSTRAINT within_month', child);
    RETURN true;
END
$$;
"""
IN_MONTHS = _ENSURE_MONTH.replace("{schema}", "months")
IN_PUBLIC = _ENSURE_MONTH.replace("{schema}", "public")


class Migration(migrations.Migration):
    dependencies = [("energy", "0004_series")]
    operations = [
        migrations.RunSQL(MOVE, MOVE_BACK),
        migrations.RunSQL(IN_MONTHS, IN_PUBLIC),
        migrations.RunSQL(
            f"REVOKE CREATE ON SCHEMA public FROM {role('months')}",
            f"GRANT CREATE ON SCHEMA public TO {role('months')}",
        ),
    ]
