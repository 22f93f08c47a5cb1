from collections.abc import Mapping

from django.db import transaction

from accounts.services import record_act
from disclosures.errors import NotAllowedError, SearchNameTakenError
from disclosures.history import HistoryFilter
from disclosures.models import SavedSearch
from disclosures.permissions import can_export_history
from ledger.actor import Actor


@transaction.atomic
def save_search(*, name: str, parameters: Mapping[str, str], by: Actor) -> SavedSearch:
    """Keep a search under a name of the auditor's. Raises NotAllowedError, SearchNameTakenError."""
    if by.user_id is None or not can_export_history(by):
        raise NotAllowedError
    search, is_new = SavedSearch.objects.get_or_create(
        owner_id=by.user_id, name=name.strip(), defaults={"parameters": dict(parameters)}
    )
    if not is_new and search.parameters != dict(parameters):
        raise SearchNameTakenError
    return search


@transaction.atomic
def forget_search(*, search: SavedSearch, by: Actor) -> None:
    """Delete a saved search of one's own. Raises NotAllowedError."""
    if by.user_id is None or search.owner_id != by.user_id:
        raise NotAllowedError
    search.delete()


@transaction.atomic
def note_search(*, filters: HistoryFilter, what: str, by: Actor) -> None:
    """Enter in the ledger that somebody looked through the disclosure history, at `what`, and with which filters."""
    record_act(kind="history.searched", by=by, facts={"what": what, "filters": filters.as_json()}, row_uuid=None)
