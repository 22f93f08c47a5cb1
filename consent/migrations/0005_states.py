"""The state of a consent, in one place: lists, the gate and the trigger that judges releases ask these functions."""

from django.conf import settings
from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations

from protection.operations import roles

# Neither SECURITY DEFINER nor SET: only so is it inlined, and worked out for a whole list at once.
_STATES = """
CREATE FUNCTION consent_states(on_day date) RETURNS TABLE (version_id bigint, state text) LANGUAGE sql STABLE AS $$
    SELECT version.id, CASE
        WHEN version.kind = 'withdraw' THEN 'withdrawn'
        WHEN version.kind = 'expire' THEN coalesce(nullif(version.cause, ''), 'expired')
        WHEN coalesce(version.permission_to, 'infinity') <= on_day THEN 'expired'
        WHEN (customer.closed_at AT TIME ZONE '{zone}')::date <= on_day
            OR (EXISTS (SELECT FROM accounts_account closed
                        WHERE closed.customer_id = version.customer_id AND closed.closed_on <= on_day)
                AND NOT EXISTS (SELECT FROM accounts_account account
                                WHERE account.customer_id = version.customer_id
                                  AND coalesce(account.closed_on, 'infinity') > on_day
                                  AND (version.usage_point_ids = '{}' OR EXISTS (
                                       SELECT FROM energy_usagepoint point
                                       WHERE point.account_id = account.id
                                         AND point.id = ANY (version.usage_point_ids)))))
            THEN 'account_closed'
        WHEN EXISTS (SELECT FROM consent_noticetext served
                     JOIN consent_notice former ON former.id = served.notice_id
                     JOIN consent_notice newer ON newer.kind = former.kind AND newer.number > former.number
                     WHERE served.id = version.notice_text_id AND newer.asks_anew
                       AND newer.approved_at IS NOT NULL AND newer.effective_from <= on_day)
            THEN 'notice_outdated'
        WHEN recipient.stopped_at IS NOT NULL THEN 'recipient_stopped'
        WHEN recipient.kind = 'contractor'
            AND EXISTS (SELECT FROM accounts_recipientagreement ended
                        WHERE ended.recipient_id = recipient.id AND ended.valid_to <= on_day)
            AND NOT EXISTS (SELECT FROM accounts_recipientagreement agreement
                            WHERE agreement.recipient_id = recipient.id AND agreement.valid_from <= on_day
                              AND coalesce(agreement.valid_to, 'infinity') > on_day)
            THEN 'agreement_ended'
        WHEN version.permission_from > on_day THEN 'not_yet'
        ELSE 'active' END::text
    FROM consent_consentversion version
    JOIN accounts_customer customer ON customer.id = version.customer_id
    JOIN accounts_recipient recipient ON recipient.id = version.recipient_id
$$;

CREATE FUNCTION consent_state(of_version bigint, on_day date) RETURNS text LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN (SELECT found.state FROM consent_states(on_day) found WHERE found.version_id = of_version);
END $$;
REVOKE ALL ON FUNCTION consent_states(date), consent_state(bigint, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION consent_states(date), consent_state(bigint, date)
    TO {everyone};
"""
STATES = _STATES.replace("{zone}", settings.PROVIDER_TIME_ZONE.replace("'", "''")).replace(
    "{everyone}", roles("web", "worker", "purge", "owner")
)

_COVERING = """
CREATE FUNCTION consent_covering(
    for_recipient bigint, for_purpose bigint, of_customer bigint, wanted_fields text[], wanted_points bigint[],
    wanted_from date, wanted_to date
) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
    today date := consent_today();
BEGIN
    RETURN (
        SELECT version.id
        FROM consent_consent head JOIN consent_consentversion version ON version.id = head.scope_version_id
        WHERE head.recipient_id = for_recipient AND head.purpose_id = for_purpose AND head.customer_id = of_customer
          AND head.is_granted
          AND wanted_fields <@ version.field_ids::text[]
          AND version.data_from <= wanted_from AND coalesce(version.data_to, 'infinity') >= wanted_to
          AND (version.usage_point_ids = '{}'
               OR (wanted_points <> '{}' AND wanted_points <@ version.usage_point_ids))
          AND consent_state(version.id, today) = 'active'
        ORDER BY version.id DESC LIMIT 1
    );
END $$;
REVOKE ALL ON FUNCTION consent_covering(bigint, bigint, bigint, text[], bigint[], date, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION consent_covering(bigint, bigint, bigint, text[], bigint[], date, date)
    TO {web_and_worker};
"""
COVERING = _COVERING.replace("{web_and_worker}", roles("web", "worker"))

_CHECK = """
CREATE OR REPLACE FUNCTION consent_check_version() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    head consent_consent;
    former consent_consentversion;
BEGIN
    SELECT * INTO head FROM consent_consent WHERE id = NEW.consent_id FOR NO KEY UPDATE;
    SELECT * INTO former FROM consent_consentversion WHERE id = head.scope_version_id;
    NEW.created_at := transaction_timestamp();
    NEW.number := head.version_count + 1;
    IF NEW.kind <> 'grant' AND head.is_granted IS NOT TRUE THEN
        RAISE EXCEPTION 'there is no consent to change' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.permission_from < consent_today() THEN
        RAISE EXCEPTION 'a consent permits nothing before the day it is recorded' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.kind = 'grant' THEN
        PERFORM consent_check_grant(NEW);
    ELSIF NEW.kind = 'narrow' THEN
        PERFORM consent_check_narrowing(NEW, former);
    ELSIF NEW.kind = 'expire' AND {still_runs} THEN
        RAISE EXCEPTION 'this consent still runs' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""
BY_STATE = "consent_state(former.id, consent_today()) IS DISTINCT FROM coalesce(nullif(NEW.cause, ''), 'expired')"
BY_PERIOD = "coalesce(former.permission_to, 'infinity') > consent_today()"


class Migration(migrations.Migration):
    dependencies = [("consent", "0004_causes"), ("energy", "0001_initial"), ("accounts", "0009_act_rules")]
    operations = [
        ValidateConstraint("consentversion", "consentversion_cause_of_expiry"),
        migrations.RunSQL(
            STATES + COVERING,
            "DROP FUNCTION consent_covering(bigint, bigint, bigint, text[], bigint[], date, date);"
            "DROP FUNCTION consent_state(bigint, date); DROP FUNCTION consent_states(date);",
        ),
        migrations.RunSQL(_CHECK.replace("{still_runs}", BY_STATE), _CHECK.replace("{still_runs}", BY_PERIOD)),
    ]
