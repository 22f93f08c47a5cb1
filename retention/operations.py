"""Migration operations for tables that retention writes once and then only closes."""

from collections.abc import Iterable
from typing import Any

from protection.operations import TableRule, roles


class WriteOnce(TableRule):
    """Refuse every change of a table's rows but writing the `closing` columns, once each, where they are empty.

    Also under session_replication_role = replica (ENABLE ALWAYS). Nobody at run time gets the right to delete.
    """

    def __init__(self, table: str, *, closing: Iterable[str] = ()) -> None:
        super().__init__(table)
        self.closing = tuple(closing)

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        return type(self).__name__, (self.table,), {"closing": self.closing}

    def forwards(self) -> list[str]:
        arguments = ", ".join(f"'{column}'" for column in self.closing)
        return [
            f"REVOKE DELETE, TRUNCATE ON {self.table} FROM {roles('web', 'worker', 'purge')}",
            f"REVOKE INSERT, UPDATE ON {self.table} FROM {roles('purge')}",
            (
                f"CREATE TRIGGER write_once BEFORE UPDATE OR DELETE ON {self.table}"
                f" FOR EACH ROW EXECUTE FUNCTION retention_write_once({arguments})"
            ),
            (
                f"CREATE TRIGGER write_once_truncate BEFORE TRUNCATE ON {self.table}"
                " FOR EACH STATEMENT EXECUTE FUNCTION retention_write_once()"
            ),
            f"ALTER TABLE {self.table} ENABLE ALWAYS TRIGGER write_once",
            f"ALTER TABLE {self.table} ENABLE ALWAYS TRIGGER write_once_truncate",
        ]

    def backwards(self) -> list[str]:
        return [
            f"DROP TRIGGER write_once ON {self.table}",
            f"DROP TRIGGER write_once_truncate ON {self.table}",
        ]
