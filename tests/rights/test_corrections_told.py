"""A corrected value reaches whoever got the wrong one: told, acknowledged, reminded; and the customer sees it."""

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction
from django.urls import reverse

from accounts.models import FieldSource, OutboxMessage, User
from accounts.services import stop_recipient
from disclosures.errors import NotAllowedError
from disclosures.models import CorrectionNotice, CorrectionReceipt
from disclosures.services import acknowledge_correction, build_package
from disclosures.services.corrections import REMIND_AFTER, remind_of_corrections
from ledger.actor import Actor
from ledger.models import Entry
from protection.clock import transaction_time
from rights.models import Correction
from rights.services import decide_correction
from tests.disclosures.factories import Case
from tests.factories import MemberFactory, RecipientFactory, UserFactory
from tests.rights.factories import correct, staff_who_opened
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db
PHONE = ("customer.phone", "customer.name")


def text_of(response: Any) -> str:
    return " ".join(unescape(response.content.decode()).split())


def received(**changes: Any) -> Case:
    """Return a case whose recipient got the customer's telephone number and name."""
    case = Case()
    case.consented(field_ids=PHONE)
    build_package(release=case.released(field_ids=PHONE, **changes))
    return case


def holder(case: Case) -> User:
    return MemberFactory.create(account=case.account).user


def reader(case: Case) -> User:
    return UserFactory.create(role="recipient", recipient=case.recipient)


def corrected(case: Case) -> CorrectionNotice:
    correct(holder(case), case.customer, "customer.phone", "555-010-7777")
    return CorrectionNotice.objects.get()


def test_who_got_the_wrong_value_is_told_where_it_stands_and_by_mail() -> None:
    case = received()
    notice = corrected(case)
    assert notice.recipient == case.recipient
    release = case.recipient.releases.get()
    assert notice.places == [{"release": str(release.uuid), "subject": 1}]
    message = OutboxMessage.objects.get(template="correction_told")
    assert (message.recipient, message.context) == (case.recipient, {"notice": str(notice.uuid)})
    entry = Entry.objects.get(pk=notice.entry_id)
    assert (entry.kind, bytes(entry.subject_tag)) == ("correction.told", bytes(case.customer.tag))


def test_who_got_another_field_or_an_unbuilt_file_or_nothing_is_not_told() -> None:
    case = Case()
    case.consented(field_ids=PHONE)
    build_package(release=case.released(field_ids=("customer.name",)))
    case.released(field_ids=PHONE)
    correct(holder(case), case.customer, "customer.phone", "555-010-7777")
    assert not CorrectionNotice.objects.exists()


def test_who_was_told_of_one_correction_is_told_of_the_next_and_so_is_who_got_the_value_between() -> None:
    case = received()
    user = holder(case)
    corrected(case)
    late = Case(account=case.account)
    late.consented(field_ids=PHONE)
    build_package(release=late.released(field_ids=PHONE))
    correct(user, case.customer, "customer.phone", "555-010-8888")
    told = list(CorrectionNotice.objects.order_by("pk").values_list("recipient", flat=True))
    assert told == [case.recipient.pk, case.recipient.pk, late.recipient.pk]


def test_a_file_written_before_the_wrong_value_came_is_not_taken_to_hold_it() -> None:
    case = received()
    FieldSource.objects.update_or_create(
        row_uuid=case.customer.uuid,
        field_id="customer.phone",
        defaults={"customer": case.customer, "source": "feed", "changed_at": transaction_time() + timedelta(hours=1)},
    )
    correct(holder(case), case.customer, "customer.phone", "555-010-7777")
    assert not CorrectionNotice.objects.exists()


def test_a_correction_that_staff_accept_is_told_when_they_accept_it() -> None:
    case = received()
    correction = correct(holder(case), case.customer, "customer.name", "Alexandra Sample")
    assert not CorrectionNotice.objects.exists()
    decide_correction(correction=correction, accept=True, by=Actor.of(staff_who_opened(case.customer)))
    assert CorrectionNotice.objects.get().correction_uuid == correction.uuid


def test_a_refused_correction_is_told_to_nobody() -> None:
    case = received()
    correction = correct(holder(case), case.customer, "customer.name", "Alexandra Sample")
    by = Actor.of(staff_who_opened(case.customer))
    decide_correction(correction=correction, accept=False, reason="The document shows another name", by=by)
    assert not CorrectionNotice.objects.exists()


def test_the_recipients_user_acknowledges_and_gets_the_right_value() -> None:
    case = received()
    notice = corrected(case)
    told = acknowledge_correction(notice=notice, by=Actor.of(reader(case)))
    assert told.value == "555-010-7777"
    assert Entry.objects.get(pk=told.receipt.entry_id).kind == "correction.acknowledged"


def test_without_a_consent_in_force_the_value_is_withheld_but_the_wrong_one_still_told() -> None:
    case = received()
    case.withdraw(case.customer.consents.get())
    told = acknowledge_correction(notice=corrected(case), by=Actor.of(reader(case)))
    assert told.value is None
    assert [condition.code for condition in told.receipt.reasons] == ["consent_ended"]


def test_a_stopped_recipient_gets_no_value() -> None:
    case = received()
    notice = corrected(case)
    stop_recipient(recipient=case.recipient, reason="Data was passed on", by=case.by)
    told = acknowledge_correction(notice=notice, by=Actor.of(reader(case)))
    assert told.value is None
    assert "recipient_stopped" in {condition.code for condition in told.receipt.reasons}


def test_another_organizations_user_may_not_acknowledge() -> None:
    notice = corrected(received())
    stranger = UserFactory.create(role="recipient", recipient=RecipientFactory.create())
    with pytest.raises(NotAllowedError):
        acknowledge_correction(notice=notice, by=Actor.of(stranger))
    url = reverse("disclosures:correction_detail", kwargs={"uuid": notice.uuid})
    assert signed_in(stranger).get(url).status_code == 404


def test_who_does_not_acknowledge_is_reminded_once_each_fortnight() -> None:
    case = received()
    notice = corrected(case)
    assert remind_of_corrections() == 0
    later = transaction_time() + REMIND_AFTER + timedelta(hours=1)
    assert [remind_of_corrections(now=later) for _ in range(2)] == [1, 1]
    assert OutboxMessage.objects.filter(template="correction_told").count() == 2
    acknowledge_correction(notice=notice, by=Actor.of(reader(case)))
    assert remind_of_corrections(now=later) == 0


def test_pages_show_the_recipient_where_and_what_and_the_customer_who_was_told() -> None:
    case = received()
    notice = corrected(case)
    desk = signed_in(reader(case))
    assert "Waits for you" in text_of(desk.get(reverse("disclosures:correction_list")))
    url = reverse("disclosures:correction_detail", kwargs={"uuid": notice.uuid})
    page = text_of(desk.get(url))
    assert "subject 1" in page
    assert "555-010-7777" not in page
    assert "555-010-7777" in text_of(desk.post(url))
    assert CorrectionReceipt.objects.count() == 1
    own = text_of(signed_in(Correction.objects.get().requested_by).get(reverse("rights:request_list")))
    assert f"{case.recipient.legal_name} (acknowledged on" in own


@pytest.mark.parametrize("table", ["disclosures_correctionnotice", "disclosures_correctionreceipt"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}"])
def test_what_was_told_is_never_changed_or_removed(table: str, verb: str) -> None:
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(verb.format(table))
