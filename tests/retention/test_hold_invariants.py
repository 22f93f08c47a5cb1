"""What the database holds of legal holds, tried with raw SQL and past the services."""

from datetime import date

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction

from ledger.actor import Actor
from protection.rowsecurity import provider_rows
from retention.models import HoldRelease, HoldReview, LegalHold
from retention.services import approve_release, place_hold, propose_release, review_hold
from tests.conftest import Connect
from tests.retention.factories import OPERATOR, administrator, committed_household, household, release_hold

LATER = date(2999, 1, 1)
END = {
    "released_at": "2030-01-01T00:00Z",
    "released_by_name": "Two",
    "release_reason": "r",
    "release_entry_id": -1,
    "release_salt": b"",
    "release_evidence": b"",
}
DECISION = {"decided_at": "2030-01-01T00:00Z", "decision_entry_id": -1, "decision_salt": b"", "decision_evidence": b""}


def a_hold(by: Actor = OPERATOR) -> LegalHold:
    return place_hold(all_subjects=True, reason="A lawsuit", citation="Case 1", by=by)


def columns(**values: object) -> dict[str, object]:
    given = {"all_subjects": True, "retention_classes": ["readings"], "reason": "r", "citation": "c", "owner": "o"}
    return given | {"placed_by_name": "n", "entry_id": -1, "salt": b"", "evidence": b"", "review_on": LATER} | values


@pytest.mark.django_db
def test_a_hold_that_makes_sense_is_taken() -> None:
    assert LegalHold.objects.create(**columns()).is_in_force


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"all_subjects": False}, "hold_names_one_subject"),
        ({"retention_classes": []}, "hold_names_classes"),
        ({"data_from": date(2020, 1, 2), "data_to": date(2020, 1, 2)}, "hold_period_ordered"),
        ({"reason": ""}, "hold_states_its_ground"),
        ({"owner": ""}, "hold_states_its_ground"),
        ({"placed_by_name": ""}, "hold_placed_at_by"),
        ({"released_by_name": "half a pair"}, "hold_released_at_by"),
        ({"review_on": None}, "hold_reviewed_ahead"),
        ({"review_on": date(2020, 1, 1)}, "hold_reviewed_ahead"),
        (END, "placed or proposed first"),
        ({"usage_point_id": 1}, "hold_on_a_meter_of_the_account"),
    ],
)
def test_a_hold_that_makes_no_sense_is_refused(values: dict[str, object], rule: str) -> None:
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        LegalHold.objects.create(**columns(**values))


@pytest.mark.django_db
def test_a_hold_on_another_accounts_meter_is_refused() -> None:
    mine, theirs = household(), household()
    given = columns(all_subjects=False, account=mine.account, usage_point=theirs.meter)
    with pytest.raises(IntegrityError, match="hold_on_a_meter_of_the_account"), transaction.atomic():
        LegalHold.objects.create(**given)
    assert LegalHold.objects.create(**columns(all_subjects=False, account=mine.account, usage_point=mine.meter)).pk


@pytest.mark.django_db
def test_a_hold_whose_release_nobody_approved_stays() -> None:
    hold = a_hold()
    propose_release(hold=hold, reason="The case is closed", by=administrator())
    with pytest.raises(IntegrityError, match="hold_released_by_two"), transaction.atomic():
        LegalHold.objects.filter(pk=hold.pk).update(**END)


@pytest.mark.django_db
def test_an_approval_of_another_holds_release_does_not_count() -> None:
    released, hold = a_hold(), a_hold()
    release_hold(hold=released, by=Actor.operator("Two", "the second person"))
    with pytest.raises(IntegrityError, match="hold_released_by_two"), transaction.atomic():
        LegalHold.objects.filter(pk=hold.pk).update(**END)


@pytest.mark.django_db
def test_a_hold_that_a_row_implies_ends_without_two() -> None:
    hold = place_hold(
        all_subjects=True, reason="Open", citation="Correction", by=OPERATOR, origin="rights.Correction:1"
    )
    assert LegalHold.objects.filter(pk=hold.pk).update(**END) == 1


@pytest.mark.django_db
def test_one_user_cannot_propose_and_approve() -> None:
    by = administrator()
    release = propose_release(hold=a_hold(), reason="The case is closed", by=by)
    decision = DECISION | {"is_approved": True, "decided_by_id": by.user_id, "decided_by_name": "Another name"}
    with pytest.raises(IntegrityError, match="holdrelease_approved_by_another"), transaction.atomic():
        HoldRelease.objects.filter(pk=release.pk).update(**decision)


@pytest.mark.django_db
def test_one_operator_cannot_propose_and_approve() -> None:
    release = propose_release(hold=a_hold(), reason="The case is closed", by=OPERATOR)
    decision = DECISION | {"is_approved": True, "decided_by_name": OPERATOR.name}
    with pytest.raises(IntegrityError, match="holdrelease_approved_by_another"), transaction.atomic():
        HoldRelease.objects.filter(pk=release.pk).update(**decision)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "decision",
    [
        {"decided_at": "2030-01-01T00:00Z"},
        {"is_approved": True},
        {"decided_by_name": "n"},
        {**DECISION, "decided_by_name": "n"},
    ],
)
def test_half_a_decision_is_refused(decision: dict[str, object]) -> None:
    release = propose_release(hold=a_hold(), reason="The case is closed", by=OPERATOR)
    with pytest.raises(IntegrityError), transaction.atomic():
        HoldRelease.objects.filter(pk=release.pk).update(**decision)


@pytest.mark.django_db
def test_a_release_is_not_born_decided() -> None:
    given = {"hold": a_hold(), "reason": "r", "proposed_by_name": "One", "entry_id": -1, "salt": b"", "evidence": b""}
    decision = DECISION | {"is_approved": True, "decided_by_name": "Two", "decision_entry_id": -2}
    with pytest.raises(IntegrityError, match="placed or proposed first"), transaction.atomic():
        HoldRelease.objects.create(**given, **decision)
    with pytest.raises(IntegrityError, match="holdrelease_states_a_reason"), transaction.atomic():
        HoldRelease.objects.create(**given | {"reason": ""})


@pytest.mark.django_db
def test_one_release_of_a_hold_waits_at_a_time() -> None:
    release = propose_release(hold=a_hold(), reason="The case is closed", by=OPERATOR)
    given = {"reason": "r", "proposed_by_name": "One", "entry_id": -1, "salt": b"", "evidence": b""}
    with pytest.raises(IntegrityError, match="holdrelease_one_open"), transaction.atomic():
        HoldRelease.objects.create(hold=release.hold, **given)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"reason": ""}, "holdreview_says_who_and_why"),
        ({"owner": ""}, "holdreview_says_who_and_why"),
        ({"next_review_on": date(2020, 1, 1)}, "hold_reviewed_ahead"),
    ],
)
def test_a_review_that_says_nothing_is_refused(values: dict[str, object], rule: str) -> None:
    given = {"hold": a_hold(), "reason": "r", "owner": "o", "reviewed_by_name": "n", "next_review_on": LATER}
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        HoldReview.objects.create(**{**given, "entry_id": -1, "salt": b"", "evidence": b"", **values})


@pytest.mark.parametrize("role", ["web", "worker", "purge"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE retention_legalhold SET review_on = '2998-01-01'",
        "UPDATE retention_legalhold SET usage_point_id = NULL",
        "UPDATE retention_legalhold SET owner_user_id = 999999",
        "UPDATE retention_legalhold SET released_at = NULL",
        "DELETE FROM retention_legalhold",
        "TRUNCATE retention_legalhold CASCADE",
        "UPDATE retention_holdrelease SET reason = 'another'",
        "UPDATE retention_holdrelease SET is_approved = false",
        "DELETE FROM retention_holdrelease",
        "UPDATE retention_holdreview SET next_review_on = '2998-01-01'",
        "DELETE FROM retention_holdreview",
    ],
)
def test_what_was_ordered_and_decided_stays(
    committed_database: str, as_role: Connect, role: str, statement: str
) -> None:
    home = committed_household()
    with provider_rows():
        hold = place_hold(usage_point=home.meter, reason="A lawsuit", citation="Case 1", by=administrator())
        review_hold(hold=hold, next_review_on=LATER, reason="The case goes on", by=administrator())
        release_hold(hold=hold)
    with as_role(role) as process, process.transaction():
        process.execute("SELECT set_config('resguardo.scope', 'provider', true)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            process.execute(statement)


@pytest.mark.django_db
@pytest.mark.rowscope("none")
def test_releases_and_reviews_are_the_providers_own() -> None:
    with provider_rows():
        hold = a_hold()
        review_hold(hold=hold, next_review_on=LATER, reason="The case goes on", by=OPERATOR)
        propose_release(hold=hold, reason="The case is closed", by=OPERATOR)
    assert not HoldRelease.objects.exists()
    assert not HoldReview.objects.exists()


@pytest.mark.django_db
def test_the_rules_of_holds_fire_for_everybody() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname, tgenabled FROM pg_trigger"
            " WHERE tgrelid = 'retention_legalhold'::regclass AND NOT tgisinternal"
        )
        modes = dict(cursor.fetchall())
    assert modes.keys() >= {"released_by_two", "not_born_released", "reviewed_ahead", "own_meter", "write_once"}
    assert set(modes.values()) == {"A"}


@pytest.mark.django_db
def test_an_approved_release_ends_the_hold_in_the_same_act() -> None:
    hold = a_hold()
    release = propose_release(hold=hold, reason="The case is closed", by=administrator())
    by = administrator()
    ended = approve_release(release=release, by=by)
    assert (ended.released_by_id, ended.release_reason) == (by.user_id, "The case is closed")
    release.refresh_from_db()
    assert (release.is_approved, release.decided_at) == (True, ended.released_at)
