"""What the verifier finds wrong in a purge certificate, also in one that somebody signed who could."""

import copy
import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.canonical import canonical_bytes
from ledger.signing import public_bytes, receipt_key, sign_receipt
from ledger.verify import document_faults, fingerprint_of, main, read_trust
from ledger.verify_purges import TYPE, purge_faults

Change = Callable[[dict[str, Any]], object]
SALT = bytes(32)
HOLD = "8f6c1f0e-0000-4000-8000-000000000001"


def item(**values: Any) -> dict[str, Any]:
    return {
        "retention_class": "readings",
        "action": "drop_month",
        "partition": "energy_dayreading_y2020m05",
        "from": "2020-05-01",
        "before": "2021-03-15",
        "status": "done",
        "given_up_because": "",
        "planned_total": 10,
        "planned_held": 2,
        "total": 10,
        "held": 3,
        "dropped": 7,
        "shrunk_by": 1,
        "bytes": 8192,
        "digest": "ab" * 32,
        "held_digest": "cd" * 32,
        "holds": [HOLD],
        "ledger_entry": 11,
        "finished_at": "2026-03-15T10:05:00+00:00",
    } | values


def content() -> dict[str, Any]:
    """Everything that a certificate says but the opened ledger entry: two months of readings, and sessions."""
    rule = {"cutoff": "reading_day", "citation": "Policy 1", "valid_from": "2024-01-01T00:00:00+00:00"}
    trimmed = {"action": "trim_month", "partition": "energy_dayreading_y2021m03", "from": "2021-03-01"}
    sessions = {"retention_class": "sessions", "action": "delete_rows", "partition": "django_session", "from": None}
    none_held = {"holds": [], "held": 0, "planned_held": 0, "shrunk_by": 0, "held_digest": ""}
    return {
        "type": TYPE,
        "version": 2,
        "certificate": "8f6c1f0e-0000-4000-8000-000000000002",
        "run": "8f6c1f0e-0000-4000-8000-000000000003",
        "status": "finished",
        "stopped_because": "",
        "as_of": "2026-03-15",
        "operator": {"kind": "operator", "name": "Test Operator"},
        "plan": {
            "plan": "8f6c1f0e-0000-4000-8000-000000000004",
            "digest": "ef" * 32,
            "made_by": "Test Operator",
            "made_at": "2026-03-15T09:00:00+00:00",
            "approved_by": "Second Person",
            "approved_at": "2026-03-15T09:30:00+00:00",
            "is_within_limits": False,
        },
        "bounds": {
            "readings": {"before": "2021-03-15", "rule": "r1", "months": 60, "floor_months": 12, **rule},
            "sessions": {"before": "2026-02-15", "rule": "r2", "months": 1, "floor_months": 0, **rule},
        },
        "holds": [HOLD],
        "classes": [
            {"retention_class": "readings", "total": 15, "held": 3, "dropped": 12},
            {"retention_class": "sessions", "total": 4, "held": 0, "dropped": 4},
        ],
        "items": [
            item(),
            item(**trimmed, **none_held, total=5, dropped=5, planned_total=5),
            item(**sessions, **none_held, before="2026-02-15", digest="", total=4, dropped=4, planned_total=4),
        ],
        "started_at": "2026-03-15T10:00:00+00:00",
        "issued_at": "2026-03-15T10:10:00+00:00",
    }


def certificate(change: Change = lambda payload: None, opened: Change = lambda ledger: None) -> dict[str, Any]:
    """Return a certificate as a dishonest signer would make it: changed first, then entered and signed."""
    payload = content()
    change(payload)
    named = {name: payload[name] for name in ("run", "certificate", "classes")}
    kind = {"ledger": {"kind": "purge.completed", "subject": "00" * 16}}
    evidence = canonical_bytes({**named, "sha256": sha256(canonical_bytes(payload)).hexdigest(), **kind})
    payload["ledger"] = {
        "entry": 12,
        "kind": "purge.completed",
        "salt": SALT.hex(),
        "evidence": evidence.decode(),
        "evidence_sha256": sha256(evidence).hexdigest(),
        "commitment": sha256(SALT + evidence).hexdigest(),
    }
    opened(payload["ledger"])
    return dict(sign_receipt(payload))


def found(change: Change, opened: Change = lambda ledger: None) -> str:
    return "\n".join(document_faults(certificate(change, opened), Path(), read_trust()))


def setting(path: str, value: Any) -> Change:
    """Return the change of one place in a payload, such as `items.0.total`."""

    def change(payload: Any) -> None:
        *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
        for part in way:
            payload = payload[part]
        payload[last] = value

    return change


def test_a_whole_certificate_has_no_faults() -> None:
    assert found(lambda payload: None) == ""


def test_every_change_after_signing_is_told() -> None:
    signed = certificate()
    places = list(leaves(signed["payload"]))
    assert len(places) > 100
    for way in places:
        forged = copy.deepcopy(signed)
        target = forged["payload"]
        for part in way[:-1]:
            target = target[part]
        target[way[-1]] = "changed" if target[way[-1]] != "changed" else 0
        (first, *_rest) = document_faults(forged, Path(), read_trust())
        assert "altered after it was signed" in first, way


def leaves(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if parts is None:
        yield way
        return
    for name, part in parts:
        yield from leaves(part, (*way, name))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        # Sums.
        (setting("items.0.dropped", 8), "10 in total is not 3 held + 8 dropped"),
        (setting("items.0.total", -1), "must be whole numbers"),
        (setting("items.0.held", True), "must be whole numbers"),
        (setting("classes.0.total", 16), "16 in total is not 3 held + 12 dropped"),
        (setting("classes.1", {"retention_class": "sessions", "total": 5, "held": 0, "dropped": 5}), "add up to 4"),
        (lambda payload: payload["classes"].pop(), "leave out: sessions"),
        (lambda payload: payload["classes"].append(payload["classes"][0]), "A class is listed twice"),
        # Bounds.
        (setting("bounds.readings.before", "2021-03-16"), "does not follow from 60 months as of 2026-03-15"),
        (setting("bounds.readings.months", 48), "does not follow from 48 months"),
        (setting("bounds.readings.floor_months", 72), "it is 2020-03-01"),
        (setting("as_of", "2026-03-14"), "does not follow"),
        (setting("bounds.readings.valid_from", "2027-01-01T00:00:00+00:00"), "was not in force yet"),
        (lambda payload: payload["bounds"].pop("sessions"), "no bound is stated"),
        # Places.
        (setting("items.0.before", "2021-03-16"), "past the bound 2021-03-15"),
        (setting("items.0.from", "2020-06-01"), "does not begin with the month that its name says"),
        (setting("items.1.action", "drop_month"), "the whole month was dropped, but its last day is not before"),
        (setting("items.0.before", "2020-05-31"), "the whole month was dropped"),
        (setting("items.1.before", "2021-03-01"), "nothing of the month lies before"),
        (lambda payload: payload["items"].append(payload["items"][2]), "listed twice"),
        # Digests and holds.
        (setting("items.0.digest", "AB" * 32), "not 64 hexadecimal digits"),
        (setting("items.0.digest", ""), "the digest of what was there is missing"),
        (setting("items.0.holds", []), "no hold is named"),
        (setting("holds", []), "not that of the steps"),
        # Order.
        (setting("started_at", "2026-03-15T10:11:00+00:00"), "before the run began"),
        (setting("items.0.finished_at", "2026-03-15T09:59:00+00:00"), "outside the time of the run"),
        (setting("items.0.finished_at", "2026-03-15T10:30:00+00:00"), "outside the time of the run"),
        (lambda payload: payload["items"].reverse(), "not in the order of their classes"),
        # States.
        (setting("items.0.status", "failed"), "stated as finished, but not all"),
        (setting("items.0.status", "pending"), "neither done, given up nor left"),
        (setting("items.0.ledger_entry", None), "names no ledger entry"),
        (setting("status", "stopped"), "not why"),
        # The plan.
        (setting("items.0.planned_total", 8), "the approved plan let 6 go"),
        (setting("items.0.shrunk_by", 0), "shrunk by 1, not by 0"),
        (setting("plan.digest", "ef"), "digest of the plan"),
        (setting("plan.approved_by", ""), "Nobody is named who approved"),
        (setting("plan.approved_by", "Test Operator"), "one person made and approved it"),
        (setting("plan.approved_at", "2026-03-15T08:00:00+00:00"), "not approved between"),
        (setting("plan.approved_at", "2026-03-15T10:01:00+00:00"), "began before its plan was approved"),
        # Form.
        (setting("version", 3), "does not know version 3"),
        (setting("as_of", "the Ides of March"), "malformed"),
        (setting("issued_at", "2026-03-15T10:10:00"), "malformed"),
        (setting("items", None), "malformed"),
        (setting("bounds", []), "malformed"),
    ],
)
def test_a_signed_falsehood_is_told(change: Change, sentence: str) -> None:
    assert sentence in found(change)


@pytest.mark.parametrize(
    ("place", "value", "sentence"),
    [
        ("kind", "purge.item_done", "not purge.completed"),
        ("evidence_sha256", "00" * 32, "does not have the stated SHA-256"),
        ("salt", "11" * 32, "not that of salt and evidence"),
        ("commitment", "00" * 32, "not that of salt and evidence"),
        ("evidence", "{}", "malformed"),
        ("evidence", "not JSON", "malformed"),
    ],
)
def test_a_ledger_entry_of_something_else_is_told(place: str, value: str, sentence: str) -> None:
    assert sentence in found(lambda payload: None, setting(place, value))


def test_evidence_of_another_certificate_is_told() -> None:
    other = certificate(setting("run", "8f6c1f0e-0000-4000-8000-00000000000f"))["payload"]["ledger"]
    told = found(lambda payload: None, lambda ledger: ledger.update(other))
    assert "another content" in told
    assert "another run" in told


def test_nonsense_never_breaks_the_verifier() -> None:
    for name in content():
        for value in (None, 7, "text", [], {}, [None], {"a": None}, True):
            assert all(fault.endswith(".") for fault in purge_faults(content() | {name: value}))


def test_the_first_version_is_still_read() -> None:
    payload = content() | {"version": 1, "ledger": {"entry": 12, "kind": "purge.completed", "evidence_sha256": ""}}
    del payload["plan"], payload["holds"], payload["status"]
    for entry in payload["items"]:
        del entry["planned_total"], entry["planned_held"], entry["shrunk_by"]
    assert list(purge_faults(payload)) == []


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "certificate.json"
    path.write_text(json.dumps(certificate()))
    return path


def keys_file(folder: Path, *entries: dict[str, str]) -> Path:
    path = folder / "keys.json"
    path.write_text(json.dumps({"keys": entries}))
    return path


def entry_of(key: Ed25519PrivateKey, use: str = "receipts") -> dict[str, str]:
    public = public_bytes(key.public_key())
    return {"use": use, "public_key": b64encode(public).decode(), "fingerprint": fingerprint_of(public)}


def test_an_unknown_key_is_said_to_prove_nothing_of_its_owner(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(file)]) == 0
    told = capsys.readouterr().out
    assert "NOT proven: whose key that is" in told
    assert fingerprint_of(public_bytes(receipt_key().public_key())) in told
    assert "readings: 15 past their time = 3 held + 12 dropped, all from before 2021-03-15" in told
    assert "NOT proven: that the ledger's tree holds entry 12" in told


def test_the_published_list_pins_the_key(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keys = keys_file(tmp_path, entry_of(Ed25519PrivateKey.generate()), entry_of(receipt_key()))
    assert main([str(file), "--keys", str(keys)]) == 0
    told = capsys.readouterr().out
    assert "Proven: it was signed by a key for documents in keys.json" in told
    assert "whose key" not in told


def test_the_fingerprint_pins_the_key_in_any_spelling(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    digits = fingerprint_of(public_bytes(receipt_key().public_key()))
    pairs = ":".join(digits[at : at + 2] for at in range(0, 64, 2)).upper()
    assert main([str(file), "--fingerprint", pairs]) == 0
    assert main([str(file), "--fingerprint", "0" * 64]) == 1
    assert "not by a key with the fingerprint you gave" in capsys.readouterr().out


def test_the_sealers_key_signs_no_documents(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keys = keys_file(tmp_path, entry_of(receipt_key(), use="checkpoints"), entry_of(Ed25519PrivateKey.generate()))
    assert main([str(file), "--keys", str(keys)]) == 1
    assert "not by a key for documents" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--fingerprint", "ab12"], "all 64"),
        (["--key", "not base64!"], "base64"),
        (["--key", "YWJj"], "32 bytes, not 3"),
        (["--keys", "/nowhere/keys.json"], "not a published list"),
    ],
)
def test_an_unusable_trust_is_refused(
    file: Path, options: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(file), *options]) == 1
    assert sentence in capsys.readouterr().out


def test_a_list_with_a_false_fingerprint_is_refused(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = keys_file(tmp_path, entry_of(receipt_key()) | {"fingerprint": "0" * 64})
    assert main([str(file), "--keys", str(keys)]) == 1
    assert "does not have the fingerprint" in capsys.readouterr().out


def test_a_list_without_keys_for_documents_trusts_nobody(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = keys_file(tmp_path, entry_of(receipt_key(), use="checkpoints"))
    assert main([str(file), "--keys", str(keys)]) == 1
