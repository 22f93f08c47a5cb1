"""Check a signed document of Resguardo offline: `python -m ledger.verify FILE [--key BASE64]`.

Needs Python and `cryptography` only. FILE is a certificate, receipt or manifest: one signed envelope. Files that a
manifest names are looked for beside it and compared with their recorded SHA-256. Exits 1 when anything does not hold.
"""

import argparse
import json
import sys
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.canonical import canonical_bytes


def key_name(public: bytes) -> str:
    """Return what a key is called: the first 16 hexadecimal digits of the SHA-256 of its 32 bytes."""
    return sha256(public).hexdigest()[:16]


def faults(document: Mapping[str, Any], folder: Path, trusted_key: str = "") -> Iterator[str]:
    """Yield one sentence per thing that does not hold: the signature, the key, each file a manifest names."""
    try:
        signature, payload = document["signature"], document["payload"]
        public = b64decode(signature["public_key"], validate=True)
        claimed = signature["key_id"]
        Ed25519PublicKey.from_public_bytes(public).verify(
            b64decode(signature["value"], validate=True), canonical_bytes(payload)
        )
    except (KeyError, TypeError, ValueError, Base64Error):
        yield "This is not a signed document of Resguardo: it wants a payload and a signature."
        return
    except InvalidSignature:
        yield "The signature does not match: the document was altered after it was signed."
        return
    if claimed != key_name(public):
        yield "The document names another key than the one that signed it."
    if trusted_key and public != b64decode(trusted_key):
        yield "The document is signed, but not by the key you gave."
    yield from _file_faults(payload.get("files", []), folder)


def _file_faults(files: list[Mapping[str, Any]], folder: Path) -> Iterator[str]:
    for entry in files:
        path = folder / Path(str(entry["name"])).name
        if not path.is_file():
            yield f"{path.name} is missing beside the manifest."
            continue
        with path.open("rb") as file:
            digest = sha256()
            while chunk := file.read(1 << 20):
                digest.update(chunk)
        if digest.hexdigest() != entry["sha256"]:
            yield f"{path.name} is not the file that was exported: its SHA-256 differs from the manifest's."


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m ledger.verify", description="Check a signed document offline.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--key", default="", help="the provider's published public key, in base64")
    options = parser.parse_args(arguments)
    try:
        document = json.loads(options.file.read_bytes())
    except (OSError, ValueError) as error:
        print(f"{options.file}: cannot be read as JSON ({error}).")
        return 1
    found = list(faults(document if isinstance(document, dict) else {}, options.file.parent, options.key))
    for fault in found:
        print(f"{options.file.name}: {fault}")
    if not found:
        key = document["signature"]["key_id"]
        compared = "the key you gave" if options.key else f"key {key} (compare it with the published one: --key)"
        print(f"{options.file.name}: valid, signed by {compared}; every file it names is unaltered.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
