"""What would make a run drop more than its plan says. Each finding stops the run; a later hold only shrinks it.

The checks run in the transaction that disposes of the data: a change of the rule waits for it or is seen by it, and
so is, for usage and bills, a change of the holds.
"""

from datetime import timedelta

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _

from retention.errors import PlanEnlargedError
from retention.models import JOURNAL, LegalHold, PurgeItem
from retention.schedule import label_of

_RULE = """
    SELECT uuid::text FROM retention_retentionrule WHERE retention_class = %s AND valid_to IS NULL FOR SHARE
"""
_CLOCKS_APART = timedelta(days=1)
"""A release may carry an earlier stamp than the plan that did not see it yet, by as long as its transaction ran."""


def refuse_changed_plan(item: PurgeItem) -> None:
    """Raise PlanEnlargedError when rule or holds of an item's class are not what the plan was made on.

    Its months are looked at where they are locked, in `retention.disposal.months`.
    """
    if item.run.plan_id is None:
        return
    _refuse_other_rule(item)
    _refuse_released_holds(item)


def refuse_enlarging_step(item: PurgeItem) -> None:
    """Raise PlanEnlargedError when an item, its latest step included, has dropped more rows than planned."""
    if item.dropped > item.planned_to_drop:
        raise PlanEnlargedError(
            _("%(name)s: %(found)s rows would be dropped, the plan says %(planned)s. Make a new plan.")
            % {"name": item.partition, "found": item.dropped, "planned": item.planned_to_drop}
        )
    _refuse_released_holds(item)


def _refuse_other_rule(item: PurgeItem) -> None:
    planned = item.run.bounds[item.retention_class]["rule"]
    if planned == JOURNAL:
        return
    with connection.cursor() as cursor:
        cursor.execute(_RULE, [item.retention_class])
        current = cursor.fetchone()
    if current != (planned,):
        raise PlanEnlargedError(
            _("The rule for %(name)s was changed after the plan was made. Make a new plan.")
            % {"name": label_of(item.retention_class)}
        )


def _refuse_released_holds(item: PurgeItem) -> None:
    """Look for holds that the plan counted on and that are released; one that kept nothing here does not matter."""
    if not item.planned_held or (plan := item.run.plan) is None:
        return
    reach = Q(data_from__isnull=True) | Q(data_from__lt=item.before)
    if item.lower is not None:
        reach &= Q(data_to__isnull=True) | Q(data_to__gt=item.lower)
    released = LegalHold.objects.covering(item.retention_class).filter(
        reach, released_at__gt=plan.proposed_at - _CLOCKS_APART
    )
    planned = set(plan.content["holds"])
    if gone := [str(hold.citation) for hold in released.order_by("pk") if str(hold.uuid) in planned]:
        raise PlanEnlargedError(
            _("%(name)s: the hold “%(hold)s” was released after the plan was made. Make a new plan.")
            % {"name": item.partition, "hold": "”, “".join(gone)}
        )
