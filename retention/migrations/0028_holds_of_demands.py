"""The hold of a legal demand is released by two as well, unless another like it takes its place."""

from django.db import migrations

REQUIRE = """
CREATE OR REPLACE FUNCTION retention_require_release() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.origin <> '' AND EXISTS (
        SELECT FROM retention_legalhold other
        WHERE other.id <> NEW.id AND other.origin = NEW.origin AND other.released_at IS NULL
          AND other.customer_id IS NOT DISTINCT FROM NEW.customer_id
          AND other.account_id IS NOT DISTINCT FROM NEW.account_id
          AND other.retention_classes @> NEW.retention_classes
          AND coalesce(other.data_from, '-infinity') <= coalesce(NEW.data_from, '-infinity')
          AND coalesce(other.data_to, 'infinity') >= coalesce(NEW.data_to, 'infinity')
    ) THEN
        RETURN NEW;
    END IF;
    IF NOT EXISTS (
        SELECT FROM retention_holdrelease
        WHERE hold_id = NEW.id AND is_approved AND decided_by_name = NEW.released_by_name
    ) THEN
        RAISE EXCEPTION 'hold_released_by_two: hold % has no release that a second person approved', NEW.id
            USING ERRCODE = 'check_violation', HINT = 'Propose its release and have another person approve it.';
    END IF;
    RETURN NEW;
END
$$;
DROP TRIGGER released_by_two ON retention_legalhold;
CREATE TRIGGER released_by_two BEFORE UPDATE ON retention_legalhold
    FOR EACH ROW WHEN (OLD.released_at IS NULL AND NEW.released_at IS NOT NULL
                       AND (NEW.origin = '' OR NEW.origin LIKE 'disclosures.LegalDemand:%'))
    EXECUTE FUNCTION retention_require_release();
ALTER TABLE retention_legalhold ENABLE ALWAYS TRIGGER released_by_two;
"""
FORMER = """
CREATE OR REPLACE FUNCTION retention_require_release() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM retention_holdrelease
        WHERE hold_id = NEW.id AND is_approved AND decided_by_name = NEW.released_by_name
    ) THEN
        RAISE EXCEPTION 'hold_released_by_two: hold % has no release that a second person approved', NEW.id
            USING ERRCODE = 'check_violation', HINT = 'Propose its release and have another person approve it.';
    END IF;
    RETURN NEW;
END
$$;
DROP TRIGGER released_by_two ON retention_legalhold;
CREATE TRIGGER released_by_two BEFORE UPDATE ON retention_legalhold
    FOR EACH ROW WHEN (OLD.released_at IS NULL AND NEW.released_at IS NOT NULL AND NEW.origin = '')
    EXECUTE FUNCTION retention_require_release();
ALTER TABLE retention_legalhold ENABLE ALWAYS TRIGGER released_by_two;
"""


class Migration(migrations.Migration):
    dependencies = [("retention", "0027_clock_of_sessions")]
    operations = [migrations.RunSQL(REQUIRE, FORMER)]
