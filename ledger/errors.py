class LedgerBrokenError(Exception):
    """The ledger contradicts itself or its checkpoints outside the database; nothing is sealed until that is cleared.

    After a restore from a backup this is to be expected: see docs/operations.md, Backup and restore.
    """


class NotProvableError(Exception):
    """What is to be proven is not sealed yet, or is nothing; the message says what to do."""
