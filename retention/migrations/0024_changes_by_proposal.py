"""Rules and limits change by an approved proposal alone, and one that forgets more by one that says so.

Judged at the end of the transaction, since a change and the decision on it refer to each other.
"""

from django.db import migrations

FORGETS_MORE = {
    "retentionrule": "NEW.months IS NOT NULL AND (former.months IS NULL OR NEW.months < former.months)",
    "purgelimits": "NEW.months_at_once > former.months_at_once OR NEW.rows_at_once > former.rows_at_once",
}
FORMER = {"retentionrule": "AND retention_class = NEW.retention_class", "purgelimits": ""}
PROPOSAL = {"retentionrule": "retention_ruleproposal", "purgelimits": "retention_limitproposal"}
SAYS_SO = {"retentionrule": "is_shortening", "purgelimits": "is_raising"}
SAME = {
    "retentionrule": "retention_class = NEW.retention_class AND months IS NOT DISTINCT FROM NEW.months",
    "purgelimits": "months_at_once = NEW.months_at_once AND rows_at_once = NEW.rows_at_once",
}
TRIGGER = """
CREATE FUNCTION retention_require_proposal_of_{kind}() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    former record;
BEGIN
    -- The version before; the last one where somebody chose an id that is smaller than all.
    SELECT * INTO former FROM retention_{kind} WHERE id <> NEW.id {former} ORDER BY id < NEW.id DESC, id DESC LIMIT 1;
    IF FOUND AND NOT EXISTS (
        SELECT FROM {proposal}
        WHERE id = NEW.proposal_id AND is_approved AND {same} AND ({says_so} OR NOT ({forgets_more}))
    ) THEN
        RAISE EXCEPTION 'changed_by_proposal: % % has no approved proposal', TG_TABLE_NAME, NEW.id
            USING ERRCODE = 'check_violation', HINT = 'Propose the change; what forgets more takes a second person.';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER changed_by_proposal AFTER INSERT ON retention_{kind}
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION retention_require_proposal_of_{kind}();
ALTER TABLE retention_{kind} ENABLE ALWAYS TRIGGER changed_by_proposal;
"""


def _rule(kind):
    return TRIGGER.format(
        kind=kind,
        former=FORMER[kind],
        proposal=PROPOSAL[kind],
        same=SAME[kind],
        says_so=SAYS_SO[kind],
        forgets_more=FORGETS_MORE[kind],
    )


class Migration(migrations.Migration):
    dependencies = [("retention", "0023_purge_blanks_and_no_more")]
    operations = [
        migrations.RunSQL(_rule(kind), f"DROP FUNCTION retention_require_proposal_of_{kind}() CASCADE;")
        for kind in FORGETS_MORE
    ]
