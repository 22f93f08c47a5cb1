"""The register of recipients: nothing is lost, and what is dangerous takes two."""

from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client

from accounts.errors import EndingError, NotAllowedError, OverError, SecondPersonError
from accounts.history import history_of
from accounts.models import (
    AgreementClause,
    ConfidentialityAgreement,
    OutboxMessage,
    Recipient,
    RecipientAgreement,
    RecipientContact,
    RecipientIncident,
    RecipientNotice,
    RecipientSite,
)
from accounts.selectors import clauses_of, recipients
from accounts.services import (
    Finding,
    acknowledge_notice,
    add_contact,
    add_onward_recipient,
    add_site,
    ask_for_certificates,
    change_recipient,
    check_clauses,
    close_incident,
    end_recipient_agreement,
    receive_certificate,
    remind_of_agreements,
    remove_dealing,
    report_incident,
    resume_recipient,
    stop_recipient,
)
from consent.mail import write
from ledger.actor import Actor
from protection.clock import provider_today
from protection.files import read_file, seal_bytes
from tests.factories import (
    ConfidentialityAgreementFactory,
    RecipientAgreementFactory,
    RecipientFactory,
    UserFactory,
)
from tests.protection.test_evidence import pdf
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("agreements")
WHY = "Data was passed on to a stranger"


@pytest.fixture
def by() -> Actor:
    return Actor.of(UserFactory(administrator=True, bound=True))


@pytest.fixture
def desk() -> Client:
    return signed_in(UserFactory(administrator=True, bound=True))


def text_of(response: Any) -> str:
    return unescape(response.content.decode())


def run(statement: str, *parameters: object) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)


def a_paper() -> SimpleUploadedFile:
    return SimpleUploadedFile("agreement.pdf", pdf(), content_type="application/pdf")


def a_certificate() -> Any:
    return seal_bytes(b"%PDF", name="c.pdf", content_type="application/pdf", retention_class="agreements")


def test_each_change_keeps_what_was_there_before(by: Actor) -> None:
    recipient: Recipient = RecipientFactory(legal_name="Old Name LLC", phone="555-0100")

    change_recipient(recipient=recipient, by=by, legal_name="New Name LLC", phone="555-0100")
    change_recipient(recipient=recipient, by=by, legal_name="New Name LLC")

    (entry,) = history_of(recipient)
    assert entry.why == "legal name: Old Name LLC → New Name LLC"
    assert entry.who == by.name


def test_history_tells_every_act(by: Actor, desk: Client) -> None:
    recipient: Recipient = RecipientFactory()
    contact = add_contact(recipient=recipient, part="privacy", name="Pia Privacy", email="pia@firm.example", by=by)
    remove_dealing(row=contact, by=by)
    add_site(recipient=recipient, label="Your quote", address="https://quotes.firm.example/", by=by)
    add_onward_recipient(
        recipient=recipient,
        name="Example Hosting",
        task="Hosting",
        data="All",
        terms="Its clause 9",
        since=date(2026, 1, 1),
        by=by,
    )

    page = text_of(desk.get(f"/recipients/{recipient.uuid}/"))

    for words in ("Contact added", "Contact removed", "Web address added", "Onward recipient added", "Its clause 9"):
        assert words in page
    assert RecipientContact.objects.filter(pk=contact.pk, removed_at__isnull=False).exists()


def test_only_administrators_change_the_register() -> None:
    recipient: Recipient = RecipientFactory()
    for user in (UserFactory(staff=True, bound=True), UserFactory(auditor=True), UserFactory()):
        by = Actor.of(user)
        with pytest.raises(NotAllowedError):
            change_recipient(recipient=recipient, by=by, trade_name="Mine")
        with pytest.raises(NotAllowedError):
            add_site(recipient=recipient, label="Mine", address="https://mine.example/", by=by)


def test_recipients_are_found_by_name_contact_kind_and_state(by: Actor) -> None:
    stopped: Recipient = RecipientFactory(legal_name="Stopped Example", kind="court")
    bound: Recipient = RecipientFactory(legal_name="Bound Example", under_agreement=True)
    add_contact(recipient=bound, part="security", name="Sasha Safe", email="sasha@firm.example", by=by)
    stop_recipient(recipient=stopped, reason=WHY, by=by)
    report_incident(
        recipient=bound, title="Leak", description="x", reported_on=provider_today(), reported_by="Sasha", by=by
    )

    assert [each.pk for each in recipients("sasha")] == [bound.pk]
    assert [each.pk for each in recipients(kind="court")] == [stopped.pk]
    found = {
        state: [each.pk for each in recipients(state=state)] for state in ("stopped", "unbound", "bound", "incident")
    }
    assert found == {"stopped": [stopped.pk], "unbound": [stopped.pk], "bound": [bound.pk], "incident": [bound.pk]}


def test_who_stopped_a_recipient_cannot_let_it_go_on(by: Actor) -> None:
    recipient: Recipient = RecipientFactory()
    stop_recipient(recipient=recipient, reason=WHY, by=by)

    with pytest.raises(SecondPersonError, match="another administrator"):
        resume_recipient(recipient=recipient, reason="It is mended now", by=by)

    resume_recipient(recipient=recipient, reason="It is mended now", by=Actor.of(UserFactory(administrator=True)))
    recipient.refresh_from_db()
    assert not recipient.is_stopped


@pytest.mark.parametrize(
    "change",
    [
        "stopped_at = NULL, stopped_by_id = NULL",
        "stopped_at = NULL, stopped_by_id = NULL, resumed_by_id = stopped_by_id",
        "stopped_by_id = {other}",
        "resumed_by_id = {other}",
    ],
)
def test_database_wants_a_second_person_to_resume(by: Actor, change: str) -> None:
    recipient: Recipient = RecipientFactory()
    other = UserFactory(administrator=True)
    stop_recipient(recipient=recipient, reason=WHY, by=by)

    with pytest.raises(IntegrityError):
        run(f"UPDATE accounts_recipient SET {change.format(other=other.pk)} WHERE id = %s", recipient.pk)  # noqa: S608

    assert run(
        "UPDATE accounts_recipient SET stopped_at = NULL, stopped_by_id = NULL, resumed_by_id = %s WHERE id = %s",
        other.pk,
        recipient.pk,
    )


def test_stop_is_told_to_the_recipient_and_acknowledged_by_its_own_user_once(by: Actor) -> None:
    user = UserFactory(of_recipient=True)
    stop_recipient(recipient=user.recipient, reason=WHY, by=by)
    notice = RecipientNotice.objects.get()

    message = OutboxMessage.objects.get()
    text = write(message, "en", "email").text
    assert "Every release of our customers' data to you is stopped" in text
    assert WHY not in text
    with pytest.raises(NotAllowedError):
        acknowledge_notice(notice=notice, by=Actor.of(UserFactory(of_recipient=True)))
    acknowledge_notice(notice=notice, by=Actor.of(user))
    with pytest.raises(OverError):
        acknowledge_notice(notice=notice, by=Actor.of(user))


def test_agreement_comes_with_its_paper_judged_by_content(desk: Client) -> None:
    recipient: Recipient = RecipientFactory()
    address = f"/recipients/{recipient.uuid}/agreements/new/"
    terms = {"title": "Data agreement", "signed_on": "2026-01-02", "valid_from": "2026-01-02", "valid_to": ""}
    poison = SimpleUploadedFile("agreement.pdf", b"MZ not a paper", content_type="application/pdf")

    assert desk.post(address, {**terms, "document": poison}).context["form"].errors["document"]
    desk.post(address, {**terms, "document": a_paper()})

    agreement = RecipientAgreement.objects.get()
    assert agreement.document is not None
    assert b"".join(read_file(agreement.document)).startswith(b"%PDF")
    answer = desk.get(paper := f"/recipients/agreements/{agreement.uuid}/document/")
    assert answer["Content-Disposition"].startswith("attachment")
    assert b"".join(answer).startswith(b"%PDF")
    assert signed_in(UserFactory(of_recipient=True)).get(paper).status_code == 403


def test_clauses_say_who_found_them_where_and_the_latest_counts(desk: Client) -> None:
    agreement: RecipientAgreement = RecipientAgreementFactory()
    address = f"/recipients/agreements/{agreement.uuid}/clauses/"
    found = {
        "no_less_protective": "yes",
        "breach_notice": "yes",
        "onward_transfer": "no",
        "return_or_destruction": "no",
    }

    refused = desk.post(address, found)
    assert set(refused.context["form"].errors) == {"no_less_protective_place", "breach_notice_place"}
    desk.post(address, {**found, "no_less_protective_place": "Page 3", "breach_notice_place": "Section 7"})
    desk.post(address, {**found, "no_less_protective_place": "Page 4", "breach_notice_place": "Section 7"})

    latest = clauses_of(agreement)
    assert latest["no_less_protective"].place == "Page 4"
    assert not latest["onward_transfer"].is_met
    assert agreement.clauses.count() == 8
    page = text_of(desk.get(f"/recipients/agreements/{agreement.uuid}/"))
    assert "Section 7" in page


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounts_agreementclause SET is_met = true",
        "DELETE FROM accounts_agreementclause",
        "UPDATE accounts_agreementending SET reason = 'other'",
        "DELETE FROM accounts_agreementending",
        "DELETE FROM accounts_returncertificate",
    ],
)
def test_what_was_checked_ended_and_certified_stays(by: Actor, statement: str) -> None:
    agreement: RecipientAgreement = RecipientAgreementFactory()
    check_clauses(agreement=agreement, findings={"breach_notice": Finding(False)}, by=by)
    end_recipient_agreement(agreement=agreement, valid_to=provider_today(), reason=WHY, by=by)
    agreement.refresh_from_db()
    receive_certificate(
        agreement=agreement,
        what="destroyed",
        done_on=provider_today(),
        signer_name="Robin",
        document=a_certificate(),
        by=by,
    )

    with pytest.raises(DatabaseError, match=r"permission denied|append-only"):
        run(statement)


@pytest.mark.parametrize(
    "statement",
    [
        (
            "INSERT INTO accounts_agreementclause (agreement_id, code, is_met, place, checked_by_id)"
            " VALUES ({agreement}, 'breach_notice', true, '', {user})"
        ),
        (
            "INSERT INTO accounts_agreementclause (agreement_id, code, is_met, place, checked_by_id)"
            " VALUES ({agreement}, 'may_sell', true, 'p. 1', {user})"
        ),
        (
            "INSERT INTO accounts_recipientsite (uuid, recipient_id, label, address)"
            " VALUES (gen_random_uuid(), {recipient}, 'x', 'http://firm.example/')"
        ),
        (
            "INSERT INTO accounts_recipientsite (uuid, recipient_id, label, address)"
            " VALUES (gen_random_uuid(), {recipient}, 'x', 'https://firm.example@evil.example/')"
        ),
        (
            "INSERT INTO accounts_onwardrecipient (uuid, recipient_id, name, task, data, terms, since)"
            " VALUES (gen_random_uuid(), {recipient}, 'x', 'x', 'x', '', now())"
        ),
        "UPDATE accounts_recipientincident SET closed_at = now()",
        "UPDATE accounts_recipientincident SET closed_at = now(), closed_by_id = {user}",
        "UPDATE accounts_recipientincident SET happened_on = reported_on + 1",
        "UPDATE accounts_recipientcontact SET removed_at = now()",
        "UPDATE accounts_recipientnotice SET acknowledged_at = now()",
    ],
)
def test_impossible_state_of_the_register_is_refused(by: Actor, statement: str) -> None:
    agreement: RecipientAgreement = RecipientAgreementFactory()
    recipient = agreement.recipient
    add_contact(recipient=recipient, part="privacy", name="Pia", email="pia@firm.example", by=by)
    stop_recipient(recipient=recipient, reason=WHY, by=by)
    report_incident(
        recipient=recipient, title="Leak", description="x", reported_on=provider_today(), reported_by="Pia", by=by
    )

    with pytest.raises(IntegrityError):
        run(statement.format(agreement=agreement.pk, recipient=recipient.pk, user=by.user_id))


def test_agreement_ends_no_sooner_than_today_and_only_sooner_than_it_said(by: Actor) -> None:
    today = provider_today()
    agreement: RecipientAgreement = RecipientAgreementFactory(valid_to=today + timedelta(days=30))
    for day in (today - timedelta(days=1), today + timedelta(days=30), today + timedelta(days=99)):
        with pytest.raises(EndingError):
            end_recipient_agreement(agreement=agreement, valid_to=day, reason=WHY, by=by)

    end_recipient_agreement(agreement=agreement, valid_to=today, reason=WHY, by=by)

    assert not RecipientAgreement.objects.in_force(today).exists()


def test_certificate_waits_for_the_end_and_comes_once(by: Actor, desk: Client) -> None:
    agreement: RecipientAgreement = RecipientAgreementFactory()
    address = f"/recipients/agreements/{agreement.uuid}/certificate/new/"
    form = {"what": "destroyed", "done_on": "2026-01-05", "signer_name": "Robin Contractor"}

    assert "still in force" in text_of(desk.post(address, {**form, "document": a_paper()}))
    end_recipient_agreement(agreement=agreement, valid_to=provider_today(), reason=WHY, by=by)
    desk.post(address, {**form, "document": a_paper()})
    assert "here already" in text_of(desk.post(address, {**form, "document": a_paper()}))

    assert "signed by Robin Contractor" in text_of(desk.get(f"/recipients/agreements/{agreement.uuid}/"))
    assert b"".join(desk.get(f"/recipients/agreements/{agreement.uuid}/certificate/")).startswith(b"%PDF")


def test_incident_is_recorded_by_staff_and_closed_with_what_was_found() -> None:
    recipient: Recipient = RecipientFactory()
    staff = signed_in(UserFactory(staff=True, bound=True))
    details = {
        "title": "Laptop lost",
        "description": "A laptop with a list was lost in a train.",
        "happened_on": "2026-02-01",
        "reported_on": "2026-02-02",
        "reported_by": "Its security contact",
    }

    assert staff.post(f"/recipients/{recipient.uuid}/incidents/new/", {**details, "happened_on": "2026-02-03"}).context
    staff.post(f"/recipients/{recipient.uuid}/incidents/new/", details)
    incident = RecipientIncident.objects.get()
    staff.post(f"/recipients/incidents/{incident.uuid}/", {"outcome": "The disk was encrypted."})

    incident.refresh_from_db()
    assert not incident.is_open
    with pytest.raises(OverError):
        close_incident(incident=incident, outcome="Closed a second time", by=Actor.of(UserFactory(staff=True)))
    assert "The disk was encrypted." in text_of(staff.get(f"/recipients/{recipient.uuid}/"))


@pytest.mark.parametrize(
    ("address", "is_fine"),
    [
        ("https://quotes.firm.example/start?from=portal", True),
        ("http://quotes.firm.example/", False),
        ("https://quotes.firm.example@evil.example/", False),
        ("https://quotes.firm.example\\@evil.example/", False),
        ("javascript:alert(1)", False),
        ("//evil.example/", False),
    ],
)
def test_web_address_is_https_and_hides_no_other_host(desk: Client, address: str, is_fine: bool) -> None:
    recipient: Recipient = RecipientFactory()

    desk.post(f"/recipients/{recipient.uuid}/sites/new/", {"label": "Your quote", "address": address})

    assert RecipientSite.objects.exists() == is_fine


def reminders() -> list[str]:
    found = OutboxMessage.objects.filter(template="agreement_ends").order_by("pk")
    return [message.dedup_key.split()[5] for message in found]


def test_end_of_an_agreement_is_announced_at_90_30_and_7_days_and_each_once(by: Actor) -> None:
    today = provider_today()
    agreement: RecipientAgreement = RecipientAgreementFactory(valid_to=today + timedelta(days=91))
    assert remind_of_agreements(by=SYSTEM) == 0
    for left in (90, 89, 30, 7, 1):
        RecipientAgreement.objects.filter(pk=agreement.pk).update(valid_to=today + timedelta(days=left))
        remind_of_agreements(by=SYSTEM)
        remind_of_agreements(by=SYSTEM)

    assert OutboxMessage.objects.count() == 5  # five last days; for one last day the stages come once each
    RecipientAgreement.objects.filter(pk=agreement.pk).update(valid_to=today)
    assert remind_of_agreements(by=SYSTEM) == 0


def test_renewed_agreement_is_not_announced(by: Actor) -> None:
    ends = provider_today() + timedelta(days=5)
    first: RecipientAgreement = RecipientAgreementFactory(valid_to=ends)
    RecipientAgreementFactory(recipient=first.recipient, valid_from=ends + timedelta(days=1))
    assert remind_of_agreements(by=SYSTEM) == 1, "a gap of a day is no renewal"

    RecipientAgreementFactory(recipient=first.recipient, valid_from=ends)
    assert remind_of_agreements(by=SYSTEM) == 0


def test_person_is_reminded_of_their_own_agreement_beside_the_administrators(by: Actor) -> None:
    agreement: ConfidentialityAgreement = ConfidentialityAgreementFactory(valid_to=provider_today() + timedelta(days=6))

    assert remind_of_agreements(by=SYSTEM) == 2

    message = OutboxMessage.objects.get(user=agreement.user)
    assert "customers' data cannot be opened" in write(message, "en", "email").text
    assert {each.user_id for each in OutboxMessage.objects.all()} == {agreement.user_id, by.user_id}


def test_certificate_is_asked_for_once_and_then_administrators_are_told(by: Actor) -> None:
    today = provider_today()
    agreement: RecipientAgreement = RecipientAgreementFactory(valid_to=today)
    RecipientAgreementFactory(recipient=RecipientFactory(kind="court"), valid_to=today)
    renewed: RecipientAgreement = RecipientAgreementFactory(valid_to=today)
    RecipientAgreementFactory(recipient=renewed.recipient, valid_from=today)

    assert [ask_for_certificates(by=SYSTEM) for _ in range(2)] == [1, 1]
    assert RecipientNotice.objects.get().recipient == agreement.recipient
    assert not OutboxMessage.objects.filter(template="certificate_owed").exists()

    RecipientAgreement.objects.filter(pk=agreement.pk).update(valid_to=today - timedelta(days=31))
    ask_for_certificates(by=SYSTEM)
    ask_for_certificates(by=SYSTEM)
    message = OutboxMessage.objects.get(template="certificate_owed")
    assert "no certificate is here" in write(message, "en", "email").text

    agreement.refresh_from_db()
    receive_certificate(
        agreement=agreement, what="returned", done_on=today, signer_name="Robin", document=a_certificate(), by=by
    )
    assert ask_for_certificates(by=SYSTEM) == 0


def test_clauses_are_checked_by_a_person_not_by_a_command() -> None:
    agreement: RecipientAgreement = RecipientAgreementFactory()

    with pytest.raises(NotAllowedError):
        check_clauses(
            agreement=agreement, findings={"breach_notice": Finding(True, "p. 2")}, by=Actor.operator("op", "why not")
        )
    assert not AgreementClause.objects.exists()
