"""Who stopped a recipient cannot let it go on; what was checked, ended and certified of an agreement stays so."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations

from protection.operations import AppendOnly, GrantPurgeDelete

SECOND_PERSON = """
CREATE FUNCTION accounts_second_person_resumes() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.stopped_at IS NULL THEN
        RETURN NEW;
    END IF;
    IF NEW.stopped_at IS NULL AND coalesce(NEW.resumed_by_id, OLD.stopped_by_id) = OLD.stopped_by_id THEN
        RAISE EXCEPTION 'a second person lets a stopped recipient go on' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.stopped_at IS NOT NULL AND NEW.stopped_by_id <> OLD.stopped_by_id THEN
        RAISE EXCEPTION 'who stopped a recipient does not change' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER second_person_resumes BEFORE UPDATE ON accounts_recipient
    FOR EACH ROW EXECUTE FUNCTION accounts_second_person_resumes();
ALTER TABLE accounts_recipient ENABLE ALWAYS TRIGGER second_person_resumes;
"""
BACK = """
DROP TRIGGER second_person_resumes ON accounts_recipient;
DROP FUNCTION accounts_second_person_resumes();
"""
RESUMER_IS_A_USER = "ALTER TABLE accounts_recipient VALIDATE CONSTRAINT recipient_resumed_by_a_user"


class Migration(migrations.Migration):
    dependencies = [("accounts", "0015_recipient_register"), ("protection", "0002_scope_and_append_only")]
    operations = [
        migrations.RunSQL(RESUMER_IS_A_USER, migrations.RunSQL.noop),
        ValidateConstraint("recipient", "recipient_stopped_or_resumed"),
        migrations.RunSQL(SECOND_PERSON, BACK),
        AppendOnly("accounts_agreementclause", purge_may_delete=True),
        AppendOnly("accounts_agreementending", purge_may_delete=True),
        AppendOnly("accounts_returncertificate", purge_may_delete=True),
        GrantPurgeDelete("accounts_onwardrecipient"),
        GrantPurgeDelete("accounts_recipientcontact"),
        GrantPurgeDelete("accounts_recipientincident"),
        GrantPurgeDelete("accounts_recipientnotice"),
        GrantPurgeDelete("accounts_recipientsite"),
    ]
