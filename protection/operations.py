"""Migration operations for the rules that only the database can hold: append-only tables and row security.

They write plain SQL. Role names come from `settings.DATABASE_ROLES`, since roles belong to the whole cluster and carry
the database's name.
"""

from typing import Any

from django.conf import settings
from django.db.migrations.operations.base import Operation, OperationCategory

_TRIGGER_PREFIX = "append_only"
_ALWAYS_ON_PARTITIONS = """
DO $$
DECLARE
    child regclass;
BEGIN
    FOR child IN SELECT inhrelid FROM pg_inherits WHERE inhparent = '{table}'::regclass LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER {trigger}', child);
    END LOOP;
END
$$
"""


def role(kind: str) -> str:
    """Return the quoted database role of a kind: owner, months, deploy, web, worker or purge."""
    return '"' + settings.DATABASE_ROLES[kind].replace('"', '""') + '"'


def roles(*kinds: str) -> str:
    """Return several quoted roles, separated by commas."""
    return ", ".join(role(kind) for kind in kinds)


class TableRule(Operation):
    """Run SQL for one table, forwards and backwards; the state of the models is not touched."""

    reversible = True
    reduces_to_sql = True
    category = OperationCategory.SQL

    def __init__(self, table: str) -> None:
        self.table = table

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        return type(self).__name__, (self.table,), {}

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Leave the models' state alone."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for statement in self.forwards():
            schema_editor.execute(statement, params=None)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for statement in self.backwards():
            schema_editor.execute(statement, params=None)

    def describe(self) -> str:
        return f"{type(self).__name__} on {self.table}"

    def forwards(self) -> list[str]:
        """Return the statements that set the rule."""
        return []

    def backwards(self) -> list[str]:
        """Return the statements that take it away."""
        return []


class AppendOnly(TableRule):
    """Refuse UPDATE, DELETE and TRUNCATE on a table: no grant, and triggers that fire for everyone.

    With `purge_may_delete` the purge role alone may delete rows, where a retention rule has them deleted. On a
    partitioned table the row trigger is inherited by every partition; guard each partition against TRUNCATE with
    `guard_partition_sql`. ENABLE ALWAYS keeps the triggers firing under session_replication_role = replica.
    """

    def __init__(self, table: str, *, purge_may_delete: bool = False) -> None:
        super().__init__(table)
        self.purge_may_delete = purge_may_delete

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        return type(self).__name__, (self.table,), {"purge_may_delete": self.purge_may_delete}

    def forwards(self) -> list[str]:
        argument = settings.DATABASE_ROLES["purge"].replace("'", "''") if self.purge_may_delete else ""
        statements = [
            f"REVOKE UPDATE, DELETE, TRUNCATE ON {self.table} FROM {roles('web', 'worker', 'purge')}",
            (
                f"CREATE TRIGGER {_TRIGGER_PREFIX}_row BEFORE UPDATE OR DELETE ON {self.table}"
                f" FOR EACH ROW EXECUTE FUNCTION rg_refuse_change('{argument}')"
            ),
            (
                f"CREATE TRIGGER {_TRIGGER_PREFIX}_truncate BEFORE TRUNCATE ON {self.table}"
                " FOR EACH STATEMENT EXECUTE FUNCTION rg_refuse_change('')"
            ),
            f"ALTER TABLE {self.table} ENABLE ALWAYS TRIGGER {_TRIGGER_PREFIX}_row",
            f"ALTER TABLE {self.table} ENABLE ALWAYS TRIGGER {_TRIGGER_PREFIX}_truncate",
        ]
        if self.purge_may_delete:
            statements.append(f"GRANT DELETE ON {self.table} TO {role('purge')}")
        return statements

    def backwards(self) -> list[str]:
        return [
            f"DROP TRIGGER {_TRIGGER_PREFIX}_row ON {self.table}",
            f"DROP TRIGGER {_TRIGGER_PREFIX}_truncate ON {self.table}",
            f"GRANT UPDATE, DELETE ON {self.table} TO {roles('web', 'worker')}",
        ]


class LetPurgeDelete(TableRule):
    """Let the purge role alone delete rows of a table that `AppendOnly` guarded without `purge_may_delete`."""

    def forwards(self) -> list[str]:
        return [*self._exchange(settings.DATABASE_ROLES["purge"]), f"GRANT DELETE ON {self.table} TO {role('purge')}"]

    def backwards(self) -> list[str]:
        return [f"REVOKE DELETE ON {self.table} FROM {role('purge')}", *self._exchange("")]

    def _exchange(self, may_delete: str) -> list[str]:
        """Return what puts another row trigger in place, on every partition too, each of which needs ENABLE ALWAYS."""
        trigger, argument = f"{_TRIGGER_PREFIX}_row", may_delete.replace("'", "''")
        return [
            f"DROP TRIGGER {trigger} ON {self.table}",
            (
                f"CREATE TRIGGER {trigger} BEFORE UPDATE OR DELETE ON {self.table}"
                f" FOR EACH ROW EXECUTE FUNCTION rg_refuse_change('{argument}')"
            ),
            f"ALTER TABLE {self.table} ENABLE ALWAYS TRIGGER {trigger}",
            _ALWAYS_ON_PARTITIONS.format(table=self.table, trigger=trigger),
        ]


class GrantPurgeDelete(TableRule):
    """Let the purge role delete rows of a table whose retention rule has rows deleted."""

    def forwards(self) -> list[str]:
        return [f"GRANT DELETE ON {self.table} TO {role('purge')}"]

    def backwards(self) -> list[str]:
        return [f"REVOKE DELETE ON {self.table} FROM {role('purge')}"]


class RowSecurity(TableRule):
    """Force row security on a table: the provider sees all, a subject only rows of their customers or accounts.

    Give the column that names the customer or the account (or both: either suffices), or `using`: SQL for what a
    non-provider may see. `insert` (default: same as `using`) says what a non-provider may write.
    Migrations and the purge role see every row.
    """

    def __init__(self, table: str, *, customer: str = "", account: str = "", using: str = "", check: str = "") -> None:
        super().__init__(table)
        self.customer, self.account, self.using, self.check = customer, account, using, check

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        given = {"customer": self.customer, "account": self.account, "using": self.using, "check": self.check}
        return type(self).__name__, (self.table,), {name: value for name, value in given.items() if value}

    def forwards(self) -> list[str]:
        seen = " OR ".join(["(SELECT rg_scope()) = 'provider'", *self._conditions()])
        keepers = roles("owner", "months", "purge")
        written = f"(SELECT rg_scope()) = 'provider' OR ({self.check})" if self.check else seen
        return [
            f"ALTER TABLE {self.table} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {self.table} FORCE ROW LEVEL SECURITY",
            f"CREATE POLICY scope ON {self.table} TO {roles('web', 'worker')} USING ({seen}) WITH CHECK ({written})",
            f"CREATE POLICY keeper ON {self.table} TO {keepers} USING (true) WITH CHECK (true)",
        ]

    def backwards(self) -> list[str]:
        return [
            f"DROP POLICY scope ON {self.table}",
            f"DROP POLICY keeper ON {self.table}",
            f"ALTER TABLE {self.table} NO FORCE ROW LEVEL SECURITY",
            f"ALTER TABLE {self.table} DISABLE ROW LEVEL SECURITY",
        ]

    def _conditions(self) -> list[str]:
        conditions = []
        if self.customer:
            conditions.append(f"{self.customer} = ANY ((SELECT rg_customers())::bigint[])")
        if self.account:
            conditions.append(f"{self.account} = ANY ((SELECT rg_accounts())::bigint[])")
        if self.using:
            conditions.append(f"({self.using})")
        if not conditions:
            raise ValueError(f"RowSecurity on {self.table} needs customer=, account= or using=.")
        return conditions


def guard_partition_sql(partition: str) -> str:
    """Return the SQL that refuses TRUNCATE on one partition of an append-only table (not inherited from the parent)."""
    return (
        f"CREATE TRIGGER {_TRIGGER_PREFIX}_truncate BEFORE TRUNCATE ON {partition}"
        " FOR EACH STATEMENT EXECUTE FUNCTION rg_refuse_change('');"
        f" ALTER TABLE {partition} ENABLE ALWAYS TRIGGER {_TRIGGER_PREFIX}_truncate"
    )
