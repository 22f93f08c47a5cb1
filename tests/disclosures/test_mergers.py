"""A merger, sale or financing lets nobody's data out before they were told (promise M3), in the gate and in raw SQL."""

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from accounts.models import Customer, OutboxMessage, Recipient
from consent.mail import write
from consent.sender import send_messages
from disclosures.errors import MergerError, NotAllowedError, ReleaseDenied
from disclosures.gate import ReleaseRequest
from disclosures.models import MergerNotice, MergerNoticeServed
from disclosures.services import announce_merger, preview_release, serve_merger_notice
from ledger.actor import Actor
from protection.clock import transaction_time
from protection.files import seal_bytes
from protection.rowsecurity import subject_rows
from tests.disclosures.factories import Case, basis, purpose
from tests.disclosures.test_invariants import forge_line, forge_release
from tests.factories import AccountFactory, RecipientFactory, UserFactory
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db
WORDS = {
    "title_en": "We may join with another provider",
    "title_es": "Podríamos unirnos con otro proveedor",
    "text_en": "Example Holdings looks at our accounts before it joins with us.",
    "text_es": "Example Holdings examina nuestras cuentas antes de unirse con nosotros.",
}
SYSTEM = Actor.system("merger notices")


def a_counterparty(**changes: Any) -> Recipient:
    made: Recipient = RecipientFactory(kind="merger_counterparty", **{"under_agreement": True, **changes})
    return made


def a_notice(recipient: Recipient, waiting_days: int = 30) -> MergerNotice:
    by = Actor.of(UserFactory(administrator=True, bound=True))
    notice = announce_merger(recipient=recipient, waiting_days=waiting_days, by=by, **WORDS)
    while serve_merger_notice(notice=notice, by=SYSTEM):
        pass
    return notice


def sent_days_ago(notice: MergerNotice, days: int) -> None:
    """Have the notice's messages have left so many days ago."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_outboxmessage SET status = 'sent', channel = 'email', language = 'en', settled_at = %s"
            " WHERE id IN (SELECT message_id FROM disclosures_mergernoticeserved WHERE notice_id = %s)",
            [transaction_time() - timedelta(days=days), notice.pk],
        )


@pytest.fixture
def case() -> Case:
    return Case(recipient=a_counterparty())


def asked(case: Case) -> ReleaseRequest:
    return case.request(
        basis=basis("merger_sale_financing"),
        purpose=purpose("legal_obligation"),
        document=seal_bytes(b"%PDF", name="t.pdf", content_type="application/pdf", retention_class="evidence"),
    )


def missing(case: Case) -> set[str]:
    return {condition.code for condition in preview_release(request=asked(case), by=case.by).missing}


@transaction.atomic
def forge_merger_line(case: Case) -> None:
    """Insert a merger's release and its line in raw rows, past the gate."""
    release = forge_release(
        case,
        "merger_sale_financing",
        purpose=purpose("legal_obligation"),
        purpose_is_secondary=False,
        document=seal_bytes(b"%PDF", name="t.pdf", content_type="application/pdf", retention_class="evidence"),
    )
    forge_line(case, release)


def test_nothing_goes_before_the_customer_was_told_and_had_the_time_stated(case: Case) -> None:
    assert "merger_notice_missing" in missing(case)
    notice = a_notice(case.recipient)
    assert "merger_notice_missing" in missing(case), "written is not yet sent"
    sent_days_ago(notice, 29)
    assert "merger_notice_missing" in missing(case)


def test_release_happens_once_every_customer_had_the_time(case: Case) -> None:
    sent_days_ago(a_notice(case.recipient), 30)

    assert "merger_notice_missing" not in missing(case)


def test_database_refuses_a_line_of_a_customer_who_was_not_told(case: Case) -> None:
    with pytest.raises(IntegrityError, match="not told of the merger"):
        forge_merger_line(case)


@pytest.mark.parametrize("days", [0, 29])
def test_database_refuses_a_line_before_the_time_is_over(case: Case, days: int) -> None:
    sent_days_ago(a_notice(case.recipient), days)

    with pytest.raises(IntegrityError, match="not told of the merger"):
        forge_merger_line(case)


def test_database_refuses_a_line_while_the_message_has_not_left(case: Case) -> None:
    a_notice(case.recipient)

    with pytest.raises(IntegrityError, match="not told of the merger"):
        forge_merger_line(case)


def test_notice_of_another_merger_does_not_count(case: Case) -> None:
    sent_days_ago(a_notice(a_counterparty()), 90)

    with pytest.raises(IntegrityError, match="not told of the merger"):
        forge_merger_line(case)


def test_message_to_another_customer_does_not_count(case: Case) -> None:
    notice = a_notice(case.recipient)
    sent_days_ago(notice, 90)
    late: Case = Case(account=AccountFactory(), recipient=case.recipient)

    with pytest.raises(IntegrityError, match="not told of the merger"):
        forge_merger_line(late)


def test_line_of_a_customer_who_was_told_in_time_is_taken(case: Case) -> None:
    sent_days_ago(a_notice(case.recipient), 30)

    forge_merger_line(case)


def test_merger_needs_the_counterpartys_agreement_in_the_database_too() -> None:
    bare = Case(recipient=a_counterparty(under_agreement=False))

    with pytest.raises(IntegrityError, match="agreement"):
        forge_merger_line(bare)


def test_merger_without_its_document_is_refused_by_the_database(case: Case) -> None:
    with pytest.raises(IntegrityError, match="release_document_there"):
        forge_release(case, "merger_sale_financing", purpose=purpose("legal_obligation"), purpose_is_secondary=False)


def test_denied_merger_says_how_many_were_not_told(case: Case) -> None:
    with pytest.raises(ReleaseDenied) as refused:
        case.released(
            basis=basis("merger_sale_financing"),
            purpose=purpose("legal_obligation"),
            document=seal_bytes(b"%PDF", name="t.pdf", content_type="application/pdf", retention_class="evidence"),
        )
    conditions = {each["code"]: each["params"] for each in refused.value.denial.conditions}
    assert conditions["merger_notice_missing"]["count"] == "1"


def test_every_customer_is_written_to_once_in_their_language(case: Case) -> None:
    Customer.objects.filter(pk=case.customer.pk).update(language="es")
    notice = a_notice(case.recipient)

    assert serve_merger_notice(notice=notice, by=SYSTEM) == 0
    AccountFactory()
    assert serve_merger_notice(notice=notice, by=SYSTEM) == 1
    message = OutboxMessage.objects.get(customer=case.customer, template="merger_notice")
    assert "examina nuestras cuentas" in write(message, "es", "email").text
    send_messages()
    message.refresh_from_db()
    assert message.status == "sent"


def test_only_bound_administrators_announce_and_only_under_an_agreement() -> None:
    counterparty = a_counterparty()
    for user in (UserFactory(staff=True, bound=True), UserFactory(administrator=True)):
        with pytest.raises(NotAllowedError):
            announce_merger(recipient=counterparty, waiting_days=30, by=Actor.of(user), **WORDS)
    by = Actor.of(UserFactory(administrator=True, bound=True))
    for recipient in (RecipientFactory(under_agreement=True), a_counterparty(under_agreement=False)):
        with pytest.raises(MergerError):
            announce_merger(recipient=recipient, waiting_days=30, by=by, **WORDS)


def test_notice_is_announced_on_a_page_and_its_reach_shown(case: Case) -> None:
    desk = signed_in(UserFactory(administrator=True, bound=True))
    form = {"recipient": case.recipient.pk, **WORDS, "waiting_days": 30}

    assert desk.post("/mergers/new/", {**form, "waiting_days": 3}).context["form"].errors
    desk.post("/mergers/new/", form)

    notice = MergerNotice.objects.get()
    page = unescape(desk.get(f"/mergers/{notice.uuid}/").content.decode())
    assert WORDS["text_es"] in page
    assert WORDS["title_en"] in unescape(desk.get("/mergers/").content.decode())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE disclosures_mergernotice SET waiting_days = 7",
        "DELETE FROM disclosures_mergernoticeserved",
        "UPDATE disclosures_mergernoticeserved SET customer_id = customer_id",
    ],
)
def test_notice_and_whom_it_was_served_stay_as_they_are(case: Case, statement: str) -> None:
    a_notice(case.recipient)

    with pytest.raises(DatabaseError, match=r"permission denied|append-only"), transaction.atomic():
        connection.cursor().execute(statement)


def test_customer_sees_their_own_notice_and_no_other(case: Case) -> None:
    AccountFactory()
    a_notice(case.recipient)

    with subject_rows(user_id=0, customers=[case.customer.pk]):
        assert [served.customer_id for served in MergerNoticeServed.objects.all()] == [case.customer.pk]
