"""Write a release's package as Green Button XML (NAESB ESPI 4.0): one feed an account, several in an archive."""

import tempfile
import zipfile
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from accounts.models import Account
from disclosures.models import ReleaseLine
from disclosures.packaging.lines import CHUNK, Lines
from disclosures.packaging.sources import rows_for
from disclosures.snapshots import snapshot
from energy.models import DayReading
from energy.services import FeedPart, FeedRows, write_account_feed


def write_feeds(lines: Lines, target: BinaryIO, progress: Callable[[float], None]) -> int:
    """Write a feed for every account and return the number of readings; each account is read in its own snapshot."""
    places = ((line, pk) for chunk in lines.chunks() for _number, line in chunk for pk in line.account_ids)
    total = lines.account_count
    if total == 1:
        return _write_feed(*next(places), target)
    count = 0
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (line, account_id) in enumerate(places, 1):
            with tempfile.TemporaryFile() as feed, archive.open(f"account-{number:06}.xml", "w") as entry:
                count += _write_feed(line, account_id, feed)
                feed.seek(0)
                while chunk := feed.read(1 << 20):
                    entry.write(chunk)
            if number % CHUNK == 0:
                progress(min(1, number / total))
    return count


def _write_feed(line: ReleaseLine, account_id: int, target: BinaryIO) -> int:
    points = tuple(line.usage_point_ids)
    rows, count = rows_for(line.release), 0

    def counted(*asked: Any) -> Iterator[DayReading]:
        nonlocal count
        for day in rows.days(*asked):
            count += day.reading_count
            yield day

    with snapshot():
        write_account_feed(
            target=target,
            account=Account.objects.get(pk=account_id),
            from_=line.data_from,
            to=line.data_to,
            part=FeedPart(field_ids=frozenset(line.field_ids), usage_point_ids=frozenset(points)),
            rows=FeedRows(days=counted, bills=rows.bills),
        )
    return count
