"""The rows of a table that have findings, given back to who sent them, to be mended."""

import csv
import io

from consent.bulk.table import read_table
from consent.models import BulkEntry
from protection.files import open_file


def rest_of(entry: BulkEntry) -> str:
    """Return the rows with findings as CSV with the columns that were sent, so that they can be sent again."""
    lines = set(entry.findings.values_list("line", flat=True))
    with open_file(entry.table) as stream:
        table = read_table(stream)
    target = io.StringIO()
    writer = csv.DictWriter(target, table.header)
    writer.writeheader()
    writer.writerows(row.cells for row in table.rows if row.line in lines)
    return target.getvalue()
