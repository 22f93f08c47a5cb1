"""Which stores of rows, files and keys may have anything past its time: one question for all of them.

A store's probe is its clock alone, which an index answers; whether what it finds is due, held or still needed is asked
only of the stores that have some. Their SQL is composed once in a process, since that takes longer than to answer it.
"""

from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Value

from retention.disposal.registry import Store, store_named

_SOME_DAY = date(1900, 1, 1)
"""Stands in the composed SQL for the day before which rows are past their time."""


def with_candidates(befores: Iterable[tuple[Store, date]]) -> set[str]:
    """Return the names of those stores that have a row whose clock started before their day."""
    questions: list[str] = []
    parameters: list[Any] = []
    for store, before in befores:
        statement, arguments = _probe(store.name)
        questions.append(f"SELECT %s::text WHERE EXISTS ({statement})")
        day = {store.moment(_SOME_DAY): store.moment(before)}
        parameters += [store.name, *(day.get(argument, argument) for argument in arguments)]
    if not questions:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(questions), parameters)
        return {name for (name,) in cursor.fetchall()}


@cache
def _probe(name: str) -> tuple[str, tuple[Any, ...]]:
    store = store_named(name)
    candidates = store.candidates(_SOME_DAY).order_by().annotate(probe=Value(1)).values("probe")
    statement, arguments = candidates.query.sql_with_params()
    return statement, tuple(arguments)
