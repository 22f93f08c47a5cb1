"""What the database holds of releases to many: no government id, no emergency and no cohort on one person's word.

Lines are judged set by set, with the states of all consents worked out at once. A statement with more lines than a few
is planned anew each time (EXECUTE), since the plan for one line is ruinous for half a million.
"""

from django.db import migrations, models

from protection.operations import AppendOnly, LetPurgeDelete, RowSecurity, role, roles
from retention.models.proposals import DECISION_COLUMNS

CHECKED = """
ALTER TABLE disclosures_release VALIDATE CONSTRAINT release_of_a_proposal;
ALTER TABLE disclosures_releasedenial VALIDATE CONSTRAINT denial_of_a_proposal;
"""
ONCE = """
ALTER TABLE disclosures_release ADD CONSTRAINT release_once_per_proposal UNIQUE USING INDEX release_once_per_proposal
"""
MORE_THAN_ONCE = "ALTER TABLE disclosures_release DROP CONSTRAINT release_once_per_proposal"

BOUND = """
CREATE FUNCTION disclosures_bulk_over() RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT 100 $$;
CREATE FUNCTION disclosures_government_ids() RETURNS text[] LANGUAGE sql IMMUTABLE AS
$$ SELECT ARRAY['customer.tax_id'] $$;
"""
UNBOUND = "DROP FUNCTION disclosures_government_ids(); DROP FUNCTION disclosures_bulk_over();"

TWO_PERSONS = """
CREATE FUNCTION disclosures_check_approval(released disclosures_release, legal disclosures_legalbasis) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    proposal disclosures_releaseproposal;
BEGIN
    SELECT * INTO proposal FROM disclosures_releaseproposal WHERE id = released.proposal_id;
    IF proposal.id IS NOT NULL AND (
        proposal.recipient_id <> released.recipient_id OR proposal.purpose_id <> released.purpose_id
        OR proposal.basis_id <> released.basis_id OR NOT released.field_ids <@ proposal.field_ids
        OR released.data_from < proposal.data_from OR released.data_to > proposal.data_to
        OR proposal.cohort IS DISTINCT FROM released.cohort
    ) THEN
        RAISE EXCEPTION 'a release is what two persons agreed to' USING ERRCODE = 'check_violation';
    END IF;
    IF (released.cohort IS NOT NULL OR released.line_count > disclosures_bulk_over()
        OR released.field_ids::text[] && disclosures_government_ids())
       AND proposal.is_approved IS NOT TRUE AND proposal.kind IS DISTINCT FROM 'emergency' THEN
        RAISE EXCEPTION 'this release takes a second person' USING ERRCODE = 'check_violation';
    END IF;
    IF released.line_count > disclosures_bulk_over() AND proposal.kind = 'emergency' THEN
        RAISE EXCEPTION 'a release to many takes a second person before it is made' USING ERRCODE = 'check_violation';
    END IF;
    IF proposal.kind = 'emergency' AND NOT 'emergency_service' = ANY (legal.recipient_kinds) THEN
        RAISE EXCEPTION 'only an emergency is reviewed afterwards' USING ERRCODE = 'check_violation';
    END IF;
    IF 'emergency_service' = ANY (legal.recipient_kinds) AND proposal.kind IS DISTINCT FROM 'emergency'
       AND proposal.is_approved IS NOT TRUE THEN
        RAISE EXCEPTION 'a release in an emergency is put before a second person' USING ERRCODE = 'check_violation';
    END IF;
END $$;

CREATE FUNCTION disclosures_check_requester(released disclosures_release) RETURNS void LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF released.basis_kind IN ('legal_process', 'exception') AND (
        coalesce(released.requester ->> 'name', '') = '' OR coalesce(released.requester ->> 'authority', '') = ''
        OR coalesce(released.requester ->> 'delivery_address', '') = ''
    ) THEN
        RAISE EXCEPTION 'this basis needs who asks, where to and on what authority' USING ERRCODE = 'check_violation';
    END IF;
    IF released.requester ->> 'channel' = 'telephone' AND coalesce(released.requester ->> 'call_back', '') = '' THEN
        RAISE EXCEPTION 'a request by telephone is verified by calling back' USING ERRCODE = 'check_violation';
    END IF;
END $$;
"""
UNTWO = """
DROP FUNCTION disclosures_check_approval(disclosures_release, disclosures_legalbasis);
DROP FUNCTION disclosures_check_requester(disclosures_release);
"""

LAWFUL_RELEASE = """
CREATE OR REPLACE FUNCTION disclosures_check_release() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    receiving accounts_recipient;
    legal disclosures_legalbasis;
BEGIN
    IF NEW.decided_at <> transaction_timestamp() THEN
        RAISE EXCEPTION 'a release is recorded when it is decided' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT EXISTS (SELECT FROM ledger_entry WHERE id = NEW.entry_id AND kind = 'release.made'
                   AND commitment = sha256(NEW.salt || NEW.evidence)) THEN
        RAISE EXCEPTION 'a release needs its ledger entry' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.recipient_id IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT * INTO legal FROM disclosures_legalbasis WHERE id = NEW.basis_id;
    PERFORM disclosures_check_approval(NEW, legal);
    PERFORM disclosures_check_requester(NEW);
    -- FOR SHARE makes a stop and a release wait for each other.
    SELECT * INTO receiving FROM accounts_recipient WHERE id = NEW.recipient_id FOR SHARE;
    IF receiving.stopped_at IS NOT NULL THEN
        RAISE EXCEPTION 'releases to this recipient are stopped' USING ERRCODE = 'check_violation';
    END IF;
    IF cardinality(legal.recipient_kinds) > 0 AND NOT receiving.kind = ANY (legal.recipient_kinds) THEN
        RAISE EXCEPTION 'this basis is not for a recipient of this kind' USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.requires_agreement OR receiving.kind = 'contractor') AND NOT EXISTS (
        SELECT FROM accounts_recipientagreement agreement
        WHERE agreement.recipient_id = NEW.recipient_id AND agreement.valid_from <= consent_today()
          AND coalesce(agreement.valid_to, 'infinity') > consent_today()
    ) THEN
        RAISE EXCEPTION 'no agreement with this recipient is in force' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.notice_days > 0 AND NEW.notice_served_on + NEW.notice_days > consent_today() THEN
        RAISE EXCEPTION 'the customer still has time to contest' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
"""

# The text of the one question that is put to a statement's lines, for a few as for many.
_QUESTION = """
    SELECT CASE
        WHEN release.decided_at <> line.created_at OR line.created_at <> transaction_timestamp()
            THEN 'a line is written with its release'
        WHEN cardinality(line.field_ids) = 0 OR NOT line.field_ids <@ release.field_ids
            THEN 'a line stays within the fields of its release'
        WHEN line.data_from < release.data_from OR line.data_to > release.data_to OR line.data_from >= line.data_to
            THEN 'a line stays within the period of its release'
        WHEN cardinality(line.account_ids) = 0 OR EXISTS (
            SELECT FROM unnest(line.account_ids) given (id)
            WHERE given.id <> ALL (ARRAY(SELECT account.id FROM accounts_account account
                                         WHERE account.customer_id = line.customer_id)))
            THEN 'a line names accounts of its customer'
        WHEN entry.id IS NULL THEN 'a line needs its ledger entry'
        WHEN release.requires_consent AND version.id IS NULL THEN 'this basis needs a consent'
        WHEN version.id IS NOT NULL AND (version.customer_id <> line.customer_id
             OR version.recipient_id IS DISTINCT FROM release.recipient_id
             OR version.purpose_id IS DISTINCT FROM release.purpose_id)
            THEN 'the consent is of another customer, recipient or purpose'
        WHEN version.id IS NOT NULL AND (NOT head.is_granted OR head.scope_version_id <> version.id
             OR now.state IS DISTINCT FROM 'active')
            THEN 'the consent is not in force'
        WHEN version.id IS NOT NULL AND (NOT line.field_ids <@ version.field_ids
             OR line.data_from < version.data_from OR line.data_to > coalesce(version.data_to, 'infinity')
             OR (version.usage_point_ids <> '{}' AND (line.usage_point_ids = '{}'
                 OR NOT line.usage_point_ids <@ version.usage_point_ids)))
            THEN 'the line reaches beyond the consent'
    END
    FROM added line
    JOIN disclosures_release release ON release.id = line.release_id
    JOIN ledger_entry made ON made.id = release.entry_id
    JOIN accounts_customer customer ON customer.id = line.customer_id
    LEFT JOIN ledger_entry entry ON entry.id = line.entry_id AND entry.kind = 'release.line'
        AND entry.subject_tag = customer.tag
        AND entry.commitment = sha256(line.salt || made.commitment || customer.tag)
    LEFT JOIN consent_consentversion version ON version.id = line.consent_version_id
    LEFT JOIN consent_consent head ON head.id = version.consent_id
    LEFT JOIN consent_states(consent_today()) now ON now.version_id = version.id
    ORDER BY 1 NULLS LAST
    LIMIT 1
"""
_LAWFUL_LINES = """
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

    IF (SELECT count(*) FROM (SELECT FROM added LIMIT 1001) few) > 1000 THEN
        EXECUTE $question${question}$question$ INTO refused;
    ELSE
        refused := ({question});
    END IF;
    IF refused IS NOT NULL THEN
        RAISE EXCEPTION '%', refused USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
"""
LAWFUL_LINES = _LAWFUL_LINES.replace("{question}", _QUESTION)

_CLOSING = ", ".join(f"'{column}'" for column in (*DECISION_COLUMNS, "decision_reason"))
# Written once, then only decided; the purge alone deletes.
PROPOSED = """
CREATE FUNCTION disclosures_check_proposal() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' AND (NEW.decided_at IS NOT NULL OR NOT EXISTS (
        SELECT FROM ledger_entry WHERE id = NEW.entry_id AND commitment = sha256(NEW.salt || NEW.evidence))) THEN
        RAISE EXCEPTION 'a release is proposed first, with its ledger entry' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND NOT EXISTS (
        SELECT FROM ledger_entry WHERE id = NEW.decision_entry_id
          AND commitment = sha256(NEW.decision_salt || NEW.decision_evidence)) THEN
        RAISE EXCEPTION 'a decision needs its ledger entry' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""
PROPOSALS = f"""
REVOKE ALL ON FUNCTION disclosures_check_proposal() FROM PUBLIC;
CREATE TRIGGER check_proposal BEFORE INSERT OR UPDATE ON disclosures_releaseproposal
    FOR EACH ROW EXECUTE FUNCTION disclosures_check_proposal();
ALTER TABLE disclosures_releaseproposal ENABLE ALWAYS TRIGGER check_proposal;
CREATE TRIGGER write_once BEFORE UPDATE ON disclosures_releaseproposal FOR EACH ROW
    EXECUTE FUNCTION retention_write_once({_CLOSING});
CREATE TRIGGER append_only_row BEFORE DELETE ON disclosures_releaseproposal FOR EACH ROW
    EXECUTE FUNCTION rg_refuse_change({role("purge").replace('"', "'")});
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON disclosures_releaseproposal
    FOR EACH STATEMENT EXECUTE FUNCTION rg_refuse_change('');
ALTER TABLE disclosures_releaseproposal ENABLE ALWAYS TRIGGER write_once;
ALTER TABLE disclosures_releaseproposal ENABLE ALWAYS TRIGGER append_only_row;
ALTER TABLE disclosures_releaseproposal ENABLE ALWAYS TRIGGER append_only_truncate;
REVOKE DELETE, TRUNCATE ON disclosures_releaseproposal FROM {roles("web", "worker")};
REVOKE INSERT, UPDATE ON disclosures_releaseproposal FROM {role("purge")};
GRANT DELETE ON disclosures_releaseproposal TO {role("purge")};
REVOKE ALL ON FUNCTION disclosures_check_approval(disclosures_release, disclosures_legalbasis),
    disclosures_check_requester(disclosures_release) FROM PUBLIC;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("disclosures", "0010_one_release_a_proposal"),
        ("consent", "0005_states"),
        ("retention", "0022_search_paths"),
    ]
    operations = [
        migrations.RunSQL(CHECKED, migrations.RunSQL.noop),
        migrations.RunSQL(
            ONCE,
            MORE_THAN_ONCE,
            state_operations=[
                migrations.AddConstraint(
                    "release", models.UniqueConstraint(fields=["proposal"], name="release_once_per_proposal")
                )
            ],
        ),
        AppendOnly("disclosures_releaseexclusion"),
        LetPurgeDelete("disclosures_releaseexclusion"),
        RowSecurity("disclosures_releaseexclusion", using="false"),
        RowSecurity("disclosures_releaseproposal", using="false"),
        migrations.RunSQL(BOUND, UNBOUND),
        migrations.RunSQL(TWO_PERSONS, UNTWO),
        migrations.RunSQL(LAWFUL_RELEASE, migrations.RunSQL.noop),
        migrations.RunSQL(LAWFUL_LINES, migrations.RunSQL.noop),
        migrations.RunSQL(PROPOSED + PROPOSALS, migrations.RunSQL.noop),
    ]
