import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError, ProgrammingError

from ledger.models import Entry, UnsealedEntry
from ledger.services import PROVIDER_TAG, append_entry, commitment_of, new_tag, record

pytestmark = pytest.mark.django_db


def test_entry_commits_to_salt_and_evidence_and_holds_neither() -> None:
    tag = new_tag()

    witness = record(kind="consent.granted", subject_tag=tag, evidence={"purpose": "solar_quote"})

    entry = Entry.objects.get(pk=witness.entry_id)
    assert bytes(entry.commitment) == commitment_of(witness.salt, witness.evidence)
    assert b"solar_quote" in witness.evidence
    assert {field.name for field in Entry._meta.concrete_fields} == {
        "id",
        "created_at",
        "kind",
        "subject_tag",
        "commitment",
    }


def test_evidence_names_its_kind_and_subject_so_that_it_fits_no_other_entry() -> None:
    tag = new_tag()

    witness = record(kind="consent.granted", subject_tag=tag, evidence={"ledger": "forged"})

    assert f'"kind":"consent.granted","subject":"{tag.hex()}"'.encode() in witness.evidence


def test_same_act_recorded_twice_has_two_commitments() -> None:
    first, second = (record(kind="a.done", subject_tag=PROVIDER_TAG, evidence={}) for _ in range(2))

    assert commitment_of(first.salt, first.evidence) != commitment_of(second.salt, second.evidence)


def test_new_entry_waits_for_sealing_also_when_it_comes_in_bulk_or_in_raw_sql() -> None:
    append_entry(kind="a.done", subject_tag=PROVIDER_TAG, commitment=bytes(32))
    Entry.objects.bulk_create(Entry(kind="b.done", subject_tag=PROVIDER_TAG, commitment=bytes(32)) for _ in range(3))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_entry (kind, subject_tag, commitment)"
            " SELECT 'c.done', '\\x00000000000000000000000000000000', sha256('x') FROM generate_series(1, 5)"
        )

    assert UnsealedEntry.objects.count() == Entry.objects.count() == 9


def test_entry_rolls_back_with_its_act() -> None:
    with transaction.atomic():
        record(kind="a.done", subject_tag=PROVIDER_TAG, evidence={})
        transaction.set_rollback(True)

    assert not Entry.objects.exists()


@pytest.mark.parametrize("kind", ["granted", "Consent.Granted", "consent granted", "consent..granted", ""])
def test_kind_is_dotted_lower_case(kind: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        append_entry(kind=kind, subject_tag=PROVIDER_TAG, commitment=bytes(32))


@pytest.mark.parametrize(("tag", "commitment"), [(b"", bytes(32)), (bytes(15), bytes(32)), (bytes(16), bytes(31))])
def test_tag_and_commitment_have_their_lengths(tag: bytes, commitment: bytes) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        append_entry(kind="a.done", subject_tag=tag, commitment=commitment)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO ledger_sealed VALUES (1, 1, 1, 'x')",
        "INSERT INTO ledger_checkpoint (size, root_hash, frontier, text) VALUES (1, 'x', 'x', 'x')",
        "INSERT INTO ledger_unsealed VALUES (1)",
        "DELETE FROM ledger_unsealed",
    ],
)
def test_web_process_seals_nothing_and_hides_nothing_from_the_sealer(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        with pytest.raises(ProgrammingError, match="permission denied"):
            cursor.execute(statement)
        transaction.set_rollback(True)
