"""The disclosure history as the database itself writes it: a million rows are copied out, none is built in Python.

Two texts over the same entries of the ledger: entry lines in JSON (`docs/ledger-format.md`, section 5), each disclosure
with what it says in words, and a table for spreadsheets.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from psycopg import sql

_BASE = sql.SQL("""
    SELECT sealed.log_index, entry.id AS entry, entry.created_at, entry.kind, sealed.subject_index,
           encode(entry.subject_tag, 'hex') AS subject, encode(entry.commitment, 'hex') AS commitment,
           encode(coalesce(part.salt, own.salt, denial.salt, delivery.salt), 'hex') AS salt,
           convert_from(coalesce(own.evidence, denial.evidence, delivery.evidence), 'UTF8') AS evidence,
           encode(made_entry.commitment, 'hex') AS release,
           part.entry_id IS NOT NULL OR denial.entry_id IS NOT NULL AS is_disclosure,
           CASE WHEN denial.entry_id IS NULL THEN 'released' ELSE 'denied' END AS outcome,
           coalesce(part.created_at, denial.decided_at) AS at,
           coalesce(made.uuid, denial.uuid) AS request,
           CASE WHEN part.entry_id IS NOT NULL THEN ARRAY[customer.uuid]
                ELSE (SELECT array_agg(one.uuid ORDER BY one.id) FROM accounts_customer one
                      WHERE one.id = ANY (denial.customer_ids)) END AS customers,
           (SELECT array_agg(account.number ORDER BY account.id) FROM accounts_account account
            WHERE account.id = ANY (part.account_ids)) AS accounts,
           recipient.legal_name AS recipient, recipient.uuid AS recipient_uuid, purpose.code AS purpose,
           basis.code AS basis, basis.citation,
           coalesce(part.field_ids, denial.field_ids) AS fields,
           coalesce(part.data_from, denial.data_from) AS data_from, coalesce(part.data_to, denial.data_to) AS data_to,
           coalesce(made.format, denial.format) AS format, coalesce(made.reason, denial.reason) AS reason,
           coalesce(made.actor_name, denial.actor_name) AS by, agreed.uuid AS consent,
           (SELECT array_agg(one->>'code') FROM jsonb_array_elements(denial.conditions) AS one) AS missing
    FROM ledger_sealed sealed
    JOIN ledger_entry entry ON entry.id = sealed.entry_id
    LEFT JOIN disclosures_releaseline part
        ON part.entry_id = entry.id AND entry.kind = 'release.line' AND {matching}
    LEFT JOIN disclosures_release made ON made.id = part.release_id
    LEFT JOIN ledger_entry made_entry ON made_entry.id = made.entry_id
    LEFT JOIN disclosures_release own ON own.entry_id = entry.id AND {is_unfiltered}
    LEFT JOIN disclosures_releasedenial denial ON denial.entry_id = entry.id AND {matching}
    LEFT JOIN disclosures_delivery delivery ON delivery.entry_id = entry.id AND {is_unfiltered}
    LEFT JOIN accounts_customer customer ON customer.id = part.customer_id
    LEFT JOIN consent_consentversion agreed ON agreed.id = part.consent_version_id
    LEFT JOIN accounts_recipient recipient ON recipient.id = coalesce(made.recipient_id, denial.recipient_id)
    LEFT JOIN consent_purpose purpose ON purpose.id = coalesce(made.purpose_id, denial.purpose_id)
    LEFT JOIN disclosures_legalbasis basis ON basis.id = coalesce(made.basis_id, denial.basis_id)
    WHERE {place}
    ORDER BY sealed.log_index
""")

TOLD = (
    "at", "outcome", "request", "customers", "accounts", "recipient", "recipient_uuid", "purpose", "basis", "citation",
    "fields", "data_from", "data_to", "format", "reason", "by", "consent", "missing",
)  # fmt: skip
"""What a disclosure says in words, in both texts."""

COLUMNS = ("outcome", "entry", *(name for name in TOLD if name != "outcome"))
"""The columns of the table; the outcome comes first, so that rows can be counted by it as they pass."""

_PROVEN = (
    "log_index", "entry", "created_at", "kind", "subject", "subject_index", "commitment", "salt", "evidence", "release",
)  # fmt: skip
_LISTS = frozenset({"customers", "accounts", "fields", "missing"})
_NO_TEXT = frozenset({"entry", "at", "outcome", "request", "recipient_uuid", "data_from", "data_to", "consent"})

# JSON escapes control characters, so that neither of these two can occur in a line: it is copied out as it is.
_RAW = sql.SQL(r"WITH (FORMAT csv, DELIMITER E'\x02', QUOTE E'\x01')")
_NOTHING = sql.SQL("")
_TABLE = sql.SQL("WITH (FORMAT csv, HEADER)")

_RELEASES = sql.SQL("""
    SELECT json_build_object('release', encode(entry.commitment, 'hex'), 'entry', entry.id, 'request', made.uuid,
                             'salt', encode(made.salt, 'hex'), 'evidence', convert_from(made.evidence, 'UTF8'))
    FROM disclosures_release made JOIN ledger_entry entry ON entry.id = made.entry_id
    WHERE made.id IN (
        SELECT part.release_id FROM disclosures_releaseline part
        JOIN ledger_sealed sealed ON sealed.entry_id = part.entry_id
        JOIN ledger_entry entry ON entry.id = part.entry_id
        WHERE {place} AND {matching}
    )
    ORDER BY made.id
""")


@dataclass(frozen=True, slots=True)
class Selection:
    """Which entries of the log are shown, and which of them are opened and told; the others show that none is missing.

    `place` is SQL over `sealed` (ledger_sealed) and `entry` (ledger_entry); `matching` yields the ids of the ledger
    entries of the disclosures that a filter lets through, None: all are told.
    """

    place: sql.Composable
    matching: QuerySet[Any] | None = None

    def fill(self, statement: sql.SQL) -> tuple[sql.Composable, tuple[Any, ...]]:
        """Return a statement about this selection, with its parameters."""
        if self.matching is None:
            yes = sql.SQL("TRUE")
            return statement.format(place=self.place, matching=yes, is_unfiltered=yes), ()
        text, values = self.matching.query.sql_with_params()
        matching = sql.SQL("entry.id IN ({})").format(sql.SQL(text))
        filled = statement.format(place=self.place, matching=matching, is_unfiltered=sql.SQL("FALSE"))
        return filled, values * statement.as_string().count("{matching}")


def in_range(start: int, end: int) -> sql.Composable:
    """Return the condition of the entries with log indexes from `start` up to, not including, `end`."""
    bounds = sql.Literal(start), sql.Literal(end)
    return sql.SQL("sealed.log_index >= {} AND sealed.log_index < {}").format(*bounds)


def of_subject(tag: bytes, log_size: int) -> sql.Composable:
    """Return the condition of a subject's entries among the first `log_size` of the log."""
    bounds = sql.Literal(tag), sql.Literal(log_size)
    return sql.SQL("entry.subject_tag = {} AND sealed.log_index < {}").format(*bounds)


def entry_lines(selection: Selection) -> Iterator[bytes]:
    """Yield the entry lines in the order of the log, each with its line feed."""
    told = sql.SQL(", 'disclosure', CASE WHEN is_disclosure THEN {} END").format(_object(TOLD))
    line = sql.SQL("json_strip_nulls({})").format(_object(_PROVEN, told))
    return _copy(sql.SQL("SELECT {} FROM ({}) AS line").format(line, _BASE), selection, _RAW)


def table_rows(selection: Selection) -> Iterator[bytes]:
    """Yield the header and a row a disclosure as CSV that no spreadsheet takes for formulas, each with its line end."""
    columns = sql.SQL(", ").join(_cell(name) for name in COLUMNS)
    statement = sql.SQL("SELECT {} FROM ({}) AS line WHERE is_disclosure").format(columns, _BASE)
    return _copy(statement, selection, _TABLE)


def release_lines(selection: Selection) -> Iterator[bytes]:
    """Yield what opens the releases that the selected lines commit to, a JSON line each."""
    return _copy(_RELEASES, selection, _RAW)


def _object(names: tuple[str, ...], further: sql.Composable = _NOTHING) -> sql.Composable:
    members = sql.SQL(", ").join(sql.SQL("{}, {}").format(sql.Literal(name), sql.Identifier(name)) for name in names)
    return sql.SQL("json_build_object({}{})").format(members, further)


def _cell(name: str) -> sql.Composable:
    """Return a column of the table; text that a spreadsheet could take for a formula gets an apostrophe in front."""
    if name in _NO_TEXT:
        return sql.Identifier(name)
    text = sql.SQL("array_to_string({}, '; ')" if name in _LISTS else "{}").format(sql.Identifier(name))
    return sql.SQL(
        r"CASE WHEN {0} ~ '^\s*[-=+@]' AND {0} !~ '^-?\d+(\.\d+)?$' THEN '''' || {0} ELSE {0} END AS {1}"
    ).format(text, sql.Identifier(name))


def _copy(statement: sql.Composable, selection: Selection, options: sql.Composable) -> Iterator[bytes]:
    filled, values = selection.fill(sql.SQL(statement.as_string()))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TimeZone = 'UTC'")
        with cursor.copy(sql.SQL("COPY ({}) TO STDOUT {}").format(filled, options), values or None) as copy:
            for row in copy:
                yield bytes(row)
