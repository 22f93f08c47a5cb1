from collections.abc import Collection

from django.db import connection

_MOST_LOCKS = 200
"""Locks are few: a server keeps room for 64 a connection."""


def lock_account(account_id: int) -> None:
    """Wait until no other transaction stores an account's usage, and keep others waiting until this one ends."""
    lock_accounts([account_id])


def lock_accounts(account_ids: Collection[int]) -> None:
    """Lock the usage of several accounts as `lock_account` does; of very many by locking that of all."""
    with connection.cursor() as cursor:
        if len(account_ids) > _MOST_LOCKS:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('energy accounts'))")
            return
        cursor.execute("SELECT pg_advisory_xact_lock_shared(hashtext('energy accounts'))")
        for account_id in sorted(account_ids):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('energy account'), hashint8(%s))", [account_id])
