"""A month's turn to be disposed of: nobody else disposes of its table, and the catalogue has the months of the plan."""

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from retention.disposal.locks import await_turn
from retention.disposal.partitions import Partition, partitions_around, refuse_blindness
from retention.disposal.stores import MonthStore
from retention.errors import PlanEnlargedError
from retention.models import JOURNAL, PurgeItem


def take_turn(item: PurgeItem, store: MonthStore) -> Partition | None:
    """Wait for an item's turn and return its month as it stands now, with its size, or None when it is gone.

    Raises PlanEnlargedError when a month that is past its time came after the plan was made, and RetentionError when a
    month is half detached, or when row security could hide rows of the table: they would be dropped unseen.
    """
    return take_turns([item], store).get(item.partition)


def take_turns(items: Sequence[PurgeItem], store: MonthStore) -> dict[str, Partition]:
    """Do the same for several items of one run, class and bound; return their months by name, without those gone."""
    first = items[0]
    names = {item.partition for item in items}
    await_turn(store.table)
    found = partitions_around(store.table, before=first.before, names=names)
    _refuse_unplanned(first, found)
    for partition in found:
        refuse_blindness(store.table, is_in_sight=partition.is_in_sight)
    return {partition.name: partition for partition in found if partition.name in names}


def _refuse_unplanned(item: PurgeItem, found: Iterable[Partition]) -> None:
    """Look for months beside the plan, but for a replay, which repeats what was once done and leaves others alone."""
    run = item.run
    if run.plan_id is None or run.bounds[item.retention_class]["rule"] == JOURNAL:
        return
    expired = {partition.name for partition in found if partition.past <= item.before}
    if unplanned := sorted(expired - run.planned_months):
        raise PlanEnlargedError(
            _("%(names)s came after the plan was made and is past its time too. Make a new plan.")
            % {"names": ", ".join(unplanned)}
        )
