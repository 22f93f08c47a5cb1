"""A customer's whole history as one signed document that `python -m ledger.verify` checks without the portal."""

import json
from base64 import b64encode
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef

from accounts.models import Customer
from disclosures.models import ReleaseLine
from disclosures.own_history import Kind, OwnFilter, own_lines
from disclosures.packaging.log_lines import Selection, entry_lines, of_subject, release_lines
from disclosures.packaging.own_rows import line_row, own_rows
from ledger.errors import NotProvableError
from ledger.models import PublicKey, SealedEntry
from ledger.proving import Proof, prove_history
from ledger.signing import sign_receipt
from ledger.verify_exports import OWN_TYPE
from protection.clock import transaction_time

VERSION = 1

_PROVEN = (
    "`entries` are all entries that the ledger has of this customer up to when its heads were taken; none was altered"
    " and none is missing. What concerns others' releases and our own acts is closed or not told."
)
_UNPROVEN = "The ledger has not been sealed and its heads taken since the first entry. Ask again tomorrow for a proof."
_LATER = "`later` came after that; it can be proven from tomorrow on."


@dataclass(frozen=True, slots=True)
class _Shown:
    """What the ledger proves of a customer, and up to which of its entries."""

    entries: list[dict[str, Any]]
    releases: list[dict[str, Any]]
    proof: Proof | None
    log_size: int


def own_document(customer: Customer, *, by: str) -> dict[str, Any]:
    """Return the signed document of a customer's whole history; docs/ledger-format.md, section 10, specifies it.

    It needs no worker: the proof reaches to the latest tree of heads, which is taken every night.
    """
    shown = _shown(customer)
    told = [entry for entry in shown.entries if "disclosure" in entry]
    rest = [row for row in own_rows(customer, OwnFilter()) if row["kind"] != Kind.DISCLOSURE]
    return sign_receipt(
        {
            "type": OWN_TYPE,
            "version": VERSION,
            "provider": settings.PROVIDER["name"],
            "made_at": transaction_time(),
            "made_by": by,
            "customer": customer.uuid,
            "counts": {"released": len(told), "denied": 0, "total": len(told)},
            "entries": shown.entries,
            "releases": shown.releases,
            "proof": shown.proof.as_json() if shown.proof else None,
            "log": {"origin": settings.LEDGER_ORIGIN, "public_key": _log_key()} if shown.proof else None,
            "later": [line_row(line) for line in _later(customer, shown.log_size)],
            "consents": [row for row in rest if row["kind"] == Kind.CONSENT],
            "looks": [row for row in rest if row["kind"] == Kind.LOOK],
            "states": f"{_PROVEN if shown.proof else _UNPROVEN} {_LATER}",
        }
    )


def _shown(customer: Customer) -> _Shown:
    tag = bytes(customer.tag)
    try:
        proof = prove_history(tag)
    except NotProvableError:
        return _Shown([], [], None, 0)
    log_size = int(proof.claim["heads"]["log_size"])
    selection = Selection(of_subject(tag, log_size), _lines(customer).values("entry_id"))
    entries = [json.loads(line) for line in entry_lines(selection)]
    return _Shown(entries, [json.loads(line) for line in release_lines(selection)], proof, log_size)


def _lines(customer: Customer) -> Any:
    return ReleaseLine.objects.shown_to_subject().filter(customer=customer).order_by()


def _later(customer: Customer, log_size: int) -> Any:
    """Return what `entries` do not tell: what came later, and what an order hid under its own tag until it ended."""
    tag = bytes(customer.tag)
    proven = SealedEntry.objects.filter(entry=OuterRef("entry_id"), log_index__lt=log_size, entry__subject_tag=tag)
    return own_lines(customer, OwnFilter(kind=Kind.DISCLOSURE)).exclude(Exists(proven))


def _log_key() -> str:
    """Return the sealer's newest public key; this process does not have the private one."""
    newest = PublicKey.objects.filter(use=PublicKey.Use.CHECKPOINTS).order_by("-first_used_at", "-pk")
    return b64encode(bytes(newest.values_list("public_key", flat=True)[0])).decode()
