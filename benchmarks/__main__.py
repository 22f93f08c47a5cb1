"""`make bench`: measure against the references, print a table, write build/bench.json.

`make bench ONLY=name` runs one; `make bench FULL=1` the largest sizes, too.
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict

from benchmarks.database import BUILD, own_database
from benchmarks.measuring import Measurement


def main() -> int:
    with own_database():
        from benchmarks import (  # noqa: PLC0415 (they need Django set up)
            consents,
            disclosures_export,
            imports,
            ledger,
            own_history,
            releases,
            storage,
            usage_page,
        )
        from benchmarks.retention import growth, purging, reading, trimming  # noqa: PLC0415

        benches: dict[str, Callable[[], list[Measurement]]] = {
            "import_350k": imports.import_350k,
            "import_ten_files": imports.import_ten_files,
            "import_memory": imports.import_memory,
            "storage": storage.storage,
            "usage_page": usage_page.usage_page,
            "purge": lambda: purging.purge(is_full=options.full),
            "purge_growth": growth.purge_growth,
            "trim": trimming.trim,
            "purge_readers": reading.purge_readers,
            "consent_covering": lambda: consents.consent_covering(is_full=options.full),
            "consent_granting": consents.consent_granting,
            "release_one": releases.release_one,
            "release_many": lambda: releases.release_many(is_full=options.full),
            "consent_bulk": consents.consent_bulk,
            "ledger_appends": lambda: ledger.ledger_appends(is_full=options.full),
            "disclosures_export": lambda: disclosures_export.disclosures_export(is_full=options.full),
            "own_history": lambda: own_history.own_history(is_full=options.full),
        }
        parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
        parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(benches))
        parser.add_argument("--only", action="append", default=[], metavar="NAME", help="the same")
        parser.add_argument("--full", action="store_true", help="the largest sizes, too: an hour, 60 GB of disk")
        options = parser.parse_args()
        chosen = [*options.names, *options.only] or list(benches)
        if unknown := set(chosen) - set(benches):
            parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(benches)}")
        found = [measurement for name in chosen for measurement in _tell(benches[name]())]
    BUILD.mkdir(exist_ok=True)
    (BUILD / "bench.json").write_text(json.dumps([asdict(each) for each in found], indent=2) + "\n")
    print(f"\nWritten to {BUILD / 'bench.json'}.")
    return 0 if all(each.met for each in found) else 1


def _tell(found: list[Measurement]) -> list[Measurement]:
    for each in found:
        verdict = "met" if each.met else "NOT MET"
        limit = "only shown" if each.limit is None else f"at most {each.limit:g}: {verdict}"
        print(
            f"{each.name:22} {each.value:>10,.3f} {each.unit:14} {each.reference}: {each.reference_value:,.3f}"
            f"   ratio {each.ratio:.4g}, {limit}",
            flush=True,
        )
    return found


if __name__ == "__main__":
    sys.exit(main())
