"""Write a release's package in its format, record by record, so that any number of them needs little memory."""

import io
import json
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO, TextIO

from disclosures.models import Format, Release
from disclosures.packaging.disagreements import in_one_cell
from disclosures.packaging.feeds import is_archive, write_feeds
from disclosures.packaging.lines import Lines, Rows
from disclosures.packaging.records import columns_of, records_of
from disclosures.packaging.spreadsheet import SpreadsheetWriter
from disclosures.snapshots import snapshot

CONTENT_TYPES = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.JSONL: "application/x-ndjson",
    Format.GREENBUTTON: "application/atom+xml",
}
_ENDINGS = {Format.CSV: "csv", Format.JSONL: "jsonl", Format.GREENBUTTON: "xml"}

Write = Callable[[Mapping[str, Any]], None]
Progress = Callable[[float], None]


ZIP = ("zip", "application/zip")


def file_kind(release: Release, lines: Lines) -> tuple[str, str]:
    """Return the name under which a package is downloaded, which names nobody, and its content type.

    Green Button feeds of several accounts, or with statements of disagreement, come in one archive.
    """
    form = Format(release.format)
    is_zip = form == Format.GREENBUTTON and is_archive(lines)
    ending, content_type = ZIP if is_zip else (_ENDINGS[form], CONTENT_TYPES[form])
    return f"release-{release.decided_at:%Y-%m-%d}-{str(release.uuid)[:8]}.{ending}", content_type


def write_package(release: Release, lines: Lines, target: BinaryIO, progress: Progress) -> int:
    """Write what the release's lines let out and return the number of records.

    A few hundred lines are read in one snapshot, so that no transaction stays open for long.
    """
    if release.format == Format.GREENBUTTON:
        return write_feeds(lines, target, progress)
    text = io.TextIOWrapper(target, encoding="utf-8", newline="")
    write = _writer(release, text)
    count = 0
    for chunk in lines.chunks():
        with snapshot():
            rows = Rows.of([line for _subject, line in chunk])
            for subject, line in chunk:
                for record in records_of(line, subject, rows):
                    write(record)
                    count += 1
        progress(min(1, chunk[-1][0] / len(lines)))
    text.detach()
    return count


def _writer(release: Release, text: TextIO) -> Write:
    if release.format == Format.CSV:
        table = SpreadsheetWriter(text, columns_of(release.field_ids, is_own_request=release.is_own_request))
        return lambda record: table.write(in_one_cell(record))

    def write(record: Mapping[str, Any]) -> None:
        text.write(json.dumps(record, ensure_ascii=False) + "\n")

    return write
