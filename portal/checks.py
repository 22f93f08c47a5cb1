from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DEFAULT_DB_ALIAS

from portal import database_guards

_CODES = {
    database_guards.APPEND_ONLY: "portal.E001",
    database_guards.TRIGGERS: "portal.E002",
    database_guards.ROW_SECURITY: "portal.E003",
    database_guards.RETENTION: "portal.E004",
}


@register(Tags.database)
def the_databases_guards_stand(
    app_configs: Sequence[Any] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Fail where the database lacks a guard that the portal relies on; only warn of migrations, since migrate asks."""
    if DEFAULT_DB_ALIAS not in (databases or ()) or database_guards.is_new():
        return []
    return [_message(fault) for fault in database_guards.faults()]


def _message(fault: database_guards.Fault) -> CheckMessage:
    if fault.kind == database_guards.MIGRATIONS:
        return Warning(
            f"Migrations are {fault.detail}.",
            hint="Run `python manage.py migrate`, then check again.",
            id="portal.W001",
        )
    return Error(
        f"{fault.kind}: {fault.detail}.",
        hint="Find out who changed it, then see docs/operations.md, “When a guard is gone”.",
        id=_CODES[fault.kind],
    )
