from energy.services.csv_mapping import MappingFile
from energy.services.exports import STORED, FeedPart, FeedRows, export_greenbutton, write_account_feed
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
from energy.services.queue import claim_imports, progress_of, work_import

__all__ = [
    "STORED",
    "FeedPart",
    "FeedRows",
    "MappingFile",
    "actor_of",
    "claim_imports",
    "ensure_months",
    "ensure_window",
    "export_greenbutton",
    "fail_import",
    "import_csv",
    "import_greenbutton",
    "progress_of",
    "record_refusal",
    "run_import",
    "start_import",
    "trim_series",
    "work_import",
    "write_account_feed",
]
