"""What opens an entry: the row that made it, wherever it is kept. Rows hold salt and evidence, the log neither."""

from django.apps import apps

from ledger.models import Witnessed


def row_that_made(entry_id: int) -> Witnessed | None:
    """Return the row that opens an entry, None where it is purged or the entry is not of a kind that has one.

    One query for each table that keeps evidence, each by its unique index; lines of releases have none of their own.
    """
    for model in apps.get_models():
        if issubclass(model, Witnessed) and not model._meta.proxy:
            row: Witnessed | None = model._default_manager.filter(entry_id=entry_id).first()
            if row is not None:
                return row
    return None
