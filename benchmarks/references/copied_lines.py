"""The disclosures of a range as a plain COPY, hashed and deflated: what an export cannot do without."""

import zlib
from hashlib import sha256

from django.db import connection

_STATEMENT = """
COPY (
    SELECT 'released', line.entry_id, line.created_at, made.uuid, customer.uuid,
           (SELECT string_agg(account.number, '; ') FROM accounts_account account
            WHERE account.id = ANY (line.account_ids)),
           recipient.legal_name, recipient.uuid, purpose.code, basis.code, basis.citation,
           array_to_string(line.field_ids, '; '), line.data_from, line.data_to, made.format, made.reason,
           made.actor_name, agreed.uuid
    FROM disclosures_releaseline line
    JOIN disclosures_release made ON made.id = line.release_id
    JOIN accounts_customer customer ON customer.id = line.customer_id
    LEFT JOIN accounts_recipient recipient ON recipient.id = made.recipient_id
    LEFT JOIN consent_purpose purpose ON purpose.id = made.purpose_id
    JOIN disclosures_legalbasis basis ON basis.id = made.basis_id
    LEFT JOIN consent_consentversion agreed ON agreed.id = line.consent_version_id
    ORDER BY line.entry_id
) TO STDOUT WITH (FORMAT csv, HEADER)
"""


def copy_hash_deflate() -> int:
    """Copy the columns of the export's table out, through SHA-256 and deflate; return how many bytes come out."""
    digest, deflate, size, waiting = sha256(), zlib.compressobj(), 0, bytearray()
    with connection.cursor() as cursor, cursor.copy(_STATEMENT) as copy:
        for row in copy:
            waiting += row
            if len(waiting) >= 1 << 16:
                digest.update(waiting)
                size += len(deflate.compress(waiting))
                waiting.clear()
    digest.update(waiting)
    return size + len(deflate.compress(waiting)) + len(deflate.flush())
