"""Packs of legal bases: what a jurisdiction lets a provider give out, to whom, and what it demands, with citations.

A pack is a file of data beside this module. Codes are stable: the same code demands the same in every pack, since
releases point at it; what demands something else needs a code of its own. No pack has a basis by which data is sold.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from disclosures.errors import BasisPackError

_FOLDER = Path(__file__).parent
DEMANDS = {
    "requires_consent": False,
    "requires_agreement": False,
    "requires_document": False,
    "requires_merger_notice": False,
    "notice_days": 0,
    "recipient_kinds": [],
    "data_classes": [],
}
"""What a basis demands unless its pack says otherwise."""


@dataclass(frozen=True, slots=True)
class Pack:
    """The bases of one jurisdiction by their codes, each as the columns of `LegalBasis`."""

    name: str
    title: str
    jurisdiction: str
    note: str
    bases: Mapping[str, Mapping[str, Any]]


def pack_names() -> list[str]:
    """Return the names by which a setting chooses packs."""
    return sorted(path.stem for path in _FOLDER.glob("*.json"))


@cache
def read_pack(name: str) -> Pack:
    """Return a pack. Raises BasisPackError for a name that there is not."""
    if name not in pack_names():
        raise BasisPackError.unknown(name, pack_names())
    content = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    rows = [{"jurisdiction": content["jurisdiction"], **DEMANDS, **row} for row in content["bases"]]
    return Pack(
        name=name,
        title=content["title"],
        jurisdiction=content["jurisdiction"],
        note=content["note"],
        bases={row["code"]: row for row in rows},
    )


def merged(names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return the bases of several packs by code; where packs share one, its citations stand one after the other.

    Raises BasisPackError where two packs demand different things under one code.
    """
    bases: dict[str, dict[str, Any]] = {}
    for pack in map(read_pack, names):
        for code, row in pack.bases.items():
            bases[code] = _joined(bases[code], row) if code in bases else dict(row)
    return bases


def _joined(first: dict[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    if any(first[name] != second[name] for name in ("kind", *DEMANDS)):
        raise BasisPackError.differs(first["code"])
    return {**first, **{name: _both(first[name], second[name]) for name in ("citation", "jurisdiction")}}


def _both(first: str, second: str) -> str:
    return first if second in first else f"{first}; {second}"
