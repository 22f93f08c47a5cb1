"""How each kind of item of a purge run is carried out: one transaction at a time, all of it or nothing."""

from retention.disposal import customers, lower  # noqa: F401 (they declare the stores of the packages below)
from retention.disposal.months import drop_month, trim_held, trim_month
from retention.disposal.rows import dispose_of_batch
from retention.disposal.steps import Executor
from retention.models import PurgeItem

EXECUTORS: dict[str, Executor] = {
    PurgeItem.Action.DROP_MONTH: drop_month,
    PurgeItem.Action.TRIM_MONTH: trim_month,
    PurgeItem.Action.TRIM_HELD: trim_held,
    PurgeItem.Action.DELETE_ROWS: dispose_of_batch,
    PurgeItem.Action.DELETE_FILES: dispose_of_batch,
    PurgeItem.Action.DESTROY_KEYS: dispose_of_batch,
}
