"""What may go out of each customer, or what that customer lacks: decided in SQL, for one as for half a million."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from accounts.models import Customer
from disclosures.cohorts import Sql

SETTLED = "disclosures_settled"
"""The temporary table that holds the answers for a cohort until the transaction ends."""

_UNGUARDED = """%(needs_guardian)s AND EXISTS (
             SELECT FROM accounts_customer minor
             WHERE minor.id = subject.customer_id AND accounts_of_age_on(minor.birth_date) > %(day)s::date
               AND NOT EXISTS (SELECT FROM accounts_guardianship guardianship
                               WHERE guardianship.customer_id = minor.id AND guardianship.ended_at IS NULL
                                 AND guardianship.valid_from <= %(day)s::date))"""

_WHOLE = """
SELECT subject.customer_id, subject.account_ids, NULL::bigint AS consent_version_id,
    %(fields)s::varchar(80)[] AS field_ids, %(points)s::bigint[] AS usage_point_ids,
    %(data_from)s::date AS data_from, %(data_to)s::date AS data_to,
    NULL::date AS consent_from, NULL::date AS consent_to,
    CASE WHEN subject.account_ids IS NULL THEN 'account_missing'
         WHEN {unguarded} THEN 'guardian_missing' END AS code
FROM ({subjects}) subject
"""

# A customer may have consents for several projects: the widest that lets something out counts.
_CONSENTED = """
SELECT subject.customer_id, subject.account_ids, best.id AS consent_version_id,
    best.field_ids, best.usage_point_ids, best.data_from, best.data_to, best.consent_from, best.consent_to,
    CASE WHEN subject.account_ids IS NULL THEN 'account_missing'
         WHEN {unguarded} THEN 'guardian_missing'
         WHEN best.id IS NOT NULL THEN best.code
         WHEN EXISTS (SELECT FROM consent_consent former WHERE former.customer_id = subject.customer_id
                      AND former.recipient_id = %(recipient)s AND former.purpose_id = %(purpose)s)
              THEN 'consent_ended'
         ELSE 'consent_missing' END AS code
FROM ({subjects}) subject LEFT JOIN LATERAL (
    SELECT reach.*, CASE WHEN reach.field_ids = '{}' THEN 'consent_fields'
                         WHEN reach.data_from >= reach.data_to THEN 'consent_period'
                         WHEN reach.usage_point_ids IS NULL THEN 'consent_usage_points' END AS code
    FROM (
        SELECT version.id, version.data_from AS consent_from, version.data_to AS consent_to,
            CASE WHEN %(fields)s::varchar(80)[] <@ version.field_ids THEN %(fields)s::varchar(80)[]
                 ELSE ARRAY(SELECT asked.id FROM unnest(%(fields)s::varchar(80)[]) WITH ORDINALITY asked (id, place)
                            WHERE asked.id = ANY (version.field_ids) ORDER BY asked.place) END AS field_ids,
            CASE WHEN %(points)s::bigint[] = '{}' THEN version.usage_point_ids
                 WHEN version.usage_point_ids = '{}' THEN %(points)s::bigint[]
                 ELSE (SELECT array_agg(asked.id ORDER BY asked.id) FROM unnest(%(points)s::bigint[]) asked (id)
                       WHERE asked.id = ANY (version.usage_point_ids)) END AS usage_point_ids,
            greatest(%(data_from)s::date, version.data_from) AS data_from,
            least(%(data_to)s::date, version.data_to) AS data_to
        FROM consent_consent head JOIN consent_consentversion version ON version.id = head.scope_version_id
        JOIN consent_states(%(day)s::date) now ON now.version_id = version.id
            AND now.state IN ('active', 'recipient_stopped', 'agreement_ended')
        WHERE head.customer_id = subject.customer_id AND head.recipient_id = %(recipient)s
          AND head.purpose_id = %(purpose)s AND head.is_granted
    ) reach
    ORDER BY code NULLS FIRST, cardinality(reach.field_ids) DESC, reach.data_to - reach.data_from DESC, reach.id
    LIMIT 1
) best ON true
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is asked for of every customer alike; `fields` are permitted already, in the order of the data map."""

    fields: tuple[str, ...]
    usage_point_ids: tuple[int, ...]
    data_from: date
    data_to: date
    day: date
    needs_consent: bool
    needs_guardian: bool
    recipient_id: int | None
    purpose_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What may go out of one customer: the line that a release would write."""

    customer: Customer
    account_ids: tuple[int, ...]
    usage_point_ids: tuple[int, ...]
    field_ids: tuple[str, ...]
    data_from: date
    data_to: date
    consent_version_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """What one customer lacks; the span of the data that the nearest consent covers, where there is one."""

    customer: Customer
    code: str
    consent_from: date | None
    consent_to: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The answers for a cohort, counted: how many get a line with which fields, and how many lack what."""

    line_count: int
    field_ids: frozenset[str]
    excluded: dict[str, int]


def shares_of(customers: tuple[Customer, ...], subjects: Sql, terms: Terms) -> list[Share | Lack]:
    """Return the answer for each of the named customers, in their order."""
    sql, values = _answers(subjects, terms)
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows = {row[0]: row for row in cursor.fetchall()}
    return [_answer(customer, rows[customer.pk]) for customer in dict.fromkeys(customers)]


def tally_of(subjects: Sql, terms: Terms) -> Tally:
    """Count the answers for a cohort; keep nothing."""
    sql, values = _answers(subjects, terms)
    return _tally(f"({sql}) answer", values)


def settle(subjects: Sql, terms: Terms) -> Tally:
    """Keep the answers for a cohort in the table SETTLED until the transaction ends, and count them.

    The consents concerned are locked first, so that a withdrawal either precedes and is seen, or waits.
    """
    sql, values = _answers(subjects, terms)
    with connection.cursor() as cursor:
        if terms.needs_consent:
            chosen = f"SELECT array_agg(subject.customer_id) FROM ({subjects[0]}) subject"  # noqa: S608
            cursor.execute(f"SELECT consent_lock(%(recipient)s, %(purpose)s, ({chosen}))", values)
        cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{SETTLED}")
        cursor.execute(f"CREATE TEMPORARY TABLE {SETTLED} ON COMMIT DROP AS {sql}", values)
        cursor.execute(f"ANALYZE pg_temp.{SETTLED}")
    return _tally(f"pg_temp.{SETTLED} answer", {})


def cohort_sha256() -> str:
    """Return SHA-256, in hex, over the tags of the customers whom `settle` kept, in the tags' order."""
    with connection.cursor() as cursor:
        cursor.execute(_COHORT_HASH)
        (digest,) = cursor.fetchone()
    return str(digest)


_COHORT_HASH = f"""
SELECT encode(sha256(string_agg(customer.tag, ''::bytea ORDER BY customer.tag)), 'hex')
FROM pg_temp.{SETTLED} kept JOIN accounts_customer customer ON customer.id = kept.customer_id WHERE kept.code IS NULL
"""  # noqa: S608


def _answers(subjects: Sql, terms: Terms) -> Sql:
    chosen, values = subjects
    sql = _CONSENTED if terms.needs_consent else _WHOLE
    return sql.replace("{unguarded}", _UNGUARDED).replace("{subjects}", chosen), {
        **values,
        "fields": list(terms.fields),
        "points": list(terms.usage_point_ids),
        "data_from": terms.data_from,
        "data_to": terms.data_to,
        "day": terms.day,
        "needs_guardian": terms.needs_guardian,
        "recipient": terms.recipient_id,
        "purpose": terms.purpose_id,
    }


def _tally(answers: str, values: dict[str, Any]) -> Tally:
    counted = f"SELECT code, CASE WHEN code IS NULL THEN field_ids END, count(*) FROM {answers} GROUP BY 1, 2"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(counted, values)
        rows = cursor.fetchall()
    excluded: dict[str, int] = {}
    for code, _fields, count in rows:
        if code is not None:
            excluded[code] = excluded.get(code, 0) + count
    return Tally(
        line_count=sum(count for code, _fields, count in rows if code is None),
        field_ids=frozenset(field_id for code, fields, _count in rows if code is None for field_id in fields),
        excluded=dict(sorted(excluded.items())),
    )


def _answer(customer: Customer, row: Any) -> Share | Lack:
    _customer, accounts, version_id, fields, points, data_from, data_to, consent_from, consent_to, code = row
    if code is not None:
        return Lack(customer=customer, code=code, consent_from=consent_from, consent_to=consent_to)
    return Share(
        customer=customer,
        account_ids=tuple(accounts),
        usage_point_ids=tuple(points),
        field_ids=tuple(fields),
        data_from=data_from,
        data_to=data_to,
        consent_version_id=version_id,
    )
