from django.db import connection


def lock_account(account_id: int) -> None:
    """Wait until no other transaction stores an account's usage, and keep others waiting until this one ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('energy account'), hashint8(%s))", [account_id])
