"""A provider with a year of hourly readings past their time and two months that are not, made in SQL.

A world of a million readings is 114 customers with one meter each; of ten million, 1,142. The rows lie in the order in
which nightly feeds bring them: by day, then by account. Everything is an ordinary logged table.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from benchmarks.database import acting_as, empty_database
from energy.services import ensure_months
from ledger.actor import Actor
from portal.databases import Connection
from protection.rowsecurity import provider_rows
from retention.disposal.closing import close_months
from retention.disposal.stores import STORES
from retention.models import PurgeRun
from retention.plans import Bound, current_bounds
from retention.schedule import READINGS
from retention.services import approve_purge_plan, make_purge_plan, place_hold, run_purge, start_purge
from tests.factories import AccountFactory, UserFactory

AS_OF = date(2026, 3, 1)
FIRST_DAY, CUTOFF, LAST_DAY = date(2020, 3, 1), date(2021, 3, 1), date(2021, 4, 30)
"""Twelve months are past their time as of AS_OF: what is from before CUTOFF."""

OPERATOR = Actor.operator("Bench", "Measuring the purge")
SECOND = Actor.operator("Second", "Twelve months at once need a second person")
_READINGS_A_YEAR = 365 * 24

_PEOPLE = """
INSERT INTO accounts_customer SELECT (jsonb_populate_record(one, jsonb_build_object(
    'id', one.id + number, 'uuid', gen_random_uuid(), 'tag', '\\x' || replace(gen_random_uuid()::text, '-', '')
))).* FROM accounts_customer one, generate_series(1, %(others)s) number WHERE one.id = %(customer)s
"""
_ACCOUNTS = """
INSERT INTO accounts_account SELECT (jsonb_populate_record(one, jsonb_build_object(
    'id', one.id + n, 'uuid', gen_random_uuid(), 'number', 'B' || n, 'customer_id', one.customer_id + n
))).* FROM accounts_account one, generate_series(1, %(others)s) n WHERE one.id = %(account)s
"""
_DAYS = """
INSERT INTO energy_dayreading (account_id, usage_point_id, reading_type_id, start, total, import_run_id, day,
    interval_length, reading_count, "values", qualities)
SELECT account, account * 1000 + point, 1, day + time '08:00', 20000 + account %% 1000,
    1 + (day::date - %(first)s::date),
    day, 3600, 24,
    '\\x02' || decode(md5(account || 'a' || day) || md5(point || 'b' || day) || md5(account || 'c' || day), 'hex'),
    CASE WHEN (account + extract(day FROM day)::int) %% 10 = 0 THEN '\\x70020000000111010e'::bytea END
FROM generate_series(%(first)s::timestamp, %(last)s::timestamp, interval '1 day') AS day,
    generate_series(%(lowest)s::bigint, %(highest)s) AS account,
    generate_series(1, %(points)s) AS point
ORDER BY day, account, point
"""


@dataclass(frozen=True, slots=True)
class World:
    """A provider of `customers` whose accounts are numbered from `first_account`; `administrator` may do anything."""

    administrator: Connection
    customers: int
    first_account: int

    @property
    def accounts(self) -> range:
        """Return the accounts' ids."""
        return range(self.first_account, self.first_account + self.customers)


@contextmanager
def world_of(readings: int, *, held: float = 0, is_closed: bool = True) -> Iterator[World]:
    """Make a world in a database of its own, `held` of its customers under a hold each, its expired months closed."""
    with empty_database() as administrator:
        world = populate(administrator, max(round(readings / _READINGS_A_YEAR), 1))
        fill(world, FIRST_DAY, LAST_DAY)
        _place_holds(world, round(held * world.customers))
        settle(world, "energy_dayreading")
        if is_closed:
            with acting_as("purge"), provider_rows():
                close_months()
        yield world


def populate(administrator: Connection, customers: int) -> World:
    """Make customers with an account each."""
    with provider_rows():
        first = AccountFactory.create()
    numbers = {"customer": first.customer_id, "account": first.pk, "others": customers - 1}
    administrator.execute("SET resguardo.scope = 'provider'")
    administrator.execute(_PEOPLE, numbers)
    administrator.execute(_ACCOUNTS, numbers)
    administrator.execute("ANALYZE accounts_customer, accounts_account")
    return World(administrator, customers, first.pk)


def fill(world: World, first: date, last: date, *, points: int = 1) -> None:
    """Give each usage point of every account a packed day of hourly readings on each day from `first` to `last`."""
    ensure_months(first=first, last=last, table="energy_dayreading")
    reach = {"lowest": world.accounts[0], "highest": world.accounts[-1], "points": points}
    # What refers to accounts refers to some that are there; to check it row by row would take most of the time.
    world.administrator.execute("SET session_replication_role = replica")
    world.administrator.execute(_DAYS, {"first": first, "last": last, **reach})
    world.administrator.execute("RESET session_replication_role")


def settle(world: World, *tables: str) -> None:
    """Vacuum and analyze tables and write everything to disk, so that what is measured starts from rest."""
    for table in tables:
        world.administrator.execute(f"VACUUM ANALYZE {table}")
    world.administrator.execute("CHECKPOINT")


def monthly_bounds(as_of: date) -> dict[str, Bound]:
    """Return the bounds of the classes that are kept by month, by the rules in force."""
    return {code: bound for code, bound in current_bounds(as_of).items() if code in STORES}


def purge(as_of: date = AS_OF) -> PurgeRun:
    """Plan a purge of usage and bills, have it approved and carry it out, as the purge process does; return the run.

    The other classes are left out: the references have none of their tables.
    """
    plan = make_purge_plan(by=OPERATOR, as_of=as_of, bounds=monthly_bounds(as_of))
    plan = approve_purge_plan(plan=plan, by=SECOND)
    certificate = run_purge(run=start_purge(plan=plan, by=OPERATOR))
    if certificate is None or certificate.run.status != PurgeRun.Status.FINISHED:
        raise RuntimeError(f"The purge as of {as_of} did not finish.")
    return certificate.run


def _place_holds(world: World, count: int) -> None:
    if not count:
        return
    with provider_rows():
        by = Actor.of(UserFactory.create(administrator=True, bound=True))
    step = world.customers // count
    for account_id in world.accounts[: count * step : step]:
        with provider_rows():
            account = AccountFactory._meta.model.objects.get(pk=account_id)
            place_hold(account=account, retention_classes=[READINGS], reason="Bench", citation="Bench", by=by)
