"""Who may act for whom: a guardian of a minor, an agent by a signed permission, each proved by a row.

`accounts_memberships` says it in SQL: row security's reach and the permissions of consents ask it.
"""

from django.conf import settings
from django.db import migrations

from protection.operations import RowSecurity, roles

AGES = """
CREATE FUNCTION accounts_of_age_on(birth date) RETURNS date LANGUAGE sql IMMUTABLE AS
$$ SELECT (birth + interval '18 years')::date
        + CASE WHEN extract(month FROM birth) = 2 AND extract(day FROM birth) = 29 THEN 1 ELSE 0 END $$;
"""

# Neither SECURITY DEFINER nor SET: only so is it inlined into what asks for one user or one customer.
MEMBERSHIPS = """
CREATE FUNCTION accounts_memberships(on_day date) RETURNS TABLE (
    member_id bigint, user_id bigint, account_id bigint, customer_id bigint, part text, acts text[],
    all_accounts boolean, guardianship_id bigint, authorization_id bigint
) LANGUAGE sql STABLE AS $$
    SELECT member.id, member.user_id, member.account_id, account.customer_id, member.part::text,
        CASE
            WHEN member.part = 'guardian' THEN '{see,correct,withdraw,consent}'::text[]
            WHEN member.part = 'agent' AND coalesce(accounts_of_age_on(customer.birth_date) > on_day, false)
                THEN array_remove(permission.acts::text[], 'consent')
            WHEN member.part = 'agent' THEN permission.acts::text[]
            WHEN member.part = 'holder' AND coalesce(accounts_of_age_on(customer.birth_date) <= on_day, true)
                THEN '{see,correct,withdraw,consent}'::text[]
            ELSE '{see,correct,withdraw}'::text[] END,
        coalesce(permission.all_accounts, true), member.guardianship_id, member.authorization_id
    FROM accounts_member member
    JOIN accounts_account account ON account.id = member.account_id
    JOIN accounts_customer customer ON customer.id = account.customer_id
    LEFT JOIN accounts_guardianship guardianship ON guardianship.id = member.guardianship_id
    LEFT JOIN accounts_agentauthorization permission ON permission.id = member.authorization_id
    WHERE member.valid_from <= on_day AND coalesce(member.valid_to, 'infinity') > on_day
      AND (member.part IN ('holder', 'adult_member')
           OR (member.part = 'guardian' AND guardianship.ended_at IS NULL AND guardianship.valid_from <= on_day
               AND accounts_of_age_on(customer.birth_date) > on_day)
           OR (member.part = 'agent' AND permission.revoked_at IS NULL
               AND permission.valid_from <= on_day AND permission.valid_to > on_day))
$$;
"""
UNMEMBERSHIPS = "DROP FUNCTION accounts_memberships(date); DROP FUNCTION accounts_of_age_on(date);"

_REACH = """
CREATE OR REPLACE FUNCTION accounts_reach(member bigint, zone text)
    RETURNS TABLE (customers bigint[], accounts bigint[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
{body}
$$;
"""
BY_MEMBERSHIPS = """    SELECT coalesce(array_agg(DISTINCT held.customer_id), '{}'),
           coalesce(array_agg(DISTINCT held.account_id), '{}')
    FROM accounts_memberships((transaction_timestamp() AT TIME ZONE zone)::date) held
    WHERE held.user_id = member"""
BY_PERIOD = """    SELECT coalesce(array_agg(DISTINCT account.customer_id), '{}'),
           coalesce(array_agg(DISTINCT account.id), '{}')
    FROM accounts_member AS membership JOIN accounts_account AS account ON account.id = membership.account_id,
         (SELECT (transaction_timestamp() AT TIME ZONE zone)::date AS today) AS clock
    WHERE membership.user_id = member AND membership.valid_from <= today
        AND (membership.valid_to IS NULL OR membership.valid_to > today)"""

_PROOFS = """
ALTER TABLE accounts_member ADD CONSTRAINT member_guardianship_of_its_user
    FOREIGN KEY (guardianship_id, user_id) REFERENCES accounts_guardianship (id, guardian_id) NOT VALID;
ALTER TABLE accounts_member ADD CONSTRAINT member_authorization_of_its_user
    FOREIGN KEY (authorization_id, user_id) REFERENCES accounts_agentauthorization (id, agent_id) NOT VALID;

CREATE FUNCTION accounts_check_proof() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.guardianship_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM accounts_guardianship proof JOIN accounts_account account ON account.customer_id = proof.customer_id
        WHERE proof.id = NEW.guardianship_id AND account.id = NEW.account_id
    ) OR NEW.authorization_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM accounts_agentauthorization proof
        JOIN accounts_account account ON account.customer_id = proof.customer_id
        WHERE proof.id = NEW.authorization_id AND account.id = NEW.account_id
    ) THEN
        RAISE EXCEPTION 'the proof of a membership is of another customer' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER check_proof BEFORE INSERT OR UPDATE ON accounts_member
    FOR EACH ROW EXECUTE FUNCTION accounts_check_proof();
ALTER TABLE accounts_member ENABLE ALWAYS TRIGGER check_proof;

CREATE FUNCTION accounts_check_guardianship() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.ended_at IS NOT NULL THEN
            RAISE EXCEPTION 'the end of a guardianship is written once' USING ERRCODE = 'insufficient_privilege';
        END IF;
        IF NEW.end_cause = 'came_of_age' AND EXISTS (
            SELECT FROM accounts_customer customer WHERE customer.id = NEW.customer_id
            AND accounts_of_age_on(customer.birth_date) > (transaction_timestamp() AT TIME ZONE '{zone}')::date
        ) THEN
            RAISE EXCEPTION 'the customer is not of age yet' USING ERRCODE = 'check_violation';
        END IF;
        NEW.ended_at := transaction_timestamp();
        RETURN NEW;
    END IF;
    NEW.created_at := transaction_timestamp();
    IF NOT EXISTS (SELECT FROM accounts_customer customer
                   WHERE customer.id = NEW.customer_id
                     AND accounts_of_age_on(customer.birth_date) > NEW.valid_from) THEN
        RAISE EXCEPTION 'only a minor has a guardian' USING ERRCODE = 'check_violation',
            HINT = 'Enter the date of birth of the customer first.';
    END IF;
    IF greatest(NEW.verified_on, NEW.approved_on) > NEW.valid_from THEN
        RAISE EXCEPTION 'a guardian is verified before they act' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER check_guardianship BEFORE INSERT OR UPDATE ON accounts_guardianship
    FOR EACH ROW EXECUTE FUNCTION accounts_check_guardianship();
ALTER TABLE accounts_guardianship ENABLE ALWAYS TRIGGER check_guardianship;

CREATE FUNCTION accounts_check_authorization() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.revoked_at IS NOT NULL THEN
        RAISE EXCEPTION 'a permission is revoked once' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF TG_OP = 'INSERT' THEN
        NEW.created_at := transaction_timestamp();
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER check_authorization BEFORE INSERT OR UPDATE ON accounts_agentauthorization
    FOR EACH ROW EXECUTE FUNCTION accounts_check_authorization();
ALTER TABLE accounts_agentauthorization ENABLE ALWAYS TRIGGER check_authorization;
REVOKE ALL ON FUNCTION accounts_check_proof(), accounts_check_guardianship(), accounts_check_authorization()
    FROM PUBLIC;
"""
PROOFS = _PROOFS.replace("{zone}", settings.PROVIDER_TIME_ZONE.replace("'", "''"))
UNPROOFS = """
DROP TRIGGER check_authorization ON accounts_agentauthorization;
DROP TRIGGER check_guardianship ON accounts_guardianship;
DROP TRIGGER check_proof ON accounts_member;
DROP FUNCTION accounts_check_authorization();
DROP FUNCTION accounts_check_guardianship();
DROP FUNCTION accounts_check_proof();
ALTER TABLE accounts_member DROP CONSTRAINT member_authorization_of_its_user;
ALTER TABLE accounts_member DROP CONSTRAINT member_guardianship_of_its_user;
"""

RIGHTS = f"""
REVOKE UPDATE, DELETE, TRUNCATE ON accounts_guardianship, accounts_agentauthorization
    FROM {roles("web", "worker", "purge")};
GRANT UPDATE (ended_at, ended_by_id, end_cause, end_reason) ON accounts_guardianship TO {roles("web", "worker")};
GRANT UPDATE (revoked_at, revoked_by_id, revoke_reason) ON accounts_agentauthorization TO {roles("web")};
GRANT DELETE ON accounts_guardianship, accounts_agentauthorization TO {roles("purge")};
"""
UNRIGHTS = f"GRANT UPDATE, DELETE ON accounts_guardianship, accounts_agentauthorization TO {roles('web', 'worker')};"

OWN = "customer_id = ANY ((SELECT rg_customers())::bigint[])"


class Migration(migrations.Migration):
    dependencies = [("accounts", "0017_guardians_and_agents"), ("protection", "0002_scope_and_append_only")]
    operations = [
        migrations.RunSQL(AGES + MEMBERSHIPS, UNMEMBERSHIPS),
        migrations.RunSQL(_REACH.replace("{body}", BY_MEMBERSHIPS), _REACH.replace("{body}", BY_PERIOD)),
        migrations.RunSQL(PROOFS, UNPROOFS),
        migrations.RunSQL(RIGHTS, UNRIGHTS),
        RowSecurity(
            "accounts_guardianship", customer="customer_id", using="guardian_id = (SELECT rg_user())", check="false"
        ),
        RowSecurity(
            "accounts_agentauthorization", customer="customer_id", using="agent_id = (SELECT rg_user())", check="false"
        ),
    ]
