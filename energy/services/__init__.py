from energy.services.csv_mapping import MappingFile
from energy.services.exports import FeedPart, export_greenbutton, write_account_feed
from energy.services.imports import (
    actor_of,
    fail_import,
    import_csv,
    import_greenbutton,
    record_refusal,
    run_import,
    start_import,
)
from energy.services.months import ensure_months, ensure_window, trim_series

__all__ = [
    "FeedPart",
    "MappingFile",
    "actor_of",
    "ensure_months",
    "ensure_window",
    "export_greenbutton",
    "fail_import",
    "import_csv",
    "import_greenbutton",
    "record_refusal",
    "run_import",
    "start_import",
    "trim_series",
    "write_account_feed",
]
