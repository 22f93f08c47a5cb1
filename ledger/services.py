import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from django.db import transaction

from ledger.canonical import canonical_bytes
from ledger.models import Entry

PROVIDER_TAG = bytes(16)
"""The subject tag of acts that concern no single customer: runs, rules, imports of many."""

TAG_BYTES = 16
SALT_BYTES = 32


@dataclass(frozen=True, slots=True)
class Witness:
    """What a domain row keeps of its ledger entry, which commits to salt ‖ evidence (canonical JSON)."""

    entry_id: int
    salt: bytes
    evidence: bytes

    def columns(self) -> dict[str, int | bytes]:
        """Return the columns of `ledger.models.Witnessed`."""
        return {"entry_id": self.entry_id, "salt": self.salt, "evidence": self.evidence}


def new_tag() -> bytes:
    """Return a fresh 128-bit subject tag."""
    return os.urandom(TAG_BYTES)


def commitment_of(salt: bytes, evidence: bytes) -> bytes:
    """Return SHA-256(salt ‖ evidence), the 32 bytes that an entry commits to."""
    return sha256(salt + evidence).digest()


def append_entry(*, kind: str, subject_tag: bytes, commitment: bytes) -> Entry:
    """Append one entry in the caller's transaction. It never waits for another append: there is no chain head."""
    entry = _entry(kind, subject_tag, commitment)
    entry.save(force_insert=True)
    return entry


@transaction.atomic(savepoint=False)
def record(*, kind: str, subject_tag: bytes, evidence: Mapping[str, object]) -> Witness:
    """Append an entry that commits to `evidence` under a fresh salt; return what the domain row must keep.

    `kind` is dotted and in the past tense (`consent.granted`). The kind and the subject's tag are part of the evidence,
    so that an opened entry cannot be passed off as another's.
    """
    salt, body = salted(kind=kind, subject_tag=subject_tag, evidence=evidence)
    entry = append_entry(kind=kind, subject_tag=subject_tag, commitment=commitment_of(salt, body))
    return Witness(entry_id=entry.pk, salt=salt, evidence=body)


@transaction.atomic(savepoint=False)
def record_all(*, kind: str, subject_tag: bytes, evidence: Iterable[Mapping[str, object]]) -> list[Witness]:
    """Do the same for several acts of one kind, in one statement; return their witnesses in the order of the acts."""
    bodies = [salted(kind=kind, subject_tag=subject_tag, evidence=each) for each in evidence]
    entries = Entry.objects.bulk_create(_entry(kind, subject_tag, commitment_of(*body)) for body in bodies)
    return [
        Witness(entry_id=entry.pk, salt=salt, evidence=body)
        for entry, (salt, body) in zip(entries, bodies, strict=True)
    ]


def salted(*, kind: str, subject_tag: bytes, evidence: Mapping[str, object]) -> tuple[bytes, bytes]:
    """Return a fresh salt and the canonical evidence that an entry commits to; `record` appends the entry too."""
    return os.urandom(SALT_BYTES), canonical_bytes({**evidence, "ledger": {"kind": kind, "subject": subject_tag.hex()}})


def _entry(kind: str, subject_tag: bytes, commitment: bytes) -> Entry:
    if len(subject_tag) != TAG_BYTES or len(commitment) != 32:
        raise ValueError("A subject tag has 16 bytes and a commitment 32.")
    return Entry(kind=kind, subject_tag=subject_tag, commitment=commitment)
