"""A statement of disagreement is about a field whose correction was refused, and one at a time stands on a field."""

from django.db import migrations

CHECK_DISPUTE = """
CREATE FUNCTION rights_check_dispute() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM rights_correction correction
        WHERE correction.uuid = NEW.correction_uuid AND correction.customer_id = NEW.customer_id
            AND correction.row_uuid = NEW.row_uuid AND correction.field_id = NEW.field_id
            AND correction.status = 'refused'
    ) THEN
        RAISE EXCEPTION 'A statement of disagreement is about a field whose correction was refused.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'dispute_of_a_refused_correction';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended(NEW.row_uuid || NEW.field_id, 0));
    IF EXISTS (
        SELECT FROM accounts_dispute earlier
        WHERE earlier.row_uuid = NEW.row_uuid AND earlier.field_id = NEW.field_id
            AND NOT EXISTS (SELECT FROM accounts_disputewithdrawal WHERE dispute_id = earlier.id)
    ) THEN
        RAISE EXCEPTION 'Another statement of disagreement stands on this field.'
            USING ERRCODE = 'unique_violation', CONSTRAINT = 'dispute_one_standing';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER dispute_of_a_refused_correction BEFORE INSERT ON accounts_dispute
    FOR EACH ROW EXECUTE FUNCTION rights_check_dispute();
ALTER TABLE accounts_dispute ENABLE ALWAYS TRIGGER dispute_of_a_refused_correction;
"""
UNDO = "DROP TRIGGER dispute_of_a_refused_correction ON accounts_dispute; DROP FUNCTION rights_check_dispute();"


class Migration(migrations.Migration):
    dependencies = [("rights", "0003_requests_about_a_line"), ("accounts", "0025_disputes")]
    operations = [migrations.RunSQL(CHECK_DISPUTE, UNDO)]
