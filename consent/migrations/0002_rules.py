"""The rules that only the database can hold.

Consent versions are append-only, obey what went before, and alone move the head; approved notices are frozen; nobody
sees another customer's consents, and a recipient sees only those that name it.
"""

from django.conf import settings
from django.db import migrations

from protection.operations import AppendOnly, GrantPurgeDelete, RowSecurity, roles

CLOCK = f"""
CREATE FUNCTION consent_today() RETURNS date LANGUAGE sql STABLE AS
$$ SELECT (transaction_timestamp() AT TIME ZONE '{settings.PROVIDER_TIME_ZONE.replace("'", "''")}')::date $$;
"""

PARTIES = """
ALTER TABLE consent_consentversion ADD CONSTRAINT consentversion_same_parties
    FOREIGN KEY (consent_id, customer_id, recipient_id, purpose_id)
    REFERENCES consent_consent (id, customer_id, recipient_id, purpose_id) DEFERRABLE INITIALLY DEFERRED;
"""

HEAD = """
CREATE FUNCTION consent_begin_head() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.current_version_id IS NOT NULL OR NEW.scope_version_id IS NOT NULL
       OR NEW.is_granted OR NEW.version_count <> 0 THEN
        RAISE EXCEPTION 'a consent begins without a version' USING ERRCODE = 'check_violation',
            HINT = 'Insert the head empty, then append a version; the trigger moves the head.';
    END IF;
    NEW.created_at := transaction_timestamp();
    NEW.changed_at := NEW.created_at;
    RETURN NEW;
END $$;

CREATE FUNCTION consent_check_grant(version consent_consentversion) RETURNS void LANGUAGE plpgsql
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
END $$;

CREATE FUNCTION consent_check_narrowing(version consent_consentversion, former consent_consentversion)
    RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT version.field_ids <@ former.field_ids
       OR (former.usage_point_ids <> '{}'
           AND (version.usage_point_ids = '{}' OR NOT version.usage_point_ids <@ former.usage_point_ids))
       OR version.data_from < former.data_from
       OR coalesce(version.data_to, 'infinity') > coalesce(former.data_to, 'infinity')
       OR version.permission_from < former.permission_from
       OR coalesce(version.permission_to, 'infinity') > coalesce(former.permission_to, 'infinity') THEN
        RAISE EXCEPTION 'a narrowing reaches beyond what it narrows' USING ERRCODE = 'check_violation',
            HINT = 'A wider consent is a new grant.';
    END IF;
END $$;

CREATE FUNCTION consent_check_version() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    head consent_consent;
    former consent_consentversion;
BEGIN
    SELECT * INTO head FROM consent_consent WHERE id = NEW.consent_id FOR NO KEY UPDATE;
    SELECT * INTO former FROM consent_consentversion WHERE id = head.scope_version_id;
    NEW.created_at := transaction_timestamp();
    NEW.number := head.version_count + 1;
    IF NEW.kind <> 'grant' AND head.is_granted IS NOT TRUE THEN
        RAISE EXCEPTION 'there is no consent to change' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.permission_from < consent_today() THEN
        RAISE EXCEPTION 'a consent permits nothing before the day it is recorded' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.kind = 'grant' THEN
        PERFORM consent_check_grant(NEW);
    ELSIF NEW.kind = 'narrow' THEN
        PERFORM consent_check_narrowing(NEW, former);
    ELSIF NEW.kind = 'expire' AND coalesce(former.permission_to, 'infinity') > consent_today() THEN
        RAISE EXCEPTION 'this consent still runs' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION consent_move_head() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE consent_consent SET
        current_version_id = NEW.id,
        scope_version_id = CASE WHEN NEW.kind IN ('grant', 'narrow') THEN NEW.id ELSE scope_version_id END,
        is_granted = NEW.kind IN ('grant', 'narrow'),
        version_count = NEW.number,
        changed_at = NEW.created_at
    WHERE id = NEW.consent_id;
    RETURN NULL;
END $$;

CREATE TRIGGER begin_head BEFORE INSERT ON consent_consent
    FOR EACH ROW EXECUTE FUNCTION consent_begin_head();
CREATE TRIGGER check_version BEFORE INSERT ON consent_consentversion
    FOR EACH ROW EXECUTE FUNCTION consent_check_version();
CREATE TRIGGER move_head AFTER INSERT ON consent_consentversion
    FOR EACH ROW EXECUTE FUNCTION consent_move_head();
ALTER TABLE consent_consent ENABLE ALWAYS TRIGGER begin_head;
ALTER TABLE consent_consentversion ENABLE ALWAYS TRIGGER check_version;
ALTER TABLE consent_consentversion ENABLE ALWAYS TRIGGER move_head;
"""

LOCK = """
CREATE FUNCTION consent_lock(for_recipient bigint, for_purpose bigint, of_customers bigint[]) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT FROM consent_consent
    WHERE recipient_id = for_recipient AND purpose_id = for_purpose AND customer_id = ANY (of_customers)
    ORDER BY id FOR SHARE
$$;
"""

NOTICES = """
ALTER TABLE consent_noticetext ADD CONSTRAINT noticetext_hash_is_of_the_text
    CHECK (sha256 = encode(sha256(convert_to(title || E'\\n\\n' || body, 'UTF8')), 'hex'));

CREATE FUNCTION consent_freeze_notice() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.approved_at IS NOT NULL THEN
        RAISE EXCEPTION 'an approved notice is frozen' USING ERRCODE = 'insufficient_privilege',
            HINT = 'Write a new version of the notice.';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    IF NEW.approved_at IS NOT NULL
       AND (SELECT count(DISTINCT language) FROM consent_noticetext WHERE notice_id = NEW.id) < 2 THEN
        RAISE EXCEPTION 'a notice is approved in both languages' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION consent_freeze_noticetext() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    kept consent_noticetext := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
BEGIN
    PERFORM FROM consent_notice
    WHERE id IN (kept.notice_id, CASE WHEN TG_OP = 'UPDATE' THEN OLD.notice_id END) AND approved_at IS NOT NULL;
    IF FOUND THEN
        RAISE EXCEPTION 'an approved notice is frozen' USING ERRCODE = 'insufficient_privilege',
            HINT = 'Write a new version of the notice.';
    END IF;
    RETURN kept;
END $$;

CREATE TRIGGER keep_frozen BEFORE INSERT OR UPDATE OR DELETE ON consent_notice
    FOR EACH ROW EXECUTE FUNCTION consent_freeze_notice();
CREATE TRIGGER keep_frozen BEFORE INSERT OR UPDATE OR DELETE ON consent_noticetext
    FOR EACH ROW EXECUTE FUNCTION consent_freeze_noticetext();
ALTER TABLE consent_notice ENABLE ALWAYS TRIGGER keep_frozen;
ALTER TABLE consent_noticetext ENABLE ALWAYS TRIGGER keep_frozen;
"""

GRANTS = f"""
REVOKE UPDATE, DELETE, TRUNCATE ON consent_consent FROM {roles("web", "worker", "purge")};
REVOKE ALL ON FUNCTION consent_lock(bigint, bigint, bigint[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION consent_lock(bigint, bigint, bigint[]) TO {roles("web", "worker")};
REVOKE ALL ON FUNCTION consent_begin_head(), consent_check_version(), consent_move_head(),
    consent_check_grant(consent_consentversion),
    consent_check_narrowing(consent_consentversion, consent_consentversion) FROM PUBLIC;
"""

DROP = """
DROP TRIGGER keep_frozen ON consent_noticetext;
DROP TRIGGER keep_frozen ON consent_notice;
DROP TRIGGER move_head ON consent_consentversion;
DROP TRIGGER check_version ON consent_consentversion;
DROP TRIGGER begin_head ON consent_consent;
DROP FUNCTION consent_freeze_noticetext();
DROP FUNCTION consent_freeze_notice();
DROP FUNCTION consent_lock(bigint, bigint, bigint[]);
DROP FUNCTION consent_move_head();
DROP FUNCTION consent_check_version();
DROP FUNCTION consent_check_narrowing(consent_consentversion, consent_consentversion);
DROP FUNCTION consent_check_grant(consent_consentversion);
DROP FUNCTION consent_begin_head();
DROP FUNCTION consent_today();
ALTER TABLE consent_noticetext DROP CONSTRAINT noticetext_hash_is_of_the_text;
ALTER TABLE consent_consentversion DROP CONSTRAINT consentversion_same_parties;
"""
RESTORE = f"GRANT UPDATE, DELETE ON consent_consent TO {roles('web', 'worker')};"

OWN_CUSTOMER = "customer_id = ANY ((SELECT rg_customers())::bigint[])"
NAMED_RECIPIENT = "recipient_id = (SELECT rg_recipient())"


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0001_initial"),
        ("accounts", "0002_rules"),
        ("protection", "0002_scope_and_append_only"),
    ]
    operations = [
        migrations.RunSQL(CLOCK + PARTIES + HEAD + LOCK + NOTICES, DROP),
        migrations.RunSQL(GRANTS, RESTORE),
        AppendOnly("consent_consentversion", purge_may_delete=True),
        GrantPurgeDelete("consent_consent"),
        RowSecurity("consent_consent", customer="customer_id", using=NAMED_RECIPIENT, check=OWN_CUSTOMER),
        RowSecurity("consent_consentversion", customer="customer_id", using=NAMED_RECIPIENT, check=OWN_CUSTOMER),
    ]
