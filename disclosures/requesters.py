"""Who asks for the recipient, where the data goes, on what authority: for legal process and listed exceptions."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Self

from disclosures.conditions import Condition
from disclosures.models import Channel, LegalBasis

NEED_REQUESTER = frozenset({LegalBasis.Kind.LEGAL_PROCESS, LegalBasis.Kind.EXCEPTION})
"""The kinds of basis on which data goes to courts, agencies and emergency services without the customer's word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requester:
    """The person who asks and by which channel; `call_back` says when and by which number a call was verified."""

    name: str
    authority: str
    delivery_address: str
    channel: str = Channel.WRITTEN
    call_back: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return what a release keeps and its evidence commits to."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: dict[str, Any] | None) -> Self | None:
        """Return the requester that a proposal kept."""
        return cls(**kept) if kept else None


def requester_conditions(basis: LegalBasis, requester: Requester | None) -> Iterator[Condition]:
    """Yield what is not known of who asks."""
    if requester is not None and requester.channel == Channel.TELEPHONE and not requester.call_back.strip():
        yield Condition("call_back_missing")
    if basis.kind not in NEED_REQUESTER:
        return
    if requester is None or not requester.name.strip():
        yield Condition("requester_missing")
    if requester is None or not requester.delivery_address.strip():
        yield Condition("delivery_address_missing")
    if requester is None or not requester.authority.strip():
        yield Condition("authority_missing")
