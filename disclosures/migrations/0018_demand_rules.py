"""What only the database can hold of legal demands: no release without one that lets it, nothing told too early."""

from django.db import migrations

from protection.operations import AppendOnly, RowSecurity, roles

# One text says where a demand stands; pages, gate and triggers all ask here. `day` is the provider's civil day.
STATE = """
CREATE FUNCTION disclosures_demand_state(demand bigint, day date) RETURNS text LANGUAGE sql STABLE
    SET search_path = pg_catalog, public, pg_temp AS $$
    WITH standing AS (
        SELECT event.id, event.what, event.customer_id, event.ends_on FROM disclosures_demandevent event
        WHERE event.demand_id = $1 AND event.what <> 'undone'
          AND NOT EXISTS (SELECT FROM disclosures_demandevent undoing WHERE undoing.undoes_id = event.id)
    )
    SELECT coalesce(
        (SELECT what FROM standing WHERE what IN ('complied', 'refused', 'withdrawn') ORDER BY id DESC LIMIT 1),
        (SELECT 'contested' FROM standing objection
         WHERE objection.what IN ('contested', 'motion_filed', 'motion_granted') AND NOT EXISTS (
             SELECT FROM standing answer WHERE answer.id > objection.id AND (
                 (answer.what = 'motion_denied' AND objection.what <> 'motion_granted')
                 OR (answer.what = 'contest_withdrawn' AND objection.what = 'contested'
                     AND answer.customer_id = objection.customer_id)))
         LIMIT 1),
        (SELECT CASE WHEN ends_on < $2 THEN 'lapsed' ELSE 'notice_served' END
         FROM standing WHERE what = 'notice_served' ORDER BY id DESC LIMIT 1),
        'received')
$$;

CREATE FUNCTION disclosures_is_concealed(demand bigint) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM disclosures_legaldemand hidden JOIN accounts_concealment hiding
            ON hiding.origin = 'disclosures.LegalDemand:' || hidden.uuid AND hiding.ended_at IS NULL
        WHERE hidden.id = $1)
$$;

CREATE FUNCTION disclosures_lock_demand(demand bigint) RETURNS void LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock(hashtextextended('disclosures.demand ' || $1, 0))
$$;
"""
UNSTATE = """
DROP FUNCTION disclosures_lock_demand(bigint);
DROP FUNCTION disclosures_is_concealed(bigint);
DROP FUNCTION disclosures_demand_state(bigint, date);
"""

# The lock makes a contest and a release wait for each other; the next statement sees what is then true.
LAWFUL_DEMAND = """
CREATE FUNCTION disclosures_check_demand() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    legal disclosures_legalbasis;
    named disclosures_legaldemand;
    stands text;
    refused text;
BEGIN
    IF NEW.demand_id IS NULL THEN
        RAISE EXCEPTION 'legal process rests on a legal demand' USING ERRCODE = 'check_violation';
    END IF;
    PERFORM disclosures_lock_demand(NEW.demand_id);
    SELECT * INTO legal FROM disclosures_legalbasis WHERE id = NEW.basis_id;
    SELECT * INTO named FROM disclosures_legaldemand WHERE id = NEW.demand_id;
    stands := disclosures_demand_state(NEW.demand_id, consent_today());
    refused := CASE
        WHEN named.kind IN ('warrant', 'court_order') AND NOT (legal.kind = 'legal_process' AND legal.notice_days = 0
             AND cardinality(legal.data_classes) = 0) THEN 'the basis does not fit a warrant or court order'
        WHEN named.kind = 'real_time' AND NOT (named.is_wiretap_order AND legal.kind = 'legal_process'
             AND legal.notice_days = 0 AND cardinality(legal.data_classes) = 0)
             THEN 'real-time data needs an order of interception'
        WHEN named.kind = 'subpoena' AND NOT (legal.kind = 'legal_process'
             AND (legal.notice_days > 0 OR cardinality(legal.data_classes) > 0))
             THEN 'the basis does not fit a subpoena'
        WHEN named.kind = 'emergency' AND legal.kind <> 'exception' THEN 'the basis does not fit an emergency'
        WHEN stands IN ('complied', 'refused', 'withdrawn') THEN 'the demand is closed'
        WHEN stands = 'contested' THEN 'the demand is contested'
        WHEN NEW.notice_days > 0 AND stands <> 'lapsed' THEN 'the customer still has time to contest'
        WHEN NEW.recipient_id IS DISTINCT FROM named.recipient_id THEN 'the demand is of another recipient'
        WHEN NOT NEW.field_ids <@ named.field_ids OR NEW.data_from < named.data_from OR NEW.data_to > named.data_to
             THEN 'the release reaches beyond the demand'
    END;
    IF refused IS NOT NULL THEN
        RAISE EXCEPTION '%', refused USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER rests_on_demand AFTER INSERT ON disclosures_release
    FOR EACH ROW WHEN (NEW.basis_kind = 'legal_process' OR NEW.demand_id IS NOT NULL)
    EXECUTE FUNCTION disclosures_check_demand();
ALTER TABLE disclosures_release ENABLE ALWAYS TRIGGER rests_on_demand;
"""
UNLAWFUL_DEMAND = "DROP FUNCTION disclosures_check_demand() CASCADE;"

LAWFUL_EVENT = """
CREATE FUNCTION disclosures_check_demand_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    named disclosures_legaldemand;
    undone disclosures_demandevent;
    made disclosures_release;
    stands text;
    refused text;
BEGIN
    PERFORM disclosures_lock_demand(NEW.demand_id);
    SELECT * INTO named FROM disclosures_legaldemand WHERE id = NEW.demand_id;
    SELECT * INTO undone FROM disclosures_demandevent WHERE id = NEW.undoes_id;
    SELECT * INTO made FROM disclosures_release WHERE uuid = NEW.release_uuid;
    stands := disclosures_demand_state(NEW.demand_id, consent_today());
    refused := CASE
        WHEN NEW.created_at <> transaction_timestamp() THEN 'a step is recorded when it is taken'
        WHEN NEW.what IN ('notice_served', 'contested', 'contest_withdrawn', 'motion_filed', 'motion_denied',
                          'motion_granted', 'released', 'complied', 'refused', 'withdrawn')
             AND stands IN ('complied', 'refused', 'withdrawn') THEN 'the demand is closed'
        WHEN NEW.what = 'notice_served' AND named.kind <> 'subpoena' THEN 'only a subpoena waits for the customer'
        WHEN NEW.what = 'notice_served' AND stands <> 'received' THEN 'the customers were told before'
        WHEN NEW.what = 'notice_served' AND disclosures_is_concealed(NEW.demand_id)
             THEN 'an order forbids to tell the customer'
        WHEN NEW.what = 'notice_served' AND NEW.served_on < consent_today() THEN 'a notice is not served in the past'
        WHEN NEW.what IN ('contested', 'contest_withdrawn') AND NOT EXISTS (
            SELECT FROM disclosures_demandsubject WHERE demand_id = NEW.demand_id AND customer_id = NEW.customer_id)
            THEN 'the demand does not name this customer'
        WHEN NEW.what = 'contested' AND stands = 'received' THEN 'the customer was not told yet'
        WHEN NEW.what IN ('released', 'complied') AND made.demand_id IS DISTINCT FROM NEW.demand_id
             THEN 'the release is not of this demand'
        WHEN NEW.what = 'undone' AND (undone.demand_id IS DISTINCT FROM NEW.demand_id OR undone.what NOT IN (
                'notice_served', 'contested', 'contest_withdrawn', 'motion_filed', 'motion_denied', 'motion_granted',
                'refused', 'withdrawn')) THEN 'this step cannot be undone'
        WHEN NEW.what = 'undone' AND stands = 'complied' THEN 'the demand is closed'
    END;
    IF refused IS NOT NULL THEN
        RAISE EXCEPTION '%', refused USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER lawful_event BEFORE INSERT ON disclosures_demandevent
    FOR EACH ROW EXECUTE FUNCTION disclosures_check_demand_event();
ALTER TABLE disclosures_demandevent ENABLE ALWAYS TRIGGER lawful_event;
"""
UNLAWFUL_EVENT = "DROP FUNCTION disclosures_check_demand_event() CASCADE;"

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
{demands}        WHEN entry.id IS NULL THEN 'a line needs its ledger entry'
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
{hidden}    LEFT JOIN ledger_entry entry ON entry.id = line.entry_id AND entry.kind = 'release.line'
        AND entry.subject_tag = {tag}
        AND entry.commitment = sha256(line.salt || made.commitment || {tag})
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
_DEMANDS = """\
        WHEN release.demand_id IS NULL AND line.concealment_id IS NOT NULL
            THEN 'a line is concealed under the order of a demand alone'
        WHEN release.demand_id IS NOT NULL AND EXISTS (
            SELECT FROM unnest(line.account_ids) given (id) WHERE NOT EXISTS (
                SELECT FROM disclosures_demandsubject named
                WHERE named.demand_id = release.demand_id AND named.customer_id = line.customer_id
                  AND coalesce(named.account_id, given.id) = given.id))
            THEN 'the demand does not name this customer or account'
        WHEN release.demand_id IS NOT NULL AND line.concealment_id IS DISTINCT FROM (
            SELECT hiding.id FROM accounts_concealment hiding JOIN disclosures_legaldemand demand
                ON hiding.origin = 'disclosures.LegalDemand:' || demand.uuid
            WHERE demand.id = release.demand_id AND hiding.customer_id = line.customer_id
              AND hiding.ended_at IS NULL)
            THEN 'a line under an order not to tell is concealed'
"""
_HIDDEN = "    LEFT JOIN accounts_concealment hidden ON hidden.id = line.concealment_id\n"


def check_lines(*, demands, hidden, tag):
    """Return the function that checks lines, with or without what demands ask of it."""
    question = _QUESTION.replace("{demands}", demands).replace("{hidden}", hidden).replace("{tag}", tag)
    return _LAWFUL_LINES.replace("{question}", question)


OWN_LINES = "customer_id = ANY ((SELECT rg_customers())::bigint[])"
SHOWN_LINES = """
ALTER POLICY scope ON disclosures_releaseline USING ((SELECT rg_scope()) = 'provider' OR (
    customer_id = ANY ((SELECT rg_customers())::bigint[]) AND (concealment_id IS NULL OR EXISTS (
        SELECT FROM accounts_concealment hiding WHERE hiding.id = concealment_id AND hiding.ended_at IS NOT NULL))))
"""
ALL_LINES = f"ALTER POLICY scope ON disclosures_releaseline USING ((SELECT rg_scope()) = 'provider' OR {OWN_LINES})"

OWN = "customer_id = ANY ((SELECT rg_customers())::bigint[])"
THROUGH_SUBJECT = """EXISTS (SELECT FROM disclosures_demandsubject subject
                             WHERE subject.demand_id = disclosures_legaldemand.id)"""
THROUGH_DEMAND = "EXISTS (SELECT FROM disclosures_legaldemand demand WHERE demand.id = demand_id)"
OWN_CONTEST = f"what IN ('contested', 'contest_withdrawn') AND {OWN} AND user_id = (SELECT rg_user())"
RIGHTS = f"""
REVOKE ALL ON FUNCTION disclosures_is_concealed(bigint), disclosures_check_demand(), disclosures_check_demand_event()
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION disclosures_is_concealed(bigint) TO {roles("web", "worker")};
"""


class Migration(migrations.Migration):
    dependencies = [
        ("disclosures", "0017_legal_demands"),
        ("consent", "0005_states"),
        ("retention", "0008_purge_grants"),
    ]
    operations = [
        migrations.RunSQL(
            [
                "ALTER TABLE disclosures_release VALIDATE CONSTRAINT release_demand_fk",
                "ALTER TABLE disclosures_releasedenial VALIDATE CONSTRAINT releasedenial_demand_fk",
            ],
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(STATE, UNSTATE),
        migrations.RunSQL(LAWFUL_DEMAND, UNLAWFUL_DEMAND),
        migrations.RunSQL(LAWFUL_EVENT, UNLAWFUL_EVENT),
        migrations.RunSQL(
            check_lines(demands=_DEMANDS, hidden=_HIDDEN, tag="coalesce(hidden.tag, customer.tag)"),
            check_lines(demands="", hidden="", tag="customer.tag"),
        ),
        AppendOnly("disclosures_legaldemand", purge_may_delete=True),
        AppendOnly("disclosures_demandsubject", purge_may_delete=True),
        AppendOnly("disclosures_demandevent", purge_may_delete=True),
        AppendOnly("disclosures_nondisclosureorder", purge_may_delete=True),
        RowSecurity(
            "disclosures_demandsubject", using=f"{OWN} AND NOT disclosures_is_concealed(demand_id)", check="false"
        ),
        RowSecurity("disclosures_legaldemand", using=THROUGH_SUBJECT, check="false"),
        RowSecurity("disclosures_demandevent", using=THROUGH_DEMAND, check=f"{OWN_CONTEST} AND {THROUGH_DEMAND}"),
        RowSecurity("disclosures_nondisclosureorder", using=THROUGH_DEMAND, check="false"),
        migrations.RunSQL(SHOWN_LINES, ALL_LINES),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
