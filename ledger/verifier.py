"""Pack the offline verifier into one file that runs by itself: `python -m ledger.verifier FILE`.

The file is a zipapp (Python's `zipapp` format): it needs Python 3.11 or later and `cryptography`, no portal, no
network. The same source gives the same bytes, so its SHA-256 can be compared with one that came from
elsewhere, such as a copy packed from the published source.
"""

import sys
from functools import cache
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile, ZipInfo

FILE_NAME = "resguardo-verify.pyz"

MODULES = (
    "__init__",
    "canonical",
    "checkpoints",
    "completeness",
    "leaves",
    "merkle",
    "proofs",
    "verify",
    "verify_exports",
    "verify_purges",
)
"""What the verifier consists of: none of these imports Django, or a module that is not among them."""

_START = f"""import sys

from ledger.verify import main

sys.exit(main(program="python {FILE_NAME}"))
"""


@cache
def verifier() -> bytes:
    """Return the zipapp: not compressed and without times, so that nothing but the source decides its bytes."""
    contents = BytesIO(b"#!/usr/bin/env python3\n")
    contents.seek(0, 2)
    folder = Path(__file__).parent
    with ZipFile(contents, "a", ZIP_STORED) as archive:
        for name in MODULES:
            archive.writestr(ZipInfo(f"ledger/{name}.py"), (folder / f"{name}.py").read_bytes())
        archive.writestr(ZipInfo("__main__.py"), _START)
    return contents.getvalue()


def main(arguments: list[str]) -> int:
    """Write the zipapp to the file that is named, and say its SHA-256; return the exit status."""
    if len(arguments) != 1:
        print(f"Give the file to write, for instance {FILE_NAME}.", file=sys.stderr)
        return 2
    Path(arguments[0]).write_bytes(verifier())
    print(f"{sha256(verifier()).hexdigest()}  {arguments[0]}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
