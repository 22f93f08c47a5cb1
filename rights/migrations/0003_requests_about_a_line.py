"""A request may be about one line of its customer's disclosure history, and about nobody else's."""

from django.db import migrations, models

CHECK_LINE = """
CREATE FUNCTION rights_check_line() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM disclosures_releaseline
        WHERE entry_id = NEW.line_entry_id AND customer_id = NEW.customer_id
    ) THEN
        RAISE EXCEPTION 'A request is about a line of its own customer''s disclosure history.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'request_about_own_line';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER request_about_own_line BEFORE INSERT OR UPDATE OF line_entry_id, customer_id ON rights_rightsrequest
    FOR EACH ROW WHEN (NEW.line_entry_id IS NOT NULL) EXECUTE FUNCTION rights_check_line();
ALTER TABLE rights_rightsrequest ENABLE ALWAYS TRIGGER request_about_own_line;
"""
UNDO = "DROP TRIGGER request_about_own_line ON rights_rightsrequest; DROP FUNCTION rights_check_line();"


class Migration(migrations.Migration):
    dependencies = [("rights", "0002_rules"), ("disclosures", "0007_purge_clocks")]
    operations = [
        migrations.AddField(
            model_name="rightsrequest",
            name="line_entry_id",
            field=models.BigIntegerField(blank=True, editable=False, null=True),
        ),
        migrations.RunSQL(CHECK_LINE, UNDO),
    ]
