"""Whether what stands on a signed form is what the record says: the name and the service address (Utah R746-460-3)."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from accounts.models import Account, Act, Customer, Member
from protection.clock import provider_today

_WORDS = re.compile(r"[^\W_]+")
_SHORT = {
    "street": "st",
    "avenue": "ave",
    "boulevard": "blvd",
    "road": "rd",
    "drive": "dr",
    "lane": "ln",
    "court": "ct",
    "place": "pl",
    "apartment": "apt",
    "north": "n",
    "south": "s",
    "east": "e",
    "west": "w",
    "calle": "c",
    "avenida": "av",
}


@dataclass(frozen=True, slots=True)
class SignatureCheck:
    """What a clerk did to make sure of a signature: the address on the form, whom they asked, when, the call back."""

    service_address: str
    verified_with: str = ""
    verified_on: date | None = None
    call_back: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """What we know of a customer that a signed form is held against: names, and street with ZIP code of each account.

    A name, plainly, is the customer's or that of whoever may agree for them.
    """

    names: frozenset[str]
    addresses: tuple[str, ...]


def record_of(customer: Customer) -> Record:
    """Return what a form of this customer is held against."""
    return records_of([customer])[customer.pk]


def records_of(customers: Collection[Customer]) -> dict[int, Record]:
    """Return the same for many customers, by their ids, in as many queries as for one."""
    names = {customer.pk: {plainly(customer.name)} for customer in customers}
    addresses: dict[int, list[str]] = {customer.pk: [] for customer in customers}
    members = Member.objects.that_may(Act.CONSENT, provider_today()).filter(account__customer__in=names)
    for customer_id, name in members.values_list("account__customer", "user__name"):
        names[customer_id].add(plainly(name))
    accounts = Account.objects.filter(customer__in=names)
    for customer_id, street, code in accounts.values_list("customer", "service_street", "service_postal_code"):
        addresses[customer_id].append(f"{street} {code}")
    return {pk: Record(frozenset(names[pk]), tuple(addresses[pk])) for pk in names}


def check_against_record(customer: Customer, signer_name: str, check: SignatureCheck | None) -> dict[str, Any]:
    """Return how a signed form compares with the record, as it is kept with what was signed."""
    return compared(record_of(customer), signer_name, check)


def compared(record: Record, signer_name: str, check: SignatureCheck | None) -> dict[str, Any]:
    """Return the same against a record that was read before.

    An address matches when it has every word of an account's street and its ZIP code. What was not stated is neither
    (None).
    """
    stated = check.service_address if check else ""
    result: dict[str, Any] = {
        "name": {"stated": signer_name, "matches": plainly(signer_name) in record.names},
        "address": {"stated": stated, "matches": _has_address(record, stated) if stated else None},
    }
    if check is not None:
        day = check.verified_on
        result["checked"] = {
            "with": check.verified_with,
            "on": day.isoformat() if day else None,
            "call_back": check.call_back,
        }
    return result


def is_matched(verification: dict[str, Any]) -> bool:
    """Say whether both name and address are those of the record."""
    return bool(verification["name"]["matches"] and verification["address"]["matches"])


def _has_address(record: Record, stated: str) -> bool:
    words = set(plainly(stated).split())
    return any(set(plainly(address).split()) <= words for address in record.addresses)


def plainly(text: str) -> str:
    """Return the words of a text as they are compared: no case, accents or signs; usual words in their short form."""
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return " ".join(_SHORT.get(word, word) for word in _WORDS.findall(bare.casefold()))
