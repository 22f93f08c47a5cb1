"""Whose rows a transaction may see: the context that row security policies read.

Nothing is visible by default. Each context manager opens a transaction (or a savepoint) and sets the scope for it
alone, so that a pooled connection never carries one person's scope to another. On leaving, the outer scope is back.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import connection, transaction

_SETTINGS = ("scope", "user", "customers", "accounts", "recipient")


@contextmanager
def provider_rows() -> Iterator[None]:
    """See every row, for staff who may, and for the provider's own jobs."""
    with _scope(scope="provider"):
        yield


@contextmanager
def subject_rows(*, user_id: int, customers: Iterable[int] = (), accounts: Iterable[int] = ()) -> Iterator[None]:
    """See only the rows of these customers and accounts, and the user's own memberships."""
    with _scope(scope="subject", user=str(user_id), customers=_array(customers), accounts=_array(accounts)):
        yield


@contextmanager
def recipient_rows(recipient_id: int) -> Iterator[None]:
    """See only what concerns this recipient."""
    with _scope(scope="recipient", recipient=str(recipient_id)):
        yield


@contextmanager
def no_rows() -> Iterator[None]:
    """See no customer's rows."""
    with _scope(scope="none"):
        yield


def see_provider_rows() -> None:
    """See every row until the surrounding scope is left, which puts back what was seen before.

    For a request whose sender is known only inside the view: the API's clients sign in there.
    """
    _exchange({**dict.fromkeys(_SETTINGS, ""), "scope": "provider"})


def _array(ids: Iterable[int]) -> str:
    return "{" + ",".join(str(int(value)) for value in ids) + "}"


@contextmanager
def _scope(**values: str) -> Iterator[None]:
    with transaction.atomic():
        outer = _exchange({name: values.get(name, "") for name in _SETTINGS})
        yield
        _exchange(outer)


def _exchange(values: dict[str, str]) -> dict[str, str]:
    """Set all five settings for this transaction and return what they were; an error rolls them back."""
    current = ", ".join(f"coalesce(current_setting('resguardo.{name}', true), '')" for name in _SETTINGS)
    change = ", ".join(f"set_config('resguardo.{name}', %s, true)" for name in _SETTINGS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH before AS MATERIALIZED (SELECT {current}) SELECT before.*, {change} FROM before",  # noqa: S608
            list(values.values()),
        )
        row = cursor.fetchone()
    return dict(zip(_SETTINGS, row[: len(_SETTINGS)], strict=True))
