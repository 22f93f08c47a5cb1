"""What a guardian or an agent agrees to rests on their proof, and a minor's consent on a verified guardian."""

from django.conf import settings
from django.db import migrations

_STATES = """
CREATE OR REPLACE FUNCTION consent_states(on_day date) RETURNS TABLE (version_id bigint, state text)
    LANGUAGE sql STABLE AS $$
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
{minors}        WHEN recipient.stopped_at IS NOT NULL THEN 'recipient_stopped'
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
"""
MINORS = """        WHEN version.guardianship_id IS NOT NULL AND accounts_of_age_on(customer.birth_date) <= on_day
            THEN 'came_of_age'
        WHEN accounts_of_age_on(customer.birth_date) > on_day
            AND (version.guardianship_id IS NULL
                 OR NOT EXISTS (SELECT FROM accounts_guardianship guardianship
                                WHERE guardianship.customer_id = version.customer_id
                                  AND guardianship.ended_at IS NULL AND guardianship.valid_from <= on_day))
            THEN 'guardian_missing'
"""
_ZONED = _STATES.replace("{zone}", settings.PROVIDER_TIME_ZONE.replace("'", "''"))

_CHECK_GRANT = """
CREATE OR REPLACE FUNCTION consent_check_grant(version consent_consentversion) RETURNS void LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT version.field_ids <@ (SELECT field_ids FROM consent_purpose WHERE id = version.purpose_id) THEN
        RAISE EXCEPTION 'a consent covers fields that its purpose does not need' USING ERRCODE = 'check_violation';
    END IF;
    IF version.signed_on > public.consent_today() THEN
        RAISE EXCEPTION 'a consent cannot be signed on a day to come' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT EXISTS (
        SELECT FROM consent_noticetext text JOIN consent_notice notice ON notice.id = text.notice_id
        WHERE text.id = version.notice_text_id AND notice.kind = 'consent_form'
          AND notice.approved_at IS NOT NULL AND notice.effective_from <= public.consent_today()
    ) THEN
        RAISE EXCEPTION 'the consent form is not approved or not yet in effect' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT EXISTS (
        SELECT FROM consent_servednotice served
        WHERE served.id = version.served_notice_id AND served.customer_id = version.customer_id
          AND served.notice_text_id = version.notice_text_id AND served.channel = version.method
    ) THEN
        RAISE EXCEPTION 'a consent needs the notice that was served' USING ERRCODE = 'check_violation';
    END IF;
    IF version.method = 'portal' AND version.signature IS NULL THEN
        RAISE EXCEPTION 'a consent in the portal needs its signature' USING ERRCODE = 'check_violation';
    END IF;
{proofs}END $$;
"""
PROOFS = """    IF (SELECT coalesce(public.accounts_of_age_on(customer.birth_date) > public.consent_today(), false)
        FROM accounts_customer customer WHERE customer.id = version.customer_id)
       <> (version.guardianship_id IS NOT NULL) THEN
        RAISE EXCEPTION 'for a minor the guardian agrees, and for nobody else' USING ERRCODE = 'check_violation';
    END IF;
    IF version.guardianship_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM accounts_guardianship proof
        WHERE proof.id = version.guardianship_id AND proof.customer_id = version.customer_id
          AND proof.ended_at IS NULL AND proof.valid_from <= public.consent_today()
    ) THEN
        RAISE EXCEPTION 'this guardianship is not in force' USING ERRCODE = 'check_violation';
    END IF;
    IF version.authorization_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM accounts_agentauthorization proof
        WHERE proof.id = version.authorization_id AND proof.customer_id = version.customer_id
          AND proof.revoked_at IS NULL AND 'consent' = ANY (proof.acts)
          AND proof.valid_from <= public.consent_today() AND proof.valid_to > public.consent_today()
    ) THEN
        RAISE EXCEPTION 'this agent may not agree' USING ERRCODE = 'check_violation';
    END IF;
"""


class Migration(migrations.Migration):
    dependencies = [("consent", "0012_index_proofs_of_acts")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE consent_consentversion VALIDATE CONSTRAINT consentversion_guardianship_of_its_customer;"
            "ALTER TABLE consent_consentversion VALIDATE CONSTRAINT consentversion_authorization_of_its_customer;",
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(_ZONED.replace("{minors}", MINORS), _ZONED.replace("{minors}", "")),
        migrations.RunSQL(_CHECK_GRANT.replace("{proofs}", PROOFS), _CHECK_GRANT.replace("{proofs}", "")),
    ]
