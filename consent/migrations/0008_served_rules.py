"""What was served, signed and receipted is append-only, and no consent is given without it."""

from django.db import migrations

from protection.operations import AppendOnly, RowSecurity, roles

SERVED = """
ALTER TABLE consent_consentversion ADD CONSTRAINT consentversion_served_to_its_customer
    FOREIGN KEY (served_notice_id, customer_id) REFERENCES consent_servednotice (id, customer_id) NOT VALID;
"""
UNSERVED = """
ALTER TABLE consent_consentversion DROP CONSTRAINT consentversion_served_to_its_customer;
"""

_CHECK_GRANT = """
CREATE OR REPLACE FUNCTION consent_check_grant(version consent_consentversion) RETURNS void LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT version.field_ids <@ (SELECT field_ids FROM consent_purpose WHERE id = version.purpose_id) THEN
        RAISE EXCEPTION 'a consent covers fields that its purpose does not need' USING ERRCODE = 'check_violation';
    END IF;
    IF version.signed_on > public.consent_today() THEN
        RAISE EXCEPTION 'a consent cannot be signed on a day to come' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT EXISTS (
        SELECT FROM consent_noticetext text JOIN consent_notice notice ON notice.id = text.notice_id
        WHERE text.id = version.notice_text_id AND notice.kind = 'consent_form'
          AND notice.approved_at IS NOT NULL AND notice.effective_from <= public.consent_today()
    ) THEN
        RAISE EXCEPTION 'the consent form is not approved or not yet in effect' USING ERRCODE = 'check_violation';
    END IF;
{served}END $$;
"""
_SERVED = """    IF NOT EXISTS (
        SELECT FROM consent_servednotice served
        WHERE served.id = version.served_notice_id AND served.customer_id = version.customer_id
          AND served.notice_text_id = version.notice_text_id AND served.channel = version.method
    ) THEN
        RAISE EXCEPTION 'a consent needs the notice that was served' USING ERRCODE = 'check_violation';
    END IF;
    IF version.method = 'portal' AND version.signature IS NULL THEN
        RAISE EXCEPTION 'a consent in the portal needs its signature' USING ERRCODE = 'check_violation';
    END IF;
"""

RECEIPTS = """
CREATE FUNCTION consent_check_receipt() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM consent_receipt receipt
        WHERE receipt.version_id = NEW.id AND receipt.customer_id = NEW.customer_id
          AND receipt.recipient_id = NEW.recipient_id
    ) AND EXISTS (SELECT FROM consent_consentversion version WHERE version.id = NEW.id) THEN
        RAISE EXCEPTION 'an act on a consent needs its receipt' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION consent_check_receipt() FROM PUBLIC;
CREATE CONSTRAINT TRIGGER receipted AFTER INSERT ON consent_consentversion
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION consent_check_receipt();
ALTER TABLE consent_consentversion ENABLE ALWAYS TRIGGER receipted;
"""
UNRECEIPTED = "DROP TRIGGER receipted ON consent_consentversion; DROP FUNCTION consent_check_receipt();"

RIGHTS = f"""
REVOKE UPDATE, DELETE, TRUNCATE ON consent_offer, consent_reminder FROM {roles("web", "worker", "purge")};
GRANT UPDATE (closed_at, closed_by_id) ON consent_offer TO {roles("web")};
GRANT UPDATE (kept_at, kept_by_id) ON consent_reminder TO {roles("web")};
GRANT DELETE ON consent_offer, consent_reminder TO {roles("purge")};
"""
UNRIGHTS = f"GRANT UPDATE, DELETE ON consent_offer, consent_reminder TO {roles('web', 'worker')};"

OWN = "customer_id = ANY ((SELECT rg_customers())::bigint[])"
NAMED_RECIPIENT = "recipient_id = (SELECT rg_recipient())"
ASKED = f"customer_id IS NULL OR {OWN} OR {NAMED_RECIPIENT}"


class Migration(migrations.Migration):
    dependencies = [("consent", "0007_served_index"), ("consent", "0005_states")]
    operations = [
        migrations.RunSQL(SERVED, UNSERVED),
        migrations.RunSQL(_CHECK_GRANT.replace("{served}", _SERVED), _CHECK_GRANT.replace("{served}", "")),
        migrations.RunSQL(RECEIPTS, UNRECEIPTED),
        AppendOnly("consent_servednotice", purge_may_delete=True),
        AppendOnly("consent_receipt", purge_may_delete=True),
        AppendOnly("consent_offerdecline", purge_may_delete=True),
        RowSecurity("consent_servednotice", customer="customer_id"),
        RowSecurity("consent_receipt", customer="customer_id", using=NAMED_RECIPIENT, check=OWN),
        RowSecurity("consent_offer", using=ASKED, check="false"),
        RowSecurity("consent_offerdecline", customer="customer_id"),
        RowSecurity("consent_reminder", customer="customer_id"),
        migrations.RunSQL(RIGHTS, UNRIGHTS),
    ]
