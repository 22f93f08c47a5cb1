"""What only the database can hold: no release without a lawful basis, nothing changed afterwards, rows by scope."""

from django.db import migrations

from protection.operations import AppendOnly, RowSecurity, roles

DEMANDS = """
ALTER TABLE disclosures_release
    ADD CONSTRAINT release_demands_what_its_basis_demands
        FOREIGN KEY (basis_id, basis_kind, requires_consent, requires_agreement, requires_document, notice_days)
        REFERENCES disclosures_legalbasis
            (id, kind, requires_consent, requires_agreement, requires_document, notice_days),
    ADD CONSTRAINT release_purpose_is_of_its_kind
        FOREIGN KEY (purpose_id, purpose_is_secondary) REFERENCES consent_purpose (id, is_secondary);
"""
UNDEMAND = """
ALTER TABLE disclosures_release DROP CONSTRAINT release_purpose_is_of_its_kind;
ALTER TABLE disclosures_release DROP CONSTRAINT release_demands_what_its_basis_demands;
"""

LAWFUL_RELEASE = """
CREATE FUNCTION disclosures_check_release() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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

CREATE FUNCTION disclosures_check_line_count() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (SELECT count(*) FROM disclosures_releaseline
        WHERE release_id = NEW.id AND created_at = NEW.decided_at) <> NEW.line_count THEN
        RAISE EXCEPTION 'a release has as many lines as it says' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER lawful_release AFTER INSERT ON disclosures_release
    FOR EACH ROW EXECUTE FUNCTION disclosures_check_release();
CREATE CONSTRAINT TRIGGER whole_release AFTER INSERT ON disclosures_release
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION disclosures_check_line_count();
ALTER TABLE disclosures_release ENABLE ALWAYS TRIGGER lawful_release;
ALTER TABLE disclosures_release ENABLE ALWAYS TRIGGER whole_release;
"""

LAWFUL_LINES = """
CREATE FUNCTION disclosures_check_lines() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
        WHEN version.id IS NOT NULL AND (NOT head.is_granted OR head.scope_version_id <> version.id
             OR version.permission_from > consent_today()
             OR coalesce(version.permission_to, 'infinity') <= consent_today())
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

CREATE TRIGGER lawful_lines AFTER INSERT ON disclosures_releaseline
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION disclosures_check_lines();
ALTER TABLE disclosures_releaseline ENABLE ALWAYS TRIGGER lawful_lines;
"""

# A partition is written to through its parent only; what guards the parent's statements guards each partition's too.
# CREATE TABLE LIKE and ATTACH take a lock that lets readers and writers pass, PARTITION OF does not.
_MONTHS = """
CREATE FUNCTION disclosures_ensure_months() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '3s' SET timezone = 'UTC' AS $$
DECLARE
    first date;
    partition text;
    made integer := 0;
BEGIN
    FOR first IN SELECT generate_series(date_trunc('month', transaction_timestamp()),
                                        transaction_timestamp() + interval '24 months', interval '1 month')::date
    LOOP
        partition := 'disclosures_releaseline_' || to_char(first, '"y"YYYY"m"MM');
        CONTINUE WHEN to_regclass('public.' || partition) IS NOT NULL;
        EXECUTE format('CREATE TABLE public.%I (LIKE public.disclosures_releaseline INCLUDING ALL)', partition);
        EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', partition);
        EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', partition);
        EXECUTE format('REVOKE ALL ON public.%I FROM {others}', partition);
        EXECUTE format('CREATE TRIGGER lawful_lines AFTER INSERT ON public.%I REFERENCING NEW TABLE AS added'
                       ' FOR EACH STATEMENT EXECUTE FUNCTION disclosures_check_lines()', partition);
        EXECUTE format('CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON public.%I'
                       ' FOR EACH STATEMENT EXECUTE FUNCTION rg_refuse_change('''')', partition);
        EXECUTE format('ALTER TABLE public.disclosures_releaseline ATTACH PARTITION public.%I'
                       ' FOR VALUES FROM (%L) TO (%L)', partition, first, first + interval '1 month');
        EXECUTE format('ALTER TABLE public.%I ENABLE ALWAYS TRIGGER lawful_lines', partition);
        EXECUTE format('ALTER TABLE public.%I ENABLE ALWAYS TRIGGER append_only_truncate', partition);
        EXECUTE format('ALTER TABLE public.%I ENABLE ALWAYS TRIGGER append_only_row', partition);
        made := made + 1;
    END LOOP;
    RETURN made;
END $$;
REVOKE ALL ON FUNCTION disclosures_ensure_months() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION disclosures_ensure_months() TO {worker};
"""
MONTHS = _MONTHS.replace("{others}", roles("web", "worker", "purge")).replace("{worker}", roles("worker"))

RIGHTS = f"""
REVOKE ALL ON FUNCTION disclosures_check_release(), disclosures_check_line_count(), disclosures_check_lines()
    FROM PUBLIC;
REVOKE INSERT, UPDATE, DELETE ON disclosures_legalbasis FROM {roles("web", "worker", "purge")};
GRANT UPDATE (name_en, name_es, citation) ON disclosures_legalbasis TO {roles("web")};
"""

OWN_REQUEST = "recipient_id IS NULL AND requested_by_id = (SELECT rg_user())"
OWN_LINE = """
    EXISTS (SELECT FROM disclosures_releaseline line
            WHERE line.release_id = disclosures_release.id
              AND line.customer_id = ANY ((SELECT rg_customers())::bigint[]))
"""
TO_RECIPIENT = "recipient_id = (SELECT rg_recipient())"
THROUGH_RELEASE = "EXISTS (SELECT FROM disclosures_release release WHERE release.id = release_id)"
THROUGH_PACKAGE = "EXISTS (SELECT FROM disclosures_package package WHERE package.id = package_id)"


class Migration(migrations.Migration):
    dependencies = [
        ("disclosures", "0003_legal_bases"),
        ("accounts", "0002_rules"),
        ("consent", "0002_rules"),
        ("ledger", "0002_rules"),
        ("protection", "0002_scope_and_append_only"),
    ]
    operations = [
        migrations.RunSQL(DEMANDS, UNDEMAND),
        migrations.RunSQL(
            LAWFUL_RELEASE,
            "DROP TRIGGER whole_release ON disclosures_release; DROP TRIGGER lawful_release ON disclosures_release;"
            "DROP FUNCTION disclosures_check_line_count(); DROP FUNCTION disclosures_check_release();",
        ),
        migrations.RunSQL(
            LAWFUL_LINES,
            "DROP TRIGGER lawful_lines ON disclosures_releaseline; DROP FUNCTION disclosures_check_lines() CASCADE;",
        ),
        AppendOnly("disclosures_release"),
        AppendOnly("disclosures_releaseline"),
        AppendOnly("disclosures_releasedenial"),
        AppendOnly("disclosures_packagefile"),
        AppendOnly("disclosures_delivery"),
        AppendOnly("disclosures_historyexportfile"),
        RowSecurity("disclosures_releaseline", customer="customer_id"),
        RowSecurity(
            "disclosures_release",
            using=f"({OWN_REQUEST}) OR ({TO_RECIPIENT}) OR ({OWN_LINE})",
            check=f"basis_kind = 'own_request' AND {OWN_REQUEST}",
        ),
        RowSecurity("disclosures_releasedenial", using="false"),
        RowSecurity("disclosures_package", using=THROUGH_RELEASE),
        RowSecurity("disclosures_packagefile", using=THROUGH_PACKAGE, check="false"),
        RowSecurity("disclosures_delivery", using=THROUGH_PACKAGE),
        RowSecurity("disclosures_historyexport", using="false"),
        RowSecurity("disclosures_historyexportfile", using="false"),
        migrations.RunSQL(MONTHS, "DROP FUNCTION disclosures_ensure_months();"),
        migrations.RunSQL("SELECT disclosures_ensure_months();", migrations.RunSQL.noop),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
