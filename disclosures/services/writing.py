"""How a release is written: its ledger entry, itself, its package and every line with an entry, in one statement."""

import json
from collections.abc import Mapping
from typing import Any

from django.db import connection
from django.db.models import Model
from django.db.models.expressions import DatabaseDefault

from disclosures.models import Package, Release
from disclosures.shares import SETTLED, Share
from ledger.services import commitment_of

# A version 4 UUID has 122 random bits, a salt 244. An entry's id is drawn first, since its line needs it.
_WRITE = """
WITH made AS (
    INSERT INTO ledger_entry (kind, subject_tag, commitment)
    VALUES ('release.made', %(tag)s, %(release_hash)s) RETURNING id
), release AS (
    INSERT INTO disclosures_release ({release_columns}) VALUES ({release_values}) RETURNING id, entry_id
), package AS (
    INSERT INTO disclosures_package ({package_columns}) VALUES ({package_values}) RETURNING id
), share AS MATERIALIZED (
    SELECT given.customer_id, given.consent_version_id, given.account_ids, given.usage_point_ids, given.field_ids,
           given.data_from, given.data_to, coalesce(hidden.tag, customer.tag) AS tag,
           hidden.id AS concealment_id, nextval('ledger_entry_id_seq') AS entry_id,
           uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) AS salt
    FROM {shares} JOIN accounts_customer customer ON customer.id = given.customer_id
    LEFT JOIN accounts_concealment hidden ON hidden.origin = %(origin)s AND hidden.customer_id = customer.id
        AND hidden.ended_at IS NULL
), entry AS (
    INSERT INTO ledger_entry (id, kind, subject_tag, commitment)
    SELECT entry_id, 'release.line', tag, sha256(salt || %(release_hash)s || tag) FROM share
), line AS (
    INSERT INTO disclosures_releaseline (entry_id, release_id, customer_id, consent_version_id, account_ids,
                                         usage_point_ids, field_ids, data_from, data_to, salt, concealment_id)
    SELECT share.entry_id, release.id, customer_id, consent_version_id, account_ids,
           usage_point_ids, field_ids, data_from, data_to, salt, concealment_id
    FROM share CROSS JOIN release
){exclusions}
SELECT release.id, release.entry_id, package.id FROM release CROSS JOIN package
"""
_GIVEN = """
jsonb_to_recordset(%(shares)s::jsonb) AS given (
    customer_id bigint, consent_version_id bigint, account_ids bigint[], usage_point_ids bigint[],
    field_ids varchar(80)[], data_from date, data_to date)
"""
_SETTLED = f"(SELECT * FROM pg_temp.{SETTLED} WHERE code IS NULL) given"  # noqa: S608
_EXCLUSIONS = f""", exclusion AS (
    INSERT INTO disclosures_releaseexclusion (release_id, customer_id, code)
    SELECT release.id, customer_id, code FROM pg_temp.{SETTLED} CROSS JOIN release WHERE code IS NOT NULL
)"""  # noqa: S608


def write_release(release: Release, package: Package, shares: tuple[Share, ...], *, tag: bytes) -> Release:
    """Write a release whose evidence is complete, with its lines; return it.

    The lines are those of `shares`; where the release has a cohort they are what `shares.settle` kept, and so are those
    whom it leaves out.
    """
    release_columns, release_values, values = _row("r", release, entry_id="(SELECT id FROM made)")
    package_columns, package_values, more = _row("p", package, release_id="(SELECT id FROM release)")
    is_of_cohort = release.cohort is not None
    sql = _WRITE.format(
        release_columns=release_columns,
        release_values=release_values,
        package_columns=package_columns,
        package_values=package_values,
        shares=_SETTLED if is_of_cohort else _GIVEN,
        exclusions=_EXCLUSIONS if is_of_cohort else "",
    )
    release_hash = commitment_of(bytes(release.salt), bytes(release.evidence))
    with connection.cursor() as cursor:
        given: dict[str, Any] = {
            "tag": tag,
            "release_hash": release_hash,
            "origin": release.demand.origin if release.demand else None,
            "shares": json.dumps([_line(share) for share in shares]),
        }
        cursor.execute(sql, {**values, **more, **given})
        release.pk, release.entry_id, package.pk = cursor.fetchone()
    return release


def _row(prefix: str, row: Model, **later: str) -> tuple[str, str, Mapping[str, Any]]:
    """Return columns, places and values of a row to insert; `later` are columns that the statement itself fills."""
    places: dict[str, str] = {}
    values: dict[str, Any] = {}
    for field in row._meta.concrete_fields:
        value = getattr(row, field.attname)
        assert field.column is not None
        if field.column in later:
            places[field.column] = later[field.column]
        elif not field.primary_key and not isinstance(value, DatabaseDefault):
            places[field.column] = f"%({prefix}_{field.column})s"
            values[f"{prefix}_{field.column}"] = field.get_db_prep_save(value, connection)
    return ", ".join(places), ", ".join(places.values()), values


def _line(share: Share) -> dict[str, Any]:
    return {
        "customer_id": share.customer.pk,
        "consent_version_id": share.consent_version_id,
        "account_ids": share.account_ids,
        "usage_point_ids": share.usage_point_ids,
        "field_ids": share.field_ids,
        "data_from": share.data_from.isoformat(),
        "data_to": share.data_to.isoformat(),
    }
