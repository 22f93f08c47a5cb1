"""Lines of releases: a month that is past its time is dropped whole, unless something in it is held."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import psycopg
import pytest
from django.db import connection

from disclosures.disposal import LINES
from disclosures.models import Release, ReleaseLine
from portal import databases
from protection.rowsecurity import provider_rows
from retention.services import place_hold
from tests.conftest import ActAs
from tests.disclosures.factories import Case
from tests.retention.disposals import dispose_of, left_of
from tests.retention.factories import OPERATOR

OLD_MONTH = """
CREATE TABLE disclosures_releaseline_y2015m03 (LIKE disclosures_releaseline INCLUDING ALL);
ALTER TABLE disclosures_releaseline_y2015m03 OWNER TO {owner};
ALTER TABLE disclosures_releaseline ATTACH PARTITION disclosures_releaseline_y2015m03
    FOR VALUES FROM ('2015-03-01 00:00+00') TO ('2015-04-01 00:00+00');
ALTER TABLE disclosures_releaseline DISABLE TRIGGER USER;
INSERT INTO disclosures_releaseline
SELECT entry_id + 1000000, '2015-03-15 12:00+00', release_id, customer_id, consent_version_id, account_ids,
       usage_point_ids, field_ids, data_from, data_to, salt
FROM disclosures_releaseline;
ALTER TABLE disclosures_releaseline ENABLE ALWAYS TRIGGER append_only_row;
"""
DAY = date(2015, 3, 15)
NEXT_DAY = date(2015, 3, 16)


@pytest.fixture
def old_line(committed_database: str) -> Release:
    """Give a release whose line has a twin in a month of 2015."""
    with provider_rows():
        case = Case()
        case.consented()
        release = case.released()
    administrator = replace(databases.administrator(), database=committed_database)
    with administrator.connect(autocommit=True) as superuser:
        owner = databases.role("owner")
        superuser.execute(OLD_MONTH.format(owner=f'"{owner}"'))  # type: ignore[call-overload]
    return release


def months() -> set[str]:
    """Return the partitions of release lines before 2020."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid"
            " WHERE inhparent = 'disclosures_releaseline'::regclass AND relname LIKE '%%_y201%%'"
        )
        return {name for (name,) in cursor.fetchall()}


def test_a_month_past_its_time_is_dropped_with_its_table(old_line: Release, acting_as: ActAs) -> None:
    with acting_as("purge"):
        assert dispose_of("disclosures", date(2015, 4, 2)) == {"disclosures_releaseline": 1}
    assert months() == set()
    assert left_of(ReleaseLine, release=old_line) == 1


def test_the_boundary_month_loses_its_expired_rows_and_stays(old_line: Release, acting_as: ActAs) -> None:
    with acting_as("purge"):
        assert dispose_of("disclosures", DAY) == {}
        assert dispose_of("disclosures", NEXT_DAY) == {"disclosures_releaseline": 1}
    assert len(months()) == 1


def test_a_month_with_a_held_line_is_not_dropped(old_line: Release, acting_as: ActAs) -> None:
    with provider_rows():
        customer = old_line.lines.order_by("created_at").last().customer  # type: ignore[union-attr]
        hold = {"retention_classes": ["disclosures"], "reason": "A lawsuit", "citation": "Case 1"}
        place_hold(customer=customer, by=OPERATOR, **hold)  # type: ignore[arg-type]
    with acting_as("purge"):
        assert LINES.drop_month(date(2015, 5, 1)) is None
        assert dispose_of("disclosures", date(2015, 5, 1)) == {}
    assert left_of(ReleaseLine, release=old_line) == 2


@pytest.mark.parametrize("kind", ["web", "worker"])
@pytest.mark.usefixtures("db")
def test_neither_web_nor_worker_drops_a_month(kind: str, as_role: Callable[[str], object]) -> None:
    with as_role(kind) as session, pytest.raises(psycopg.errors.InsufficientPrivilege):  # type: ignore[attr-defined]
        session.execute("SELECT disclosures_drop_month('disclosures_releaseline_y2015m03')")


@pytest.mark.usefixtures("db")
def test_the_purge_drops_no_month_that_is_not_over_and_no_other_table(as_role: Callable[[str], object]) -> None:
    for name, refusal in (("disclosures_releaseline_y2027m03", "is not over"), ("accounts_customer", "is no month")):
        with as_role("purge") as session, pytest.raises(psycopg.Error, match=refusal):  # type: ignore[attr-defined]
            session.execute("SELECT disclosures_drop_month(%s)", [name])
