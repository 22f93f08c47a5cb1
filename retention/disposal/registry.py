"""Every store that the purge empties, by retention class, as each package declares it in its `disposal.py`.

`retention.disposal.lower` declares those of the packages below; the ones above call `register` from their own module,
which Django imports when it starts.
"""

from collections.abc import Sequence
from datetime import date, datetime
from graphlib import TopologicalSorter
from typing import Any, Protocol

from django.db.models import Model, Q, QuerySet
from django.utils.functional import Promise

from retention.disposal.stores import STORES
from retention.errors import RetentionError
from retention.models import PurgeRun


class Disposal(Protocol):
    """How much went: rows or files, and the bytes of the files."""

    @property
    def count(self) -> int: ...

    @property
    def bytes(self) -> int: ...


class Store(Protocol):
    """What a retention class disposes of in batches: rows to delete, files, keys, columns to blank."""

    @property
    def retention_class(self) -> str: ...

    @property
    def model(self) -> type[Model]: ...

    @property
    def name(self) -> str:
        """Return what plans, items and certificates call the store."""

    @property
    def key(self) -> str:
        """Return the attribute that tells rows apart."""

    @property
    def action(self) -> str:
        """Return the action of PurgeItem by which it is emptied."""

    @property
    def models(self) -> frozenset[type[Model]]:
        """Return the models whose rows it disposes of."""

    @property
    def with_rows(self) -> tuple[tuple[type[Model], str], ...]:
        """Return the models whose rows go with its rows, each with the path from them to its row."""

    @property
    def must_precede(self) -> frozenset[type[Model]]:
        """Return the models whose rows may go only after it."""

    @property
    def hangers_precede(self) -> frozenset[type[Model]]:
        """Return the models whose rows may go only after what goes with its rows."""

    def candidates(self, before: date) -> QuerySet[Any]:
        """Return rows that are found quickly and among which, where there are none, nothing is past its time."""

    def moment(self, day: date) -> date | datetime:
        """Return a day as the clock of these rows has it."""

    def due(self, before: date) -> QuerySet[Any]:
        """Return what is past its time, held or not."""

    def disposable(self, before: date) -> QuerySet[Any]:
        """Return what is past its time and can go now, held or not, with `cutoff_event`."""

    def held(self, before: date) -> QuerySet[Any]:
        """Return what is past its time and held."""

    def oldest(self) -> date | None:
        """Return the civil day on which the oldest clock started."""

    def day_of(self, value: date | datetime | None) -> date | None:
        """Return the civil day of a cutoff event, where the provider is."""

    def bytes_to_drop(self, before: date) -> int:
        """Return how many bytes of files would go; rows that are deleted free none on disk at once."""

    def drop_month(self, before: date) -> Disposal | None:
        """Drop one whole month that is past its time and of which nothing is held; None when there is none."""

    def dispose(self, keys: Sequence[Any], run: PurgeRun) -> Disposal:
        """Dispose of the rows with these keys, in the caller's transaction."""


_stores: dict[str, Store] = {}
_kept: dict[type[Model], str | Promise] = {}
_places: set[str] = set()
_needs: list[Q] = []
_companions: list[tuple[type[Model], str]] = []


def register(*stores: Store) -> None:
    """Have the purge empty these stores. Raises RetentionError when a name is taken."""
    for store in stores:
        if store.name in _stores:
            raise RetentionError(f"The store {store.name} is declared twice.")
        _stores[store.name] = store


def keep(model: type[Model], reason: str | Promise) -> None:
    """Declare that rows of a model are no matter of a purge although their class has a period, and why."""
    _kept[model] = reason


def cover_place(name: str) -> None:
    """Say that what a store of the data map that is no table holds is disposed of, by a store here or by itself."""
    _places.add(name)


def covered_places() -> frozenset[str]:
    """Return the names of the data map's stores that are disposed of."""
    return frozenset(_places)


def need_identity(condition: Q) -> None:
    """Keep the identity of customers while a condition on their row holds (`OuterRef("pk")` within an Exists)."""
    _needs.append(condition)


def needs() -> list[Q]:
    """Return the conditions under which a customer's identity is still needed."""
    return list(_needs)


def forget_with_customer(model: type[Model], path: str) -> None:
    """Have rows go with the identity of the customer to whom `path` leads from them."""
    _companions.append((model, path))


def companions() -> list[tuple[type[Model], str]]:
    """Return the models of packages above whose rows go with a customer's identity, each with its path."""
    return list(_companions)


def row_stores() -> list[Store]:
    """Return every store that is not kept by month."""
    return list(_stores.values())


def stores_of(retention_class: str) -> list[Store]:
    """Return the stores of a class that are not kept by month, those that refer to others first."""
    found = {store.name: store for store in _stores.values() if store.retention_class == retention_class}
    order: TopologicalSorter[str] = TopologicalSorter(dict.fromkeys(found, ()))
    for store in found.values():
        for other in found.values():
            if other is not store and _precedes(store, other):
                order.add(other.name, store.name)
    return [found[name] for name in order.static_order()]


def _precedes(store: Store, other: Store) -> bool:
    """Say whether one store must be emptied before another; two that share what hangs on their rows are no rivals."""
    hangers = frozenset() if store.models & other.models else store.hangers_precede
    return bool(other.models & (store.must_precede | hangers))


def store_named(name: str) -> Store:
    """Return the store that a purge item names. Raises KeyError for a name that nobody declared."""
    return _stores[name]


def has_executor(retention_class: str) -> bool:
    """Say whether the purge knows how to dispose of a class."""
    return retention_class in STORES or bool(stores_of(retention_class))


def covered_models() -> frozenset[type[Model]]:
    """Return every model whose rows some store disposes of, or that is declared as kept."""
    months = {model for store in STORES.values() for model in (store.model, store.held_model)}
    return frozenset(months).union(_kept, *(store.models for store in _stores.values()))
