"""COPY of rows that are there, into tables of the same shape: what PostgreSQL takes to store them at all."""

from collections.abc import Sequence

from portal import databases

_TABLES = ("ledger_entry", "consent_consent", "consent_servednotice", "consent_consentversion", "consent_receipt")


class SameRows:
    """The rows that were written last in five tables, held in memory, and logged tables to copy them into.

    Those have the columns, indexes and checks of the real ones, but no triggers and no foreign keys.
    """

    def __init__(self, rows: int) -> None:
        self._content: dict[str, Sequence[bytes]] = {}
        with databases.login("deploy").connect(autocommit=True) as owner:
            for table in _TABLES:
                owner.execute(f"CREATE TABLE copied_{table} (LIKE {table} INCLUDING ALL)")
                query = f"COPY (SELECT * FROM {table} ORDER BY id DESC LIMIT {rows}) TO STDOUT"  # noqa: S608 (names of our own tables)
                with owner.cursor().copy(query) as copy:
                    self._content[table] = [bytes(block) for block in copy]

    @property
    def bytes(self) -> int:
        """Return how much is copied, as text."""
        return sum(len(block) for blocks in self._content.values() for block in blocks)

    def copy(self) -> None:
        """Copy all of them in one transaction."""
        with databases.login("deploy").connect() as owner:
            for table, blocks in self._content.items():
                with owner.cursor().copy(f"COPY copied_{table} FROM STDIN") as copy:
                    for block in blocks:
                        copy.write(block)

    def empty(self) -> None:
        """Empty the copies for the next time."""
        with databases.login("deploy").connect(autocommit=True) as owner:
            owner.execute("TRUNCATE " + ", ".join(f"copied_{table}" for table in self._content))
