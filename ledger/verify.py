"""Check a signed document of Resguardo offline: `python -m ledger.verify FILE`, or `python resguardo-verify.pyz FILE`.

Needs Python and `cryptography` only (`ledger.verifier` packs it into one file). FILE is a certificate, receipt or
manifest, one signed envelope, or an export's zip with its manifest inside. Whose key signed it is checked against what
you give: `--keys FILE` (the list that the provider publishes), `--fingerprint` or `--key`. Without one the signature
proves that nobody altered the document since, not who signed it. A purge certificate is also checked in itself: sums,
bounds, months, order, approval, ledger entry. Files that a manifest names are looked for beside it and compared with
their recorded SHA-256; the entries of a disclosure history are proven against the ledger's signed checkpoint. Exits 1
when anything does not hold, and names it.
"""

import argparse
import json
import sys
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, cast
from zipfile import BadZipFile, ZipFile, is_zipfile

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger import verify_exports, verify_purges
from ledger.canonical import canonical_bytes
from ledger.completeness import Checked, ProofError, check_entries
from ledger.verify_exports import Opener

RECEIPTS, CHECKPOINTS = "receipts", "checkpoints"
"""The uses of keys in the published list: those that sign documents, those of the ledger's sealer."""

MANIFEST = "manifest.json"
_MISSING = "is missing beside the manifest."


class UnreadableError(ValueError):
    """A file or an option cannot be read as what it must be; the message says what is expected."""


@dataclass(frozen=True, slots=True)
class Trust:
    """The fingerprints (SHA-256 of the public key, 64 hexadecimal digits) that the reader trusts, and from where.

    `log_fingerprints` are those of the ledger's sealer; None: the reader gave no list that has them.
    """

    fingerprints: frozenset[str]
    source: str
    log_fingerprints: frozenset[str] | None = None


NOTHING_GIVEN = Trust(frozenset(), "")


def fingerprint_of(public: bytes) -> str:
    """Return a key's fingerprint: the SHA-256 of its 32 bytes in hexadecimal digits."""
    return sha256(public).hexdigest()


def key_name(public: bytes) -> str:
    """Return what a key is called: the first 16 digits of its fingerprint."""
    return fingerprint_of(public)[:16]


def faults(document: Mapping[str, Any], folder: Path, trusted_key: str = "") -> Iterator[str]:
    """Yield one sentence per thing that does not hold: signature, key, content, each file a manifest names."""
    trust = Trust(frozenset({fingerprint_of(b64decode(trusted_key))}), "the key you gave") if trusted_key else None
    yield from document_faults(document, folder, trust or NOTHING_GIVEN)


def document_faults(document: Mapping[str, Any], folder: Path, trust: Trust) -> Iterator[str]:
    """Yield the faults of a document whose files lie in a folder."""
    yield from opened_faults(document, lambda name: (folder / Path(name).name).open("rb"), trust)


def opened_faults(
    document: Mapping[str, Any], open_file: Opener, trust: Trust, proven: list[Checked] | None = None
) -> Iterator[str]:
    """Yield one sentence per thing that does not hold in a document, as far as the reader's trust goes.

    What was proven of an export's entries is added to `proven`.
    """
    try:
        signature, payload = document["signature"], document["payload"]
        public = b64decode(signature["public_key"], validate=True)
        claimed = signature["key_id"]
        Ed25519PublicKey.from_public_bytes(public).verify(
            b64decode(signature["value"], validate=True), canonical_bytes(payload)
        )
        files = list(payload.get("files", []))
    except (KeyError, TypeError, ValueError, AttributeError, Base64Error):
        yield "This is not a signed document of Resguardo: it wants a payload and a signature."
        return
    except InvalidSignature:
        yield "The signature does not match: the document was altered after it was signed."
        return
    if claimed != key_name(public):
        yield "The document names another key than the one that signed it."
    if trust.source and fingerprint_of(public) not in trust.fingerprints:
        yield f"The document is signed, but not by {trust.source}."
    if payload.get("type") == verify_purges.TYPE:
        yield from verify_purges.purge_faults(payload)
    broken = list(_file_faults(files, open_file))
    yield from broken
    if payload.get("type") == verify_exports.TYPE and not any(fault.endswith(_MISSING) for fault in broken):
        check = partial(verify_exports.check_export, payload, open_file)
        yield from _history_faults(payload, check, trust, [] if proven is None else proven)
    if payload.get("type") == verify_exports.OWN_TYPE and payload.get("proof") is not None:
        check = partial(verify_exports.check_own_history, payload)
        yield from _history_faults(payload, check, trust, [] if proven is None else proven)


def _file_faults(files: list[Mapping[str, Any]], open_file: Opener) -> Iterator[str]:
    for entry in files:
        name = Path(str(entry["name"])).name
        try:
            with open_file(name) as file:
                digest = sha256()
                while chunk := file.read(1 << 20):
                    digest.update(chunk)
        except (OSError, KeyError):
            yield f"{name} {_MISSING}"
            continue
        if digest.hexdigest() != entry["sha256"]:
            yield f"{name} is not the file that was exported: its SHA-256 differs from the manifest's."


def _history_faults(
    payload: Mapping[str, Any], check: Callable[[], Checked], trust: Trust, proven: list[Checked]
) -> Iterator[str]:
    try:
        log_key = fingerprint_of(verify_exports.log_key(payload))
        proven.append(check())
    except (ProofError, OSError, KeyError, TypeError, ValueError) as error:
        yield str(error) if isinstance(error, ProofError) else f"The export is not in the specified form ({error!r})."
        return
    if trust.log_fingerprints is not None and log_key not in trust.log_fingerprints:
        yield f"The checkpoint is signed, but not by a key of the ledger's in {trust.source}."


def inclusion_faults(payload: Mapping[str, Any], inclusion: Mapping[str, Any], keys: Path | None) -> Iterator[str]:
    """Yield what keeps an entry with its proof from showing that the log holds the entry a document names."""
    try:
        line, named = inclusion["line"], payload["ledger"]
        if (line["entry"], line["kind"], line["commitment"]) != (named["entry"], named["kind"], named["commitment"]):
            yield "The proof is of another entry than the document names."
        check_entries([line], inclusion["proof"], Ed25519PublicKey.from_public_bytes(_log_key(keys)))
    except ProofError as error:
        yield f"The proof of the ledger entry does not hold: {error}"
    except (KeyError, TypeError) as error:
        yield f"Document or proof does not name a ledger entry ({error!r})."


def _log_key(keys: Path | None) -> bytes:
    """Return the newest key of the ledger's in the published list."""
    if keys is None:
        raise UnreadableError("--proof needs --keys: the list has the key that signs the ledger's checkpoints.")
    read_trust(keys=keys)
    listed = [entry for entry in json.loads(keys.read_bytes())["keys"] if entry["use"] == CHECKPOINTS]
    if not listed:
        raise UnreadableError(f"{keys}: has no key of the ledger's.")
    return _decoded(listed[0]["public_key"])


def read_trust(*, key: str = "", fingerprint: str = "", keys: Path | None = None) -> Trust:
    """Return whom the reader trusts, by the first of the options that is given. Raises UnreadableError."""
    if key:
        return Trust(frozenset({fingerprint_of(_decoded(key))}), "the key you gave")
    if fingerprint:
        digits = fingerprint.replace(":", "").replace(" ", "").lower()
        if len(digits) != 64 or not set(digits) <= set("0123456789abcdef"):
            raise UnreadableError("--fingerprint: give all 64 hexadecimal digits; a part of them can be imitated.")
        return Trust(frozenset({digits}), "a key with the fingerprint you gave")
    return _published(keys) if keys else NOTHING_GIVEN


def _published(keys: Path) -> Trust:
    """Read the published list of keys; each must have the fingerprint it states."""
    found: dict[str, set[str]] = {RECEIPTS: set(), CHECKPOINTS: set()}
    try:
        for entry in json.loads(keys.read_bytes())["keys"]:
            fingerprint = fingerprint_of(_decoded(entry["public_key"]))
            if fingerprint != entry["fingerprint"]:
                raise UnreadableError(f"{keys}: a key in it does not have the fingerprint that is stated.")
            found.setdefault(entry["use"], set()).add(fingerprint)
    except (OSError, KeyError, TypeError) as error:
        raise UnreadableError(f"{keys}: is not a published list of keys ({error}).") from error
    return Trust(frozenset(found[RECEIPTS]), f"a key for documents in {keys.name}", frozenset(found[CHECKPOINTS]))


def _decoded(key: str) -> bytes:
    try:
        public = b64decode(key, validate=True)
    except Base64Error as error:
        raise UnreadableError(f"A public key is 32 bytes in base64 ({error}).") from error
    if len(public) != 32:
        raise UnreadableError(f"A public key has 32 bytes, not {len(public)}.")
    return public


def _report(document: Mapping[str, Any], checked: Checked | None, trust: Trust) -> Iterator[str]:
    """Yield what a document without faults proves, and what it does not."""
    signature, payload = document["signature"], document["payload"]
    fingerprint = fingerprint_of(b64decode(signature["public_key"]))
    yield f"SHA-256 of the signed document: {sha256(canonical_bytes(document)).hexdigest()}"
    yield f"Signed by the key {signature['key_id']}, fingerprint {fingerprint}."
    yield "Proven: nobody altered it since it was signed; every file it names is unaltered."
    if trust.source:
        yield f"Proven: it was signed by {trust.source}."
    else:
        yield (
            "NOT proven: whose key that is. Compare the fingerprint with the one that the provider publishes,"
            " or give --keys, --fingerprint or --key."
        )
    if payload.get("type") == verify_purges.TYPE:
        yield from _report_purge(payload)
    if checked is not None:
        yield from _report_history(payload, checked, trust)
    elif payload.get("type") == verify_exports.OWN_TYPE:
        yield f"NOT proven: the disclosures in it. {payload['states']}"
    if payload.get("type") == verify_exports.OWN_TYPE:
        yield f"Stated, not proven: {len(payload['later'])} later disclosures, consents and looks."


def _report_history(payload: Mapping[str, Any], checked: Checked, trust: Trust) -> Iterator[str]:
    counts = payload["counts"]
    yield f"{counts['released']} disclosures and {counts['denied']} refusals are told, {checked.opened} entries opened."
    yield (
        f"Proven: {checked.claim}; {checked.entries} entries, none altered, under the checkpoint of"
        f" {checked.checkpoint.origin} over {checked.checkpoint.size} entries."
    )
    yield f"Stated by the exporter, not proven: {payload['states']}"
    if trust.log_fingerprints is None:
        fingerprint = fingerprint_of(verify_exports.log_key(payload))
        yield f"NOT proven: that the ledger's key is the provider's; its fingerprint is {fingerprint} (give --keys)."


def _report_purge(payload: Mapping[str, Any]) -> Iterator[str]:
    yield from verify_purges.purge_summary(payload)
    yield (
        "Proven: sums add up, every step lies before its bound, bounds follow from period and day, no step dropped more"
        " than was approved, and the ledger entry's evidence is this content."
        if payload["version"] > 1
        else "Proven: sums add up and every step lies before its bound. Version 1 opens neither plan nor ledger entry."
    )
    yield (
        f"NOT proven: that the ledger's tree holds entry {payload['ledger']['entry']} (--proof, with what the"
        " provider's /ledger/inclusion/ answers), and that no copy exists elsewhere, such as in backups."
    )


def main(arguments: list[str] | None = None, *, program: str = "python -m ledger.verify") -> int:
    """Run the command line as `program` is called; return its exit status."""
    parser = argparse.ArgumentParser(prog=program, description="Check a signed document offline.")
    parser.add_argument("file", type=Path)
    trusted = parser.add_mutually_exclusive_group()
    trusted.add_argument("--keys", type=Path, help="the provider's published list of keys, kept as a file")
    trusted.add_argument("--fingerprint", default="", help="the published fingerprint of the key: 64 digits")
    trusted.add_argument("--key", default="", help="the provider's published public key, in base64")
    parser.add_argument("--proof", type=Path, help="what the provider's /ledger/inclusion/<entry> answered, as a file")
    options = parser.parse_args(arguments)
    try:
        trust = read_trust(key=options.key, fingerprint=options.fingerprint, keys=options.keys)
        with _opener(options.file) as open_file:
            document = _read(options.file, open_file)
            if {"line", "proof"} <= document.keys():
                return _verify_entry(options.file.name, document, options.keys)
            status = _verify(options.file.name, document, open_file, trust)
        return status or (_verify_inclusion(document, options.proof, options.keys) if options.proof else 0)
    except UnreadableError as error:
        print(error)
        return 1


def _verify(name: str, document: Mapping[str, Any], open_file: Opener, trust: Trust) -> int:
    proven: list[Checked] = []
    found = list(opened_faults(document, open_file, trust, proven))
    for fault in found:
        print(f"{name}: {fault}")
    if not found:
        print(f"{name}: valid.")
        for line in _report(document, proven[0] if proven else None, trust):
            print(f"  {line}")
    return 1 if found else 0


def _verify_inclusion(document: Mapping[str, Any], proof: Path, keys: Path | None) -> int:
    with _opener(proof) as open_file:
        found = list(inclusion_faults(document["payload"], _read(proof, open_file), keys))
    for fault in found:
        print(f"{proof.name}: {fault}")
    if not found:
        print(f"{proof.name}: Proven: the ledger's signed tree holds the entry that the document names.")
    return 1 if found else 0


def _verify_entry(name: str, document: Mapping[str, Any], keys: Path | None) -> int:
    """Check an entry that came with its proof, by itself."""
    try:
        checked = check_entries(
            [document["line"]], document["proof"], Ed25519PublicKey.from_public_bytes(_log_key(keys))
        )
    except ProofError as error:
        print(f"{name}: {error}")
        return 1
    print(f"{name}: valid.")
    print(
        f"  Proven: entry {document['line']['entry']} of kind {document['line']['kind']} is in the log as it stands,"
        f" under the checkpoint of {checked.checkpoint.origin} over {checked.checkpoint.size} entries."
    )
    return 0


@contextmanager
def _opener(file: Path) -> Iterator[Opener]:
    """Open the files of a zip, or those beside a document."""
    if not is_zipfile(file):
        yield lambda name: (file.parent / Path(name).name).open("rb")
        return
    with ZipFile(file) as archive:
        yield lambda name: cast(BinaryIO, archive.open(name))


def _read(file: Path, open_file: Opener) -> dict[str, Any]:
    name = MANIFEST if is_zipfile(file) else file.name
    try:
        with open_file(name) as opened:
            document = json.loads(opened.read())
    except (OSError, ValueError, KeyError, BadZipFile, RecursionError) as error:
        raise UnreadableError(f"{file}: cannot be read as JSON ({error}).") from error
    return document if isinstance(document, dict) else {}


if __name__ == "__main__":
    sys.exit(main())
