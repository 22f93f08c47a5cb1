"""Requests from outside: an organization sees its own and their state, never whom they matched."""

from django.db import migrations

from protection.operations import AppendOnly, GrantPurgeDelete, RowSecurity, role, roles

STATE = f"""
CREATE FUNCTION consent_request_state(of_request bigint) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE
        WHEN EXISTS (SELECT FROM consent_requestmatch match
                     JOIN consent_servednotice served ON served.offer_id = match.offer_id
                     JOIN consent_consentversion version ON version.served_notice_id = served.id
                     WHERE match.request_id = request.id AND version.kind = 'grant') THEN 'approved'
        WHEN EXISTS (SELECT FROM consent_requestmatch match
                     JOIN consent_offerdecline decline ON decline.offer_id = match.offer_id
                     WHERE match.request_id = request.id) THEN 'declined'
        WHEN request.withdrawn_at IS NOT NULL THEN 'withdrawn'
        WHEN request.expires_at <= transaction_timestamp() THEN 'expired'
        ELSE 'received' END
    FROM consent_projectrequest request WHERE request.id = of_request
$$;
REVOKE ALL ON FUNCTION consent_request_state(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION consent_request_state(bigint) TO {roles("web", "worker")};
"""  # noqa: S608 (names of roles)

RULES = f"""
CREATE FUNCTION consent_check_request() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.withdrawn_at IS NOT NULL THEN
        RAISE EXCEPTION 'a request is taken back once' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF TG_OP = 'INSERT' THEN
        NEW.created_at := transaction_timestamp();
    END IF;
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION consent_check_request() FROM PUBLIC;
CREATE TRIGGER check_request BEFORE INSERT OR UPDATE ON consent_projectrequest
    FOR EACH ROW EXECUTE FUNCTION consent_check_request();
ALTER TABLE consent_projectrequest ENABLE ALWAYS TRIGGER check_request;

CREATE FUNCTION consent_check_match() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.offer_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM consent_offer offer JOIN consent_projectrequest request ON request.id = NEW.request_id
        WHERE offer.id = NEW.offer_id AND offer.customer_id = NEW.customer_id
          AND offer.recipient_id = request.recipient_id AND offer.purpose_id = request.purpose_id
    ) THEN
        RAISE EXCEPTION 'a request is put before the customer whom it matches' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION consent_check_match() FROM PUBLIC;
CREATE TRIGGER check_match BEFORE INSERT ON consent_requestmatch
    FOR EACH ROW EXECUTE FUNCTION consent_check_match();
ALTER TABLE consent_requestmatch ENABLE ALWAYS TRIGGER check_match;

REVOKE UPDATE, DELETE, TRUNCATE ON consent_projectrequest FROM {roles("web", "worker", "purge")};
GRANT UPDATE (withdrawn_at, withdrawn_by_id) ON consent_projectrequest TO {role("web")};
GRANT UPDATE (closed_at, closed_by_id) ON consent_offer TO {role("worker")};
"""  # noqa: S608 (names of roles)
UNRULES = f"""
REVOKE UPDATE (closed_at, closed_by_id) ON consent_offer FROM {role("worker")};
GRANT UPDATE, DELETE ON consent_projectrequest TO {roles("web", "worker")};
DROP TRIGGER check_match ON consent_requestmatch;
DROP FUNCTION consent_check_match();
DROP TRIGGER check_request ON consent_projectrequest;
DROP FUNCTION consent_check_request();
"""

OWN = "customer_id = ANY ((SELECT rg_customers())::bigint[])"
NAMED_RECIPIENT = "recipient_id = (SELECT rg_recipient())"
PUT_BEFORE = f"id IN (SELECT match.request_id FROM consent_requestmatch match WHERE match.{OWN})"  # noqa: S608


class HideOffersFromRecipients(RowSecurity):
    """Exchange the policy on offers: that there is one tells an organization that its request matched."""

    def __init__(self, table: str) -> None:
        super().__init__(table, using=f"customer_id IS NULL OR {OWN}", check="false")

    def deconstruct(self) -> tuple[str, tuple[str], dict[str, str]]:
        return type(self).__name__, (self.table,), {}

    def forwards(self) -> list[str]:
        return [*self._former().backwards()[:2], *super().forwards()[2:]]

    def backwards(self) -> list[str]:
        return [*super().backwards()[:2], *self._former().forwards()[2:]]

    def _former(self) -> RowSecurity:
        return RowSecurity(self.table, using=f"customer_id IS NULL OR {OWN} OR {NAMED_RECIPIENT}", check="false")


class Migration(migrations.Migration):
    dependencies = [("consent", "0018_project_requests")]
    operations = [
        migrations.RunSQL(STATE, "DROP FUNCTION consent_request_state(bigint);"),
        migrations.RunSQL(RULES, UNRULES),
        AppendOnly("consent_requestmatch", purge_may_delete=True),
        AppendOnly("consent_requestupload", purge_may_delete=True),
        GrantPurgeDelete("consent_projectrequest"),
        RowSecurity("consent_requestmatch", customer="customer_id", check="false"),
        RowSecurity("consent_requestupload", using=NAMED_RECIPIENT),
        RowSecurity("consent_projectrequest", using=f"{NAMED_RECIPIENT} OR {PUT_BEFORE}", check=NAMED_RECIPIENT),
        HideOffersFromRecipients("consent_offer"),
    ]
