"""The same faults while rows, files and keys go: what is past its time goes once and wholly, everything else stays.

A file's row is stamped in one transaction, and its key and bytes go after that has committed; a customer's key goes
before its row says so. A process that dies in between must leave neither a file that is only said to be gone nor a
key that opens a former customer's values.
"""

from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from django.db import connection

from accounts.models import Customer
from ledger.verify import main as verify
from portal import databases
from protection.files import open_file, path_of, seal_bytes
from protection.keystore import key_store
from protection.models import SealedFile
from protection.rowsecurity import provider_rows
from retention.certificates import path_of as certificate_path
from retention.models import Certificate, PurgeItem, PurgeRun
from retention.services import begin_purge, place_hold, run_purge
from retention.waypoints import Waypoint
from tests.conftest import ActAs
from tests.factories import AccountFactory, CustomerFactory
from tests.retention.factories import OPERATOR
from tests.retention.faults.checks import assert_consistent
from tests.retention.faults.conftest import AS_OF, start_run
from tests.retention.faults.faults import PROCESS_FAULTS, Fault, Order
from tests.retention.faults.workers import PurgeWorker

SESSIONS, FILES, NAMES, KEYS = (
    "django_session",
    "protection_sealedfile:export_files",
    "accounts_customer",
    "accounts_customer:keys",
)
STORES = (SESSIONS, FILES, NAMES, KEYS)
POINTS = (
    Waypoint.INTENT_DUE,
    Waypoint.INTENT_WRITTEN,
    Waypoint.LOCK_DUE,
    Waypoint.LOCKED,
    Waypoint.DROP_DUE,
    Waypoint.DROPPED,
    Waypoint.COMMIT_DUE,
    Waypoint.COMMITTED,
    Waypoint.OUTCOME_DUE,
    Waypoint.OUTCOME_WRITTEN,
)
"""Those that a step passes which disposes of a batch."""

QUICK = {
    (Fault.WORKER_KILLED, Waypoint.COMMIT_DUE, SESSIONS),
    (Fault.CHILD_KILLED, Waypoint.COMMIT_DUE, FILES),
    (Fault.CONNECTION_TERMINATED, Waypoint.DROPPED, NAMES),
}
LONG_AGO = datetime(2015, 3, 1, tzinfo=UTC)
EXPIRED = 3
"""So many of each kind are past their time."""


@dataclass
class Stores:
    """What is past its time, and beside it one of each kind that is not, or is held."""

    expired_files: list[SealedFile]
    kept_file: SealedFile
    former: list[Customer]
    held: Customer
    running: Session

    @classmethod
    def filled(cls) -> "Stores":
        """Fill the stores, committed."""
        with provider_rows():
            for _number in range(EXPIRED):
                _session(LONG_AGO)
            files = [_file() for _number in range(EXPIRED)]
        _age(files)
        with provider_rows():
            held = _former_customer()
            place_hold(
                customer=held, retention_classes=["identity"], reason="A lawsuit", citation="Case 1", by=OPERATOR
            )
            former = [_former_customer() for _number in range(EXPIRED)]
            return cls(files, _file(), former, held, _session(datetime.now(tz=UTC) + timedelta(days=1)))

    def assert_nothing_lost(self) -> None:
        """What is held, or not past its time, is there and can be read; at whatever moment."""
        with provider_rows():
            assert Session.objects.filter(pk=self.running.pk).exists()
            assert Customer.objects.get(pk=self.held.pk).tax_id == "123-45-6789"
        with open_file(self.kept_file) as file:
            assert file.read() == b"delivered"

    def assert_only_the_rest_is_left(self) -> None:
        """What was past its time is gone: rows, bytes, keys."""
        self.assert_nothing_lost()
        with provider_rows():
            assert Session.objects.count() == 1
            names = set(Customer.objects.exclude(pk=self.held.pk).values_list("name", flat=True))
        assert names == {"Former customer"}
        keys = set(key_store().key_ids())
        assert not keys & {customer.key_id for customer in self.former}, "a former customer's values can be read"
        for file in self.expired_files:
            assert not path_of(file.uuid).exists(), "a file is only said to be gone"
            assert file.key_id not in keys


def _session(expires: datetime) -> Session:
    session: Session = Session.objects.create(session_key=uuid4().hex, session_data="", expire_date=expires)
    return session


def _file() -> SealedFile:
    return seal_bytes(b"delivered", name="package.csv", content_type="text/csv", retention_class="export_files")


def _age(files: list[SealedFile]) -> None:
    """Have files be old, which no role of the portal can make them."""
    here = replace(databases.administrator(), database=str(connection.settings_dict["NAME"]))
    with here.connect(autocommit=True) as administrator:
        administrator.execute(
            "UPDATE protection_sealedfile SET created_at = %s WHERE id = ANY (%s)",
            [LONG_AGO, [file.pk for file in files]],
        )


def _former_customer() -> Customer:
    customer = CustomerFactory.create(tax_id="123-45-6789")
    AccountFactory.create(customer=customer, opened_on=date(2010, 1, 1), closed_on=date(2015, 3, 1))
    return customer


def cases() -> list[object]:
    """Return each fault at each point of each store; what is not of the quick selection is for `make test-faults`."""
    return [
        pytest.param(*case, marks=[] if case in QUICK else pytest.mark.faults, id="-".join(case))
        for fault in PROCESS_FAULTS
        for point in POINTS
        for store in STORES
        for case in [(fault, point, store)]
    ]


@pytest.mark.parametrize(("fault", "point", "store"), cases())
def test_disposal_survives(
    fault: Fault, point: Waypoint, store: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    if fault == Fault.POSTGRES_RESTARTED:
        request.getfixturevalue("crashing_server")
    worker: PurgeWorker = request.getfixturevalue("purge_worker")
    acting_as: ActAs = request.getfixturevalue("acting_as")
    stores = Stores.filled()
    run = start_run()
    item = run.items.get(partition=store)
    worker.suffer(Order(fault, point, item.position, str(tmp_path / "happened")), run)
    stores.assert_nothing_lost()

    worker.finish(run)

    with acting_as("purge"):
        again = run_purge(run=begin_purge(by=OPERATOR, as_of=AS_OF))
    assert again is not None
    assert_certified(run)
    stores.assert_only_the_rest_is_left()
    assert_consistent()
    found = {item["partition"]: item["dropped"] for item in again.document["payload"]["items"]}
    assert not any(found.get(store) for store in STORES), "something past its time was left"


def assert_certified(run: PurgeRun) -> None:
    """The run finished, its certificate holds, and says of each store what was there and what went."""
    run.refresh_from_db()
    assert run.status == PurgeRun.Status.FINISHED
    certificate = Certificate.objects.get(run=run)
    with redirect_stdout(StringIO()) as said:
        assert verify([str(certificate_path(certificate))]) == 0, said.getvalue()
    counts = {item.partition: (item.held, item.dropped) for item in PurgeItem.objects.filter(run=run)}
    assert [counts[store] for store in (SESSIONS, FILES)] == [(0, EXPIRED)] * 2
    assert [counts[store][1] for store in (NAMES, KEYS)] == [EXPIRED] * 2
