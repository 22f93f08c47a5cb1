"""A release's lines lean on consents that are in force, as `consent_states` says it."""

from django.db import migrations

_CHECK_LINES = """
CREATE OR REPLACE FUNCTION disclosures_check_lines() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    refused text;
BEGIN
    -- FOR SHARE makes a withdrawal and a release wait for each other; the next statement sees what is then true.
    PERFORM FROM consent_consent head
    WHERE head.id IN (SELECT version.consent_id FROM added JOIN consent_consentversion version
                      ON version.id = added.consent_version_id)
    ORDER BY head.id FOR SHARE;

    SELECT CASE
        WHEN release.decided_at <> line.created_at OR line.created_at <> transaction_timestamp()
            THEN 'a line is written with its release'
        WHEN cardinality(line.field_ids) = 0 OR NOT line.field_ids <@ release.field_ids
            THEN 'a line stays within the fields of its release'
        WHEN line.data_from < release.data_from OR line.data_to > release.data_to OR line.data_from >= line.data_to
            THEN 'a line stays within the period of its release'
        WHEN cardinality(line.account_ids) = 0 OR EXISTS (
            SELECT FROM unnest(line.account_ids) given (id)
            LEFT JOIN accounts_account account ON account.id = given.id AND account.customer_id = line.customer_id
            WHERE account.id IS NULL)
            THEN 'a line names accounts of its customer'
        WHEN entry.id IS NULL THEN 'a line needs its ledger entry'
        WHEN release.requires_consent AND version.id IS NULL THEN 'this basis needs a consent'
        WHEN version.id IS NOT NULL AND (version.customer_id <> line.customer_id
             OR version.recipient_id IS DISTINCT FROM release.recipient_id
             OR version.purpose_id IS DISTINCT FROM release.purpose_id)
            THEN 'the consent is of another customer, recipient or purpose'
        WHEN version.id IS NOT NULL AND {not_in_force}
            THEN 'the consent is not in force'
        WHEN version.id IS NOT NULL AND (NOT line.field_ids <@ version.field_ids
             OR line.data_from < version.data_from OR line.data_to > coalesce(version.data_to, 'infinity')
             OR (version.usage_point_ids <> '{}' AND (line.usage_point_ids = '{}'
                 OR NOT line.usage_point_ids <@ version.usage_point_ids)))
            THEN 'the line reaches beyond the consent'
    END INTO refused
    FROM added line
    JOIN disclosures_release release ON release.id = line.release_id
    JOIN ledger_entry made ON made.id = release.entry_id
    JOIN accounts_customer customer ON customer.id = line.customer_id
    LEFT JOIN ledger_entry entry ON entry.id = line.entry_id AND entry.kind = 'release.line'
        AND entry.subject_tag = customer.tag
        AND entry.commitment = sha256(line.salt || made.commitment || customer.tag)
    LEFT JOIN consent_consentversion version ON version.id = line.consent_version_id
    LEFT JOIN consent_consent head ON head.id = version.consent_id
    ORDER BY 1 NULLS LAST
    LIMIT 1;

    IF refused IS NOT NULL THEN
        RAISE EXCEPTION '%', refused USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
"""
BY_STATE = """(NOT head.is_granted OR head.scope_version_id <> version.id
             OR consent_state(version.id, consent_today()) <> 'active')"""
BY_PERIOD = """(NOT head.is_granted OR head.scope_version_id <> version.id
             OR version.permission_from > consent_today()
             OR coalesce(version.permission_to, 'infinity') <= consent_today())"""


class Migration(migrations.Migration):
    dependencies = [("disclosures", "0004_rules"), ("consent", "0005_states")]
    operations = [
        migrations.RunSQL(
            _CHECK_LINES.replace("{not_in_force}", BY_STATE), _CHECK_LINES.replace("{not_in_force}", BY_PERIOD)
        )
    ]
