"""What only the database can hold of standing feeds: two persons, what they agreed to, no delivery while paused."""

from django.db import migrations

from protection.operations import AppendOnly, GrantPurgeDelete, RowSecurity, role, roles

VALID = """
ALTER TABLE disclosures_release VALIDATE CONSTRAINT release_feed_fk;
ALTER TABLE disclosures_releasedenial VALIDATE CONSTRAINT releasedenial_feed_fk;
"""

AGREED = """
CREATE FUNCTION disclosures_check_feed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.ended_at IS NOT NULL OR NOT EXISTS (
        SELECT FROM disclosures_releaseproposal agreed JOIN disclosures_legalbasis legal ON legal.id = agreed.basis_id
        WHERE agreed.id = NEW.proposal_id AND agreed.is_approved AND agreed.is_nightly AND agreed.cohort IS NOT NULL
          AND legal.kind IN ('consent', 'contract')
          AND (agreed.recipient_id, agreed.purpose_id, agreed.basis_id, agreed.field_ids, agreed.format, agreed.reason,
               agreed.data_to - agreed.data_from)
            = (NEW.recipient_id, NEW.purpose_id, NEW.basis_id, NEW.field_ids, NEW.format, NEW.reason, NEW.period_days)
    ) THEN
        RAISE EXCEPTION 'a feed is what two persons agreed to' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION disclosures_feed_runs(feed bigint) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT standing.ended_at IS NULL AND 'pause' IS DISTINCT FROM (
        SELECT what FROM disclosures_feedstep step WHERE step.feed_id = standing.id AND step.customer_id IS NULL
        ORDER BY step.id DESC LIMIT 1)
    FROM disclosures_standingfeed standing WHERE standing.id = $1
$$;

CREATE FUNCTION disclosures_check_feed_step() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    standing disclosures_standingfeed;
BEGIN
    IF NOT EXISTS (SELECT FROM ledger_entry WHERE id = NEW.entry_id
                   AND commitment = sha256(NEW.salt || NEW.evidence)) THEN
        RAISE EXCEPTION 'a step about a feed needs its ledger entry' USING ERRCODE = 'check_violation';
    END IF;
    -- The lock makes a step and a delivery wait for each other.
    SELECT * INTO standing FROM disclosures_standingfeed WHERE id = NEW.feed_id FOR UPDATE;
    IF standing.ended_at IS NOT NULL THEN
        RAISE EXCEPTION 'the feed has ended' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.what = 'end' THEN
        UPDATE disclosures_standingfeed SET ended_at = transaction_timestamp() WHERE id = NEW.feed_id;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER agreed_feed BEFORE INSERT ON disclosures_standingfeed
    FOR EACH ROW EXECUTE FUNCTION disclosures_check_feed();
CREATE TRIGGER step_of_feed BEFORE INSERT ON disclosures_feedstep
    FOR EACH ROW EXECUTE FUNCTION disclosures_check_feed_step();
ALTER TABLE disclosures_standingfeed ENABLE ALWAYS TRIGGER agreed_feed;
ALTER TABLE disclosures_feedstep ENABLE ALWAYS TRIGGER step_of_feed;
REVOKE ALL ON FUNCTION disclosures_check_feed(), disclosures_check_feed_step(), disclosures_feed_runs(bigint)
    FROM PUBLIC;
"""
UNAGREED = """
DROP TRIGGER step_of_feed ON disclosures_feedstep;
DROP TRIGGER agreed_feed ON disclosures_standingfeed;
DROP FUNCTION disclosures_check_feed_step();
DROP FUNCTION disclosures_feed_runs(bigint);
DROP FUNCTION disclosures_check_feed();
"""

TWO_PERSONS = """
CREATE OR REPLACE FUNCTION disclosures_check_delivery_of_feed(released disclosures_release) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    standing disclosures_standingfeed;
    agreed jsonb;
BEGIN
    SELECT * INTO standing FROM disclosures_standingfeed WHERE id = released.feed_id FOR SHARE;
    SELECT cohort INTO agreed FROM disclosures_releaseproposal WHERE id = standing.proposal_id;
    IF NOT disclosures_feed_runs(standing.id) THEN
        RAISE EXCEPTION 'the feed is paused or has ended' USING ERRCODE = 'check_violation';
    END IF;
    IF released.proposal_id IS NOT NULL OR released.cohort IS NULL OR released.format <> standing.format
       OR (released.recipient_id, released.purpose_id, released.basis_id)
          IS DISTINCT FROM (standing.recipient_id, standing.purpose_id, standing.basis_id)
       OR NOT released.field_ids <@ standing.field_ids
       OR released.data_to - released.data_from > standing.period_days OR released.data_to > consent_today()
       OR released.cohort - 'open_on' IS DISTINCT FROM agreed - 'open_on'
       OR released.cohort_sha256 !~ '^[0-9a-f]{64}$' THEN
        RAISE EXCEPTION 'a delivery is what the feed was agreed to be' USING ERRCODE = 'check_violation';
    END IF;
END $$;

CREATE OR REPLACE FUNCTION disclosures_check_approval(released disclosures_release, legal disclosures_legalbasis)
    RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    proposal disclosures_releaseproposal;
BEGIN
    IF released.feed_id IS NOT NULL THEN
        PERFORM disclosures_check_delivery_of_feed(released);
        RETURN;
    END IF;
    SELECT * INTO proposal FROM disclosures_releaseproposal WHERE id = released.proposal_id;
    IF proposal.is_nightly THEN
        RAISE EXCEPTION 'what was agreed to for every night goes out by its feed' USING ERRCODE = 'check_violation';
    END IF;
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
REVOKE ALL ON FUNCTION disclosures_check_delivery_of_feed(disclosures_release) FROM PUBLIC;
"""

PURGE = role("purge").replace('"', "'")


def written_once(table, *closing):
    """Refuse changes but of the closing columns, once; the purge alone deletes."""
    columns = ", ".join(f"'{column}'" for column in closing)
    return migrations.RunSQL(
        f"""
        CREATE TRIGGER write_once BEFORE UPDATE ON {table} FOR EACH ROW
            EXECUTE FUNCTION retention_write_once({columns});
        CREATE TRIGGER append_only_row BEFORE DELETE ON {table} FOR EACH ROW
            EXECUTE FUNCTION rg_refuse_change({PURGE});
        CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION rg_refuse_change('');
        ALTER TABLE {table} ENABLE ALWAYS TRIGGER write_once;
        ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only_row;
        ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only_truncate;
        REVOKE DELETE, TRUNCATE ON {table} FROM {roles("web", "worker")};
        REVOKE INSERT, UPDATE ON {table} FROM {role("purge")};
        """,
        f"""
        DROP TRIGGER write_once ON {table};
        DROP TRIGGER append_only_row ON {table};
        DROP TRIGGER append_only_truncate ON {table};
        """,
    )


OWN_FEED = """
    recipient_id = (SELECT rg_recipient())
    OR EXISTS (SELECT FROM disclosures_feedline line WHERE line.feed_id = disclosures_standingfeed.id
               AND line.customer_id = ANY ((SELECT rg_customers())::bigint[]))
"""


class Migration(migrations.Migration):
    dependencies = [("disclosures", "0024_standing_feeds"), ("retention", "0022_search_paths")]
    operations = [
        migrations.RunSQL(VALID, migrations.RunSQL.noop),
        migrations.RunSQL(AGREED, UNAGREED),
        migrations.RunSQL(TWO_PERSONS, migrations.RunSQL.noop),
        AppendOnly("disclosures_feedstep", purge_may_delete=True),
        written_once("disclosures_standingfeed", "ended_at"),
        written_once("disclosures_feedline", "closed_on", "closed_code"),
        GrantPurgeDelete("disclosures_standingfeed"),
        GrantPurgeDelete("disclosures_feedline"),
        RowSecurity("disclosures_standingfeed", using=OWN_FEED, check="false"),
        RowSecurity("disclosures_feedstep", customer="customer_id", check="false"),
        RowSecurity("disclosures_feedline", customer="customer_id", check="false"),
    ]
