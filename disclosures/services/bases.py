from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from accounts.services import record_act
from disclosures.bases import DEMANDS, merged
from disclosures.errors import BasisPackError
from disclosures.models import LegalBasis
from ledger.actor import Actor

_SAID = ("name_en", "name_es", "citation", "jurisdiction")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading packs changed: codes that came, whose words changed, that came back, that no longer count."""

    added: tuple[str, ...]
    reworded: tuple[str, ...]
    revived: tuple[str, ...]
    retired: tuple[str, ...]

    @property
    def is_nothing(self) -> bool:
        """Say whether the bases were as the packs have them already."""
        return not (self.added or self.reworded or self.revived or self.retired)


@transaction.atomic
def load_bases(*, packs: Sequence[str], by: Actor) -> Loaded:
    """Have the legal bases of these packs count, and no other; return what changed. Repeating it changes nothing.

    No basis is deleted: releases point at it. What one demands cannot change, since the database compares each release
    with it. It takes the login that migrates. Raises BasisPackError for an unknown pack and for a changed demand.
    """
    wanted = merged(packs)
    if not wanted:
        raise BasisPackError.none()
    known = {basis.code: basis for basis in LegalBasis.objects.select_for_update()}
    added = [code for code in wanted if code not in known]
    reworded = [code for code in wanted if code in known and _reword(known[code], wanted[code])]
    revived = [code for code in wanted if code in known and not known[code].is_in_force]
    retired = [code for code, basis in known.items() if code not in wanted and basis.is_in_force]
    LegalBasis.objects.bulk_create(LegalBasis(**wanted[code]) for code in added)
    LegalBasis.objects.filter(code__in=revived).update(is_in_force=True)
    LegalBasis.objects.filter(code__in=retired).update(is_in_force=False)
    loaded = Loaded(*(tuple(sorted(codes)) for codes in (added, reworded, revived, retired)))
    if not loaded.is_nothing:
        facts = {"packs": list(packs), "added": added, "reworded": reworded, "revived": revived, "retired": retired}
        record_act(kind="bases.loaded", by=by, facts=facts, row_uuid=None)
    return loaded


def _reword(basis: LegalBasis, row: dict[str, object]) -> bool:
    """Give a basis the pack's words; say whether they were others. Raises BasisPackError where demands differ."""
    if any(getattr(basis, name) != row[name] for name in ("kind", *DEMANDS)):
        raise BasisPackError.differs(basis.code)
    if all(getattr(basis, name) == row[name] for name in _SAID):
        return False
    LegalBasis.objects.filter(pk=basis.pk).update(**{name: row[name] for name in _SAID})
    return True
