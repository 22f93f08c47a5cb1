"""Whether what stands on a signed form is what the record says: the name and the service address (Utah R746-460-3)."""

import re
import unicodedata
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


def check_against_record(customer: Customer, signer_name: str, check: SignatureCheck | None) -> dict[str, Any]:
    """Return how a signed form compares with the record, as it is kept with the consent.

    A name matches the customer's or that of whoever may agree for them; an address matches when it has every word of an
    account's street and its ZIP code. What was not stated is neither (None).
    """
    names = [customer.name, *_signers(customer)]
    stated = check.service_address if check else ""
    result: dict[str, Any] = {
        "name": {"stated": signer_name, "matches": plainly(signer_name) in {plainly(name) for name in names}},
        "address": {"stated": stated, "matches": _has_address(customer, stated) if stated else None},
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


def _signers(customer: Customer) -> list[str]:
    """Return the names of the users who may agree for the customer today."""
    members = Member.objects.that_may(Act.CONSENT, provider_today()).filter(account__customer=customer)
    return list(members.values_list("user__name", flat=True))


def _has_address(customer: Customer, stated: str) -> bool:
    words = set(plainly(stated).split())
    accounts = Account.objects.filter(customer=customer)
    return any(
        set(plainly(f"{street} {postal_code}").split()) <= words
        for street, postal_code in accounts.values_list("service_street", "service_postal_code")
    )


def plainly(text: str) -> str:
    """Return the words of a text as they are compared: no case, accents or signs; usual words in their short form."""
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return " ".join(_SHORT.get(word, word) for word in _WORDS.findall(bare.casefold()))
