"""Lay the readings of a CSV feed over those of many accounts."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import BinaryIO

from accounts.models import Account
from energy.csvfeed import UNITS, CsvError, Mapping, ReadingRow, SeriesKey, open_table, read_readings
from energy.days import Calendar
from energy.greenbutton import Finding, ReadingBatch, ReadingType
from energy.greenbutton.checks import OrderCheck
from energy.greenbutton.codes import USD
from energy.greenbutton.findings import Code, Findings
from energy.greenbutton.series import Series, moment
from energy.models import ImportRun, UsagePoint
from energy.selectors import not_before
from energy.services.counting import Counters, Loaded, findings_of_readings
from energy.services.csv_mapping import refusal
from energy.services.greenbutton import Progress
from energy.services.laying import Place
from energy.services.locking import lock_accounts
from energy.services.series import columns_of, digest_of, known_reading_types
from energy.services.staging import Stage

ROWS_AT_ONCE = 20_000
FINDINGS_PER_CODE = 20
_DELTA, _ENERGY, _VOLUME = 4, 12, 58
_VOLUMES = frozenset({42, 119})


def load_csv_readings(
    *, stream: BinaryIO, run: ImportRun, mapping: Mapping, calendar: Calendar, last_day: date, progress: Progress
) -> Loaded:
    """Read a CSV feed of readings from `stream` and lay them over those of the accounts that it names.

    In the caller's transaction. Rows of accounts that do not exist are left out with a finding that names the account.
    Raises ImportRefused where the file as a whole is not to be trusted.
    """
    first_day = not_before(run.as_of)
    stage = Stage(calendar=calendar, first_day=first_day, last_day=last_day)
    sorting = _Sorting(stage)
    try:
        with open_table(stream, mapping) as table:
            for rows in _portions(read_readings(table)):
                sorting.take(rows)
                progress(stream.tell())
    except CsvError as error:
        raise refusal(error) from error
    lock_accounts({sorting.accounts[key.account_number] for key in sorting.series})
    points = _usage_points(sorting, run)
    stored = stage.store(_places(sorting, mapping, points), run_id=run.pk)
    counters = Counters.of(stage, stored, unread=table.skipped + sorting.unknown_readings, zone=calendar.zone)
    counters.usage_points = len({point.pk for point in points.values()})
    findings = [*table.findings, *sorting.findings(), *findings_of_readings(stage, stored, first_day)]
    return Loaded(counters, findings)


@dataclass(slots=True)
class _Unknown:
    """Rows of an account that does not exist."""

    line: int
    readings: int = 0


class _Sorting:
    """Sort a feed's readings by series, and stage those of known accounts."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._order = Findings(FINDINGS_PER_CODE)
        self._check = OrderCheck(self._order)
        self._unknown: dict[str, _Unknown] = {}
        self.accounts: dict[str, int] = {}
        self.series: dict[SeriesKey, Series] = {}

    @property
    def unknown_readings(self) -> int:
        """Return how many readings name an account that does not exist."""
        return sum(unknown.readings for unknown in self._unknown.values())

    def take(self, rows: list[ReadingRow]) -> None:
        """Stage the rows, account by account."""
        by_series: defaultdict[SeriesKey, list[ReadingRow]] = defaultdict(list)
        for row in rows:
            by_series[row.series].append(row)
        self._find_accounts({key.account_number for key in by_series})
        for key, own in by_series.items():
            if key.account_number in self.accounts:
                self._stage_rows(key, own)
            else:
                unknown = self._unknown.setdefault(key.account_number, _Unknown(own[0].line))
                unknown.readings += len(own)

    def findings(self) -> list[Finding]:
        """Return what is to be said of unknown accounts, repetitions and gaps."""
        for key, series in self.series.items():
            for start, end in series.coverage.gaps():
                message = f"No readings of {key.account_number}, {key.usage_point}, {moment(start)} to {moment(end)}"
                self._order.add(series.line, Code.GAP, message, "Nothing was put in its place")
        return [*_findings_of_unknown(self._unknown), *self._order]

    def _find_accounts(self, numbers: set[str]) -> None:
        new = numbers - self.accounts.keys() - self._unknown.keys()
        if new:
            self.accounts |= dict(Account.objects.filter(number__in=new).values_list("number", "pk"))

    def _stage_rows(self, key: SeriesKey, rows: list[ReadingRow]) -> None:
        batch = ReadingBatch(
            meter_reading_href=key.usage_point,
            starts=[row.start for row in rows],
            durations=[row.duration for row in rows],
            values=[row.value for row in rows],
            qualities={index: row.quality for index, row in enumerate(rows) if row.quality is not None},
            costs={index: row.cost for index, row in enumerate(rows) if row.cost is not None},
            first_line=rows[0].line,
        )
        series = self.series.setdefault(key, Series(key.usage_point, rows[0].line))
        self._check(series, batch, lambda index: rows[index].line)
        self._stage.add(key, batch)


def _portions(rows: Iterator[ReadingRow]) -> Iterator[list[ReadingRow]]:
    while portion := list(islice(rows, ROWS_AT_ONCE)):
        yield portion


def _findings_of_unknown(unknown: dict[str, _Unknown]) -> list[Finding]:
    named = list(unknown.items())
    found = [
        Finding(
            rows.line,
            "unknown-account",
            f"There is no account {number[:60]}",
            f"Its readings ({rows.readings:,}) were left out; import the customers feed first, then this file again",
            rows.readings,
        )
        for number, rows in named[:FINDINGS_PER_CODE]
    ]
    if rest := named[FINDINGS_PER_CODE:]:
        readings = sum(rows.readings for _, rows in rest)
        message = f"There are no accounts for {len(rest):,} more numbers, from this line on"
        found.append(Finding(rest[0][1].line, "unknown-account", message, "Their readings were left out", readings))
    return found


def _usage_points(sorting: _Sorting, run: ImportRun) -> dict[SeriesKey, UsagePoint]:
    """Return the usage point of each series, made where it is new; what else is known of one stays."""
    wanted = {key: _natural_key(key, sorting.accounts) for key in sorting.series}
    known = _known_points(wanted.values())
    missing = dict.fromkeys(place for place in wanted.values() if place not in known)
    UsagePoint.objects.bulk_create(
        UsagePoint(account_id=account, identifier=identifier, service_kind=service, import_run=run.uuid)
        for account, identifier, service in missing
    )
    known |= _known_points(missing)
    return {key: known[place] for key, place in wanted.items()}


def _natural_key(key: SeriesKey, accounts: dict[str, int]) -> tuple[int, str, int]:
    return accounts[key.account_number], key.usage_point, UNITS[key.unit].service_kind


def _known_points(places: Iterable[tuple[int, str, int]]) -> dict[tuple[int, str, int], UsagePoint]:
    accounts = {account for account, _, _ in places}
    identifiers = {identifier for _, identifier, _ in places}
    points = UsagePoint.objects.filter(account__in=accounts, identifier__in=identifiers)
    return {(point.account_id, point.identifier, point.service_kind): point for point in points}


def _places(sorting: _Sorting, mapping: Mapping, points: dict[SeriesKey, UsagePoint]) -> dict[SeriesKey, Place]:
    meanings = {pair: _meaning(*pair, mapping) for pair in {(key.unit, key.flow_direction) for key in points}}
    types = known_reading_types(meanings.values())
    digests = {pair: digest_of(columns_of(meaning)) for pair, meaning in meanings.items()}
    return {
        key: Place(sorting.accounts[key.account_number], point.pk, types[digests[key.unit, key.flow_direction]].pk)
        for key, point in points.items()
    }


def _meaning(unit: str, flow_direction: int, mapping: Mapping) -> ReadingType:
    """Return what the numbers of a series mean. Where each row tells its length, the meaning tells none."""
    known = UNITS[unit]
    return ReadingType(
        href="",
        accumulation=_DELTA,
        commodity=known.commodity,
        currency=USD,
        flow_direction=flow_direction,
        interval_length=None if "minutes" in mapping.columns else mapping.interval_seconds,
        kind=_VOLUME if known.uom in _VOLUMES else _ENERGY,
        power_of_ten=mapping.power_of_ten(unit),
        uom=known.uom,
    )
