"""An answer is told of one request: else the same customer named in other words would confirm every guess at once."""

from django.db import migrations

_STATE = """
CREATE OR REPLACE FUNCTION consent_request_state(of_request bigint) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE
        WHEN EXISTS (SELECT FROM consent_requestmatch match
                     JOIN consent_servednotice served ON served.offer_id = match.offer_id
                     JOIN consent_consentversion version ON version.served_notice_id = served.id
                     WHERE match.request_id = request.id AND version.kind = 'grant'{asked}) THEN 'approved'
        WHEN EXISTS (SELECT FROM consent_requestmatch match
                     JOIN consent_offerdecline decline ON decline.offer_id = match.offer_id
                     WHERE match.request_id = request.id{asked}) THEN 'declined'
        WHEN request.withdrawn_at IS NOT NULL THEN 'withdrawn'
        WHEN request.expires_at <= transaction_timestamp() THEN 'expired'
        ELSE 'received' END
    FROM consent_projectrequest request WHERE request.id = of_request
$$;
"""
_FIRST = """
                       AND NOT EXISTS (SELECT FROM consent_requestmatch earlier
                                       JOIN consent_projectrequest other ON other.id = earlier.request_id
                                       WHERE earlier.offer_id = match.offer_id AND earlier.id < match.id
                                         AND other.withdrawn_at IS NULL)"""


class Migration(migrations.Migration):
    dependencies = [("consent", "0027_index_ends")]
    operations = [migrations.RunSQL(_STATE.replace("{asked}", _FIRST), _STATE.replace("{asked}", ""))]
