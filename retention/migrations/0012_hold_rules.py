"""What only the database can hold of holds: a release by two persons, a review ahead, a meter of the account."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations

from protection.operations import AppendOnly, RowSecurity
from retention.operations import WriteOnce

DECISION_COLUMNS = (
    "decided_at",
    "decided_by_id",
    "decided_by_name",
    "is_approved",
    "decision_entry_id",
    "decision_salt",
    "decision_evidence",
)

RELEASE = """
CREATE FUNCTION retention_require_release() RETURNS trigger
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
CREATE TRIGGER released_by_two BEFORE UPDATE ON retention_legalhold
    FOR EACH ROW WHEN (OLD.released_at IS NULL AND NEW.released_at IS NOT NULL AND NEW.origin = '')
    EXECUTE FUNCTION retention_require_release();
ALTER TABLE retention_legalhold ENABLE ALWAYS TRIGGER released_by_two;

CREATE FUNCTION retention_refuse_born_released() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is placed or proposed first and ended or decided afterwards', TG_TABLE_NAME
        USING ERRCODE = 'check_violation';
END
$$;
CREATE TRIGGER not_born_released BEFORE INSERT ON retention_legalhold
    FOR EACH ROW WHEN (NEW.released_at IS NOT NULL) EXECUTE FUNCTION retention_refuse_born_released();
ALTER TABLE retention_legalhold ENABLE ALWAYS TRIGGER not_born_released;
CREATE TRIGGER not_born_decided BEFORE INSERT ON retention_holdrelease
    FOR EACH ROW WHEN (NEW.decided_at IS NOT NULL) EXECUTE FUNCTION retention_refuse_born_released();
ALTER TABLE retention_holdrelease ENABLE ALWAYS TRIGGER not_born_decided;
"""
DROP_RELEASE = "DROP FUNCTION retention_require_release, retention_refuse_born_released CASCADE;"

# The civil day of UTC: at most a day off the provider's, by which the service judges exactly.
REVIEW = """
CREATE FUNCTION retention_require_review_ahead() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    day date := (to_jsonb(NEW) ->> TG_ARGV[0])::date;
BEGIN
    IF day IS NULL OR day < (transaction_timestamp() AT TIME ZONE 'UTC')::date THEN
        RAISE EXCEPTION 'hold_reviewed_ahead: % needs a day to come', TG_ARGV[0] USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER reviewed_ahead BEFORE INSERT ON retention_legalhold
    FOR EACH ROW WHEN (NEW.origin = '') EXECUTE FUNCTION retention_require_review_ahead('review_on');
ALTER TABLE retention_legalhold ENABLE ALWAYS TRIGGER reviewed_ahead;
CREATE TRIGGER reviewed_ahead BEFORE INSERT ON retention_holdreview
    FOR EACH ROW EXECUTE FUNCTION retention_require_review_ahead('next_review_on');
ALTER TABLE retention_holdreview ENABLE ALWAYS TRIGGER reviewed_ahead;
"""
DROP_REVIEW = "DROP FUNCTION retention_require_review_ahead CASCADE;"

USAGE_POINT = """
CREATE FUNCTION retention_require_own_meter() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM energy_usagepoint WHERE id = NEW.usage_point_id AND account_id = NEW.account_id) THEN
        RAISE EXCEPTION 'hold_on_a_meter_of_the_account: usage point % is not of account %',
            NEW.usage_point_id, NEW.account_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER own_meter BEFORE INSERT ON retention_legalhold
    FOR EACH ROW WHEN (NEW.usage_point_id IS NOT NULL) EXECUTE FUNCTION retention_require_own_meter();
ALTER TABLE retention_legalhold ENABLE ALWAYS TRIGGER own_meter;
"""
DROP_USAGE_POINT = "DROP FUNCTION retention_require_own_meter CASCADE;"


class Migration(migrations.Migration):
    dependencies = [("retention", "0011_holds_on_usage_points")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE retention_legalhold VALIDATE CONSTRAINT hold_owner_is_a_user", migrations.RunSQL.noop
        ),
        ValidateConstraint("legalhold", "hold_on_a_usage_point_names_its_account"),
        RowSecurity("retention_holdrelease", using="false"),
        RowSecurity("retention_holdreview", using="false"),
        WriteOnce("retention_holdrelease", closing=DECISION_COLUMNS),
        AppendOnly("retention_holdreview"),
        migrations.RunSQL(RELEASE, DROP_RELEASE),
        migrations.RunSQL(REVIEW, DROP_REVIEW),
        migrations.RunSQL(USAGE_POINT, DROP_USAGE_POINT),
    ]
