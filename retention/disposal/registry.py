"""Every store that the purge empties, by retention class, as each package declares it in its `disposal.py`.

`retention.disposal.lower` declares those of the packages below; the ones above call `register` from their own module,
which Django imports when it starts. Within a class, stores are emptied in the order in which they were declared.
"""

from retention.disposal.rowstores import RowStore
from retention.disposal.stores import STORES
from retention.errors import RetentionError

_row_stores: dict[str, RowStore] = {}


def register(*stores: RowStore) -> None:
    """Have the purge empty these stores. Raises RetentionError when a name is taken."""
    for store in stores:
        if store.name in _row_stores:
            raise RetentionError(f"The store {store.name} is declared twice.")
        _row_stores[store.name] = store


def row_stores() -> list[RowStore]:
    """Return every store that is not kept by month."""
    return list(_row_stores.values())


def stores_of(retention_class: str) -> list[RowStore]:
    """Return the stores of a class that are not kept by month, in the order in which they must be emptied."""
    return [store for store in _row_stores.values() if store.retention_class == retention_class]


def store_named(name: str) -> RowStore:
    """Return the store that a purge item names. Raises KeyError for a name that nobody declared."""
    return _row_stores[name]


def has_executor(retention_class: str) -> bool:
    """Say whether the purge knows how to dispose of a class."""
    return retention_class in STORES or bool(stores_of(retention_class))
