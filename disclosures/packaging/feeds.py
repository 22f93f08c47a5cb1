"""Write a release's package as Green Button XML (NAESB ESPI 4.0): one feed an account, several files in an archive."""

import tempfile
import zipfile
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from accounts.models import Account, Dispute
from disclosures.models import ReleaseLine
from disclosures.packaging.disagreements import FILE_NAME, Statement, companion_text, statements_on
from disclosures.packaging.lines import CHUNK, Lines
from disclosures.packaging.sources import rows_for
from disclosures.snapshots import snapshot
from energy.models import DayReading
from energy.services import FeedPart, FeedRows, write_account_feed


def is_archive(lines: Lines) -> bool:
    """Say whether a release needs more than one file: several accounts, or statements of disagreement beside a feed."""
    return lines.account_count > 1 or lines.has_disputes


def write_feeds(lines: Lines, target: BinaryIO, progress: Callable[[float], None]) -> int:
    """Write a feed for every account and return the number of readings; each account is read in its own snapshot.

    ESPI has no place for a statement of disagreement: they stand in a text beside the feeds, so that none is dropped.
    """
    places = ((line, pk) for chunk in lines.chunks() for _number, line in chunk for pk in line.account_ids)
    total = lines.account_count
    if not is_archive(lines):
        return _write_feed(*next(places), target, [])
    count, said = 0, []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (line, account_id) in enumerate(places, 1):
            name, statements = f"account-{number:06}.xml", list[Statement]()
            with tempfile.TemporaryFile() as feed, archive.open(name, "w") as entry:
                count += _write_feed(line, account_id, feed, statements)
                feed.seek(0)
                while chunk := feed.read(1 << 20):
                    entry.write(chunk)
            said += [(name, statement) for statement in statements]
            if number % CHUNK == 0:
                progress(min(1, number / total))
        if said:
            archive.writestr(FILE_NAME, companion_text(said))
    return count


def _write_feed(line: ReleaseLine, account_id: int, target: BinaryIO, statements: list[Statement]) -> int:
    """Write one account's feed, add what is said against its values, and return the number of readings."""
    points = tuple(line.usage_point_ids)
    rows, count = rows_for(line.release), 0

    def counted(*asked: Any) -> Iterator[DayReading]:
        nonlocal count
        for day in rows.days(*asked):
            count += day.reading_count
            yield day

    with snapshot():
        account = Account.objects.select_related("customer").get(pk=account_id)
        disputes = Dispute.objects.standing().filter(customer=account.customer_id).order_by("pk")
        statements += statements_on(account, line.field_ids, disputes)
        write_account_feed(
            target=target,
            account=account,
            from_=line.data_from,
            to=line.data_to,
            part=FeedPart(field_ids=frozenset(line.field_ids), usage_point_ids=frozenset(points)),
            rows=FeedRows(days=counted, bills=rows.bills),
        )
    return count
