"""Statements of disagreement: who may attach one to what, where it stands, and that it is never changed."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.utils import Error, IntegrityError, ProgrammingError
from django.urls import reverse

from accounts.models import Dispute, DisputeWithdrawal
from ledger.actor import Actor
from ledger.models import Entry
from protection.clock import provider_today
from protection.rowsecurity import subject_rows
from rights.disposal import DISPUTES
from rights.errors import (
    DisagreementNotOfferedError,
    DisagreementStandsError,
    NotAllowedError,
    StatementMissingError,
    StatementTooLongError,
)
from rights.services import decide_correction, state_disagreement, withdraw_disagreement
from tests.factories import UserFactory
from tests.rights.factories import a_member, a_pending_correction, a_refused_correction, staff_who_opened
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db

WORDS = "My name is written otherwise in my passport."


def a_dispute() -> tuple[Dispute, Actor]:
    """Return a standing statement and its customer."""
    correction = a_refused_correction()
    by = Actor.of(correction.requested_by)  # type: ignore[arg-type]
    return state_disagreement(correction=correction, statement=WORDS, by=by), by


def test_statement_stands_on_the_field_with_an_entry_that_commits_to_its_words() -> None:
    dispute, _by = a_dispute()

    entry = Entry.objects.get(pk=dispute.entry_id)
    assert (entry.kind, bytes(entry.subject_tag)) == ("dispute.stated", bytes(dispute.customer.tag))
    assert dispute.evidence_json["statement"] == WORDS
    assert (dispute.field_id, dispute.row_uuid) == ("customer.name", dispute.customer.uuid)


@pytest.mark.parametrize("accept", [None, True])
def test_only_a_refused_correction_can_be_disagreed_with(accept: bool | None) -> None:
    correction = a_pending_correction()
    if accept:
        decide_correction(correction=correction, accept=True, by=Actor.of(staff_who_opened(correction.customer)))

    with pytest.raises(DisagreementNotOfferedError):
        state_disagreement(correction=correction, statement=WORDS, by=Actor.of(correction.requested_by))  # type: ignore[arg-type]


def test_stranger_and_staff_who_did_not_open_the_customer_attach_nothing() -> None:
    correction = a_refused_correction()
    stranger, _account = a_member()

    for user in (stranger, UserFactory(staff=True, bound=True)):
        with pytest.raises(NotAllowedError):
            state_disagreement(correction=correction, statement=WORDS, by=Actor.of(user))


def test_same_statement_twice_is_one_and_another_waits_until_it_is_withdrawn() -> None:
    dispute, by = a_dispute()
    correction = dispute.customer.corrections.get()

    assert state_disagreement(correction=correction, statement=f" {WORDS}\n", by=by) == dispute
    with pytest.raises(DisagreementStandsError):
        state_disagreement(correction=correction, statement="Other words.", by=by)
    withdraw_disagreement(dispute=dispute, by=by)
    assert state_disagreement(correction=correction, statement="Other words.", by=by) != dispute


@pytest.mark.parametrize(
    ("statement", "error"),
    [(" \n\t", StatementMissingError), ("word " * 301, StatementTooLongError), ("x" * 2001, StatementTooLongError)],
)
def test_statement_has_words_but_not_too_many(statement: str, error: type[Exception]) -> None:
    correction = a_refused_correction()

    with pytest.raises(error):
        state_disagreement(correction=correction, statement=statement, by=Actor.of(correction.requested_by))  # type: ignore[arg-type]


def test_withdrawing_keeps_the_words_and_counts_once() -> None:
    dispute, by = a_dispute()

    first = withdraw_disagreement(dispute=dispute, by=by)

    assert withdraw_disagreement(dispute=dispute, by=by) == first
    assert Entry.objects.filter(kind="dispute.withdrawn").count() == 1
    assert not Dispute.objects.standing().exists()
    assert Dispute.objects.get().statement == WORDS


def test_staff_do_not_withdraw_a_customers_statement() -> None:
    dispute, _by = a_dispute()

    with pytest.raises(NotAllowedError):
        withdraw_disagreement(dispute=dispute, by=Actor.of(staff_who_opened(dispute.customer)))


def refused(error: type[Error], statement: str) -> bool:
    """Say whether the database refuses a statement with this error."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    except error:
        return True
    return False


@pytest.mark.parametrize("table", ["accounts_dispute", "accounts_disputewithdrawal"])
@pytest.mark.parametrize("statement", ["UPDATE {table} SET uuid = gen_random_uuid()", "DELETE FROM {table}"])
def test_statement_and_withdrawal_are_neither_changed_nor_deleted(table: str, statement: str) -> None:
    dispute, by = a_dispute()
    withdraw_disagreement(dispute=dispute, by=by)

    assert refused(ProgrammingError, statement.format(table=table))


COPY = """
    INSERT INTO accounts_dispute (entry_id, salt, evidence, uuid, customer_id, row_uuid, field_id, correction_uuid,
        statement)
    SELECT -entry_id, salt, evidence, gen_random_uuid(), customer_id, row_uuid, {field}, correction_uuid, {words}
    FROM accounts_dispute
"""


@pytest.mark.parametrize(
    ("field", "words"), [("field_id", "'More'"), ("'customer.phone'", "'More'"), ("field_id", "' '")]
)
def test_database_takes_one_standing_statement_in_words_on_a_field_refused_and_no_other(field: str, words: str) -> None:
    dispute, by = a_dispute()
    if words == "' '":
        withdraw_disagreement(dispute=dispute, by=by)

    assert refused(IntegrityError, COPY.format(field=field, words=words))


def test_stranger_sees_neither_statement_nor_withdrawal() -> None:
    dispute, by = a_dispute()
    withdraw_disagreement(dispute=dispute, by=by)
    user, account = a_member()

    with subject_rows(user_id=user.pk, customers=[account.customer_id]):
        assert not Dispute.objects.exists()
        assert not DisputeWithdrawal.objects.exists()
    with subject_rows(user_id=user.pk, customers=[dispute.customer_id]):
        assert Dispute.objects.exists()
        assert DisputeWithdrawal.objects.exists()


def test_statement_ages_only_once_it_is_withdrawn_or_its_customer_has_left() -> None:
    dispute, by = a_dispute()
    tomorrow = provider_today() + timedelta(days=1)

    assert not DISPUTES.past(tomorrow).exists()
    dispute.customer.accounts.update(closed_on=provider_today() - timedelta(days=9))
    assert DISPUTES.past(provider_today() - timedelta(days=8)).exists()
    withdraw_disagreement(dispute=dispute, by=by)
    assert not DISPUTES.past(provider_today()).exists()
    assert DISPUTES.disposable(tomorrow).exists()


def test_customer_states_reads_and_withdraws_it_on_their_pages() -> None:
    correction = a_refused_correction()
    client = signed_in(correction.requested_by)  # type: ignore[arg-type]
    form = reverse("rights:disagreement_create", kwargs={"uuid": correction.uuid})

    assert form in client.get(reverse("accounts:my_data")).content.decode()
    assert correction.decision_reason in client.get(form).content.decode()
    page = client.post(form, {"statement": WORDS}, follow=True).content.decode()
    assert WORDS in page
    dispute = Dispute.objects.get()
    withdraw = reverse("rights:disagreement_withdraw", kwargs={"uuid": dispute.uuid})
    assert withdraw in page
    assert WORDS not in client.post(withdraw, follow=True).content.decode()


def test_too_many_words_are_said_at_the_field() -> None:
    correction = a_refused_correction()
    form = reverse("rights:disagreement_create", kwargs={"uuid": correction.uuid})

    answer = signed_in(correction.requested_by).post(form, {"statement": "word " * 301})  # type: ignore[arg-type]

    assert "at most 300 words" in answer.content.decode()
    assert not Dispute.objects.exists()


def test_strangers_correction_and_statement_are_not_found() -> None:
    dispute, _by = a_dispute()
    correction = dispute.customer.corrections.get()
    client = signed_in(a_member()[0])

    page = reverse("rights:disagreement_create", kwargs={"uuid": correction.uuid})
    button = reverse("rights:disagreement_withdraw", kwargs={"uuid": dispute.uuid})
    assert (client.get(page).status_code, client.post(button).status_code) == (404, 404)


def test_staff_read_it_beside_the_value() -> None:
    dispute, _by = a_dispute()
    client = signed_in(staff_who_opened(dispute.customer))

    page = client.get(reverse("accounts:customer_detail", kwargs={"uuid": dispute.customer.uuid}))

    assert WORDS in page.content.decode()
