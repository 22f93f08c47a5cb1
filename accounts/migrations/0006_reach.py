"""What a customer's user reaches: asked before any row is in sight, so answered by a function of the owner.

Row security hides an account until the scope names it, and the scope follows from the user's memberships. The function
answers that one question, in one statement, and nothing else.
"""

from django.db import migrations

from protection.operations import roles

REACH = """
CREATE FUNCTION accounts_reach(member bigint, zone text) RETURNS TABLE (customers bigint[], accounts bigint[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT coalesce(array_agg(DISTINCT account.customer_id), '{}'), coalesce(array_agg(DISTINCT account.id), '{}')
    FROM accounts_member AS membership JOIN accounts_account AS account ON account.id = membership.account_id,
         (SELECT (transaction_timestamp() AT TIME ZONE zone)::date AS today) AS clock
    WHERE membership.user_id = member AND membership.valid_from <= today
        AND (membership.valid_to IS NULL OR membership.valid_to > today)
$$;
REVOKE ALL ON FUNCTION accounts_reach(bigint, text) FROM PUBLIC;
"""
GRANT = f"GRANT EXECUTE ON FUNCTION accounts_reach(bigint, text) TO {roles('web', 'worker')}"


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_reveal_rules")]
    operations = [migrations.RunSQL([REACH, GRANT], "DROP FUNCTION accounts_reach(bigint, text)")]
