"""Whose data a release is about: customers named one by one, or chosen by what is true of their accounts."""

from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any, Self

from accounts.models import Account

_NAMED = """
SELECT named.customer_id, array_agg(account.id ORDER BY account.id) FILTER (WHERE account.id IS NOT NULL) AS account_ids
FROM unnest(%(customers)s::bigint[]) AS named (customer_id)
LEFT JOIN accounts_account account ON account.customer_id = named.customer_id
    AND (%(accounts)s::bigint[] = '{}' OR account.id = ANY (%(accounts)s::bigint[]))
GROUP BY named.customer_id
"""
_CHOSEN = """
SELECT account.customer_id, array_agg(account.id ORDER BY account.id) AS account_ids
FROM accounts_account account JOIN accounts_customer chosen ON chosen.id = account.customer_id
WHERE chosen.forgotten_at IS NULL {conditions}
GROUP BY account.customer_id
"""
_LISTED = "AND account.id = ANY (%(accounts)s::bigint[])"
_OF_CLASS = "AND account.customer_class = %(customer_class)s"
_OF_ZONE = "AND account.climate_zone = %(climate_zone)s"
_OPEN = "AND account.opened_on <= %(open_on)s AND (account.closed_on IS NULL OR account.closed_on > %(open_on)s)"
_CONSENTED = """AND EXISTS (SELECT FROM consent_consent agreed WHERE agreed.customer_id = account.customer_id
    AND agreed.recipient_id = %(recipient)s AND agreed.purpose_id = %(purpose)s AND agreed.is_granted)"""

_NOT_STOPPED = """AND NOT EXISTS (SELECT FROM disclosures_feedstep stopping
    WHERE stopping.feed_id = %(feed)s AND stopping.customer_id = account.customer_id)"""

Sql = tuple[str, dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """By what the customers of a release to many are chosen: all that is given must be true of an account of theirs.

    `account_ids` is a list of accounts (None: any), `open_on` a day on which the account runs; `is_consented` takes
    those alone who agreed to the release's recipient and purpose. Nothing given means everybody. For a night's delivery
    by a standing feed `feed_id` leaves out those for whom it was stopped.
    """

    account_ids: tuple[int, ...] | None = None
    customer_class: str = ""
    climate_zone: str = ""
    open_on: date | None = None
    is_consented: bool = False
    feed_id: int | None = None

    def subjects(self) -> Sql:
        """Return the SELECT of `customer_id` and `account_ids`; it also takes `recipient` and `purpose`."""
        conditions = {
            _LISTED: self.account_ids is not None,
            _OF_CLASS: bool(self.customer_class),
            _OF_ZONE: bool(self.climate_zone),
            _OPEN: self.open_on is not None,
            _CONSENTED: self.is_consented,
            _NOT_STOPPED: self.feed_id is not None,
        }
        sql = _CHOSEN.replace("{conditions}", " ".join(text for text, is_asked in conditions.items() if is_asked))
        return sql, {
            "accounts": list(self.account_ids or ()),
            "customer_class": self.customer_class,
            "climate_zone": self.climate_zone,
            "open_on": self.open_on,
            "feed": self.feed_id,
        }

    def as_json(self) -> dict[str, Any]:
        """Return what a release keeps and its evidence commits to: a list is told by its length and its hash."""
        listed = ",".join(map(str, sorted(self.account_ids))) if self.account_ids is not None else None
        told: dict[str, Any] = {
            "accounts": None if self.account_ids is None else len(self.account_ids),
            "accounts_sha256": None if listed is None else sha256(listed.encode()).hexdigest(),
            "customer_class": self.customer_class,
            "climate_zone": self.climate_zone,
            "open_on": self.open_on.isoformat() if self.open_on else None,
            "consented": self.is_consented,
        }
        return {name: value for name, value in told.items() if value not in (None, "", False)}

    @classmethod
    def from_json(cls, kept: dict[str, Any], account_ids: tuple[int, ...]) -> Self:
        """Return the cohort that a proposal kept, the list of accounts beside it."""
        return cls(
            account_ids=account_ids if "accounts" in kept else None,
            customer_class=kept.get("customer_class", ""),
            climate_zone=kept.get("climate_zone", ""),
            open_on=date.fromisoformat(kept["open_on"]) if "open_on" in kept else None,
            is_consented=kept.get("consented", False),
        )


def named_subjects(customer_ids: list[int], account_ids: tuple[int, ...]) -> Sql:
    """Return the SELECT of named customers with their accounts, NULL for who has none of those asked for."""
    return _NAMED, {"customers": customer_ids, "accounts": list(account_ids)}


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountList:
    """A list of account numbers as it was read: the accounts found, and what is wrong with which line."""

    account_ids: tuple[int, ...]
    unknown: tuple[tuple[int, str], ...]
    repeated: tuple[tuple[int, str], ...]


def read_account_list(lines: list[str]) -> AccountList:
    """Find the accounts of a list, one number a line (the first cell of a CSV); a heading and empty lines are skipped.

    Lines are counted from 1, as an editor shows them.
    """
    numbered: dict[str, int] = {}
    repeated: list[tuple[int, str]] = []
    for place, line in enumerate(lines, 1):
        number = line.split(",")[0].split(";")[0].strip().strip("\"'").strip()
        if not number or not any(character.isdigit() for character in number):
            continue
        if number in numbered:
            repeated.append((place, number))
        numbered.setdefault(number, place)
    found = dict(Account.objects.filter(number__in=list(numbered)).values_list("number", "pk"))
    unknown = tuple((place, number) for number, place in numbered.items() if number not in found)
    return AccountList(account_ids=tuple(sorted(found.values())), unknown=unknown, repeated=tuple(repeated))
