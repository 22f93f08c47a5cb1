"""Only bases that count here; no customer's data to the counterparty of a merger before the customer was told."""

from django.db import migrations

from protection.operations import AppendOnly, RowSecurity

BASIS_COUNTS = """
CREATE FUNCTION disclosures_check_basis_counts() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT (SELECT is_in_force FROM disclosures_legalbasis WHERE id = NEW.basis_id) THEN
        RAISE EXCEPTION 'this legal basis does not count here' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION disclosures_check_basis_counts() FROM PUBLIC;
CREATE TRIGGER basis_counts AFTER INSERT ON disclosures_release
    FOR EACH ROW EXECUTE FUNCTION disclosures_check_basis_counts();
ALTER TABLE disclosures_release ENABLE ALWAYS TRIGGER basis_counts;
"""
BASIS_COUNTS_NOT = """
DROP TRIGGER basis_counts ON disclosures_release;
DROP FUNCTION disclosures_check_basis_counts();
"""

# A month of lines is written to through its parent only, whose statements this guards.
CUSTOMERS_TOLD = """
CREATE FUNCTION disclosures_check_customers_told() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    mergers bigint[];
BEGIN
    SELECT array_agg(release.id) INTO mergers
    FROM (SELECT DISTINCT release_id FROM added) line
    JOIN disclosures_release release ON release.id = line.release_id
    JOIN disclosures_legalbasis basis ON basis.id = release.basis_id AND basis.requires_merger_notice;
    IF mergers IS NULL THEN
        RETURN NULL;
    END IF;
    IF EXISTS (
        SELECT FROM added line JOIN disclosures_release release ON release.id = line.release_id
        WHERE line.release_id = ANY (mergers) AND NOT EXISTS (
            SELECT FROM disclosures_mergernoticeserved served
            JOIN disclosures_mergernotice notice
                ON notice.id = served.notice_id AND notice.recipient_id = release.recipient_id
            JOIN accounts_outboxmessage message
                ON message.id = served.message_id AND message.customer_id = line.customer_id
            WHERE served.customer_id = line.customer_id AND message.status = 'sent'
              AND message.settled_at + make_interval(days => notice.waiting_days) <= transaction_timestamp())
    ) THEN
        RAISE EXCEPTION 'a customer was not told of the merger in time' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION disclosures_check_customers_told() FROM PUBLIC;
CREATE TRIGGER customers_told AFTER INSERT ON disclosures_releaseline
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION disclosures_check_customers_told();
ALTER TABLE disclosures_releaseline ENABLE ALWAYS TRIGGER customers_told;
"""
CUSTOMERS_TOLD_NOT = """
DROP TRIGGER customers_told ON disclosures_releaseline;
DROP FUNCTION disclosures_check_customers_told();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("disclosures", "0013_bases_and_mergers"),
        ("accounts", "0016_recipient_register_rules"),
        ("protection", "0002_scope_and_append_only"),
    ]
    operations = [
        migrations.RunSQL(BASIS_COUNTS, BASIS_COUNTS_NOT),
        migrations.RunSQL(CUSTOMERS_TOLD, CUSTOMERS_TOLD_NOT),
        AppendOnly("disclosures_mergernotice", purge_may_delete=True),
        AppendOnly("disclosures_mergernoticeserved", purge_may_delete=True),
        RowSecurity("disclosures_mergernoticeserved", customer="customer_id", check="false"),
    ]
