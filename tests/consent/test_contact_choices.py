"""What customers choose to be written to about: who may choose, what is kept, what counts."""

from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import Error, IntegrityError, ProgrammingError
from django.urls import reverse

from accounts.errors import NotAllowedError
from accounts.models import Channel, Customer, Member, OutboxMessage
from accounts.topics import AGREEMENTS, BREACHES, DEMANDS, NEWSLETTER, NOTICES, PROGRAMS, REQUESTS, SECURITY, TOPICS
from consent.contact import last_choice, table_of
from consent.errors import ChannelMissingError, ChoiceReasonMissingError
from consent.models import ContactChoice
from consent.services import choose_contact, refuse_by_link, undo_refusal
from ledger.actor import Actor
from ledger.models import Entry
from protection.rowsecurity import subject_rows
from tests.consent.factories import holder_of, staff_with
from tests.factories import CustomerFactory, UserFactory
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db

UNREFUSABLE = {code: ["email"] for code in (SECURITY, AGREEMENTS, NOTICES, REQUESTS, DEMANDS, BREACHES)}


def chosen(customer: Customer, by: Any = None, **topics: list[str]) -> ContactChoice:
    """Have the holder choose what cannot be refused by e-mail, and these topics."""
    actor = Actor.of(by or holder_of(customer))
    return choose_contact(customer=customer, channels={**UNREFUSABLE, **topics}, by=actor)


def refused(error: type[Error], statement: str) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    except error:
        return True
    return False


def test_who_chose_nothing_gets_only_what_cannot_be_refused() -> None:
    table = table_of(last_choice(CustomerFactory.create()))

    assert {code for code, channels in table.items() if channels} == {
        code for code in table if not TOPICS[code].is_refusable
    }


def test_pages_stand_before_and_after_the_first_choice() -> None:
    customer = CustomerFactory.create()
    member, staff = holder_of(customer), staff_with(customer)
    pages = [
        (signed_in(member), reverse("consent:preferences")),
        (signed_in(staff), reverse("consent:contact_record", args=[customer.uuid])),
    ]
    for newsletter in (None, ["email"], []):
        if newsletter is not None:
            chosen(customer, member, newsletter=newsletter)
        for client, address in pages:
            assert client.get(address).status_code == 200


def test_choice_counts_is_kept_and_is_in_the_ledger() -> None:
    customer = CustomerFactory.create()
    holder = holder_of(customer)

    choice = chosen(customer, holder, newsletter=["post", "email"])

    assert table_of(last_choice(customer))[NEWSLETTER] == [Channel.EMAIL, Channel.POST]
    assert (choice.number, choice.method, choice.recorded_by, choice.actor_kind) == (1, "portal", holder, "customer")
    assert Entry.objects.get(pk=choice.entry_id).kind == "contact.chosen"
    assert choice.evidence_json["channels"][NEWSLETTER] == ["email", "post"]


def test_choosing_the_same_again_adds_no_row() -> None:
    customer = CustomerFactory.create()

    assert chosen(customer, newsletter=["email"]) == chosen(customer, newsletter=["email"])


def test_history_keeps_every_choice() -> None:
    customer = CustomerFactory.create()
    chosen(customer, newsletter=["email"])
    chosen(customer, newsletter=[])

    numbers = ContactChoice.objects.filter(customer=customer).order_by("number").values_list("number", flat=True)
    assert list(numbers) == [1, 2]
    assert table_of(last_choice(customer))[NEWSLETTER] == []


def test_what_cannot_be_refused_keeps_a_channel() -> None:
    customer = CustomerFactory.create()

    with pytest.raises(ChannelMissingError) as caught:
        choose_contact(customer=customer, channels={**UNREFUSABLE, AGREEMENTS: []}, by=Actor.of(holder_of(customer)))

    assert caught.value.field == AGREEMENTS


def test_stranger_may_not_choose() -> None:
    with pytest.raises(NotAllowedError):
        chosen(CustomerFactory.create(), UserFactory.create())


def test_member_of_the_household_may_stop_messages_but_not_add_them() -> None:
    customer = CustomerFactory.create()
    chosen(customer, newsletter=["email"])
    member = holder_of(customer, part=Member.Part.ADULT_MEMBER)

    assert chosen(customer, member).channels[NEWSLETTER] == []
    with pytest.raises(NotAllowedError):
        chosen(customer, member, newsletter=["email"])


def test_staff_record_what_they_were_told_with_a_note_and_the_customer_is_told_back() -> None:
    customer = CustomerFactory.create()
    staff = Actor.of(staff_with(customer))
    told = {"customer": customer, "channels": {**UNREFUSABLE, PROGRAMS: ["post"]}, "method": "telephone", "by": staff}

    with pytest.raises(ChoiceReasonMissingError):
        choose_contact(**told, reason="asked")
    choice = choose_contact(**told, reason="Called on 3 March and asked for it.")

    assert (choice.method, choice.reason) == ("telephone", "Called on 3 March and asked for it.")
    message = OutboxMessage.objects.get(customer=customer)
    assert (message.template, message.context) == ("contact_chosen", {"choice": str(choice.uuid)})


def test_staff_who_did_not_open_the_customer_may_not_record() -> None:
    with pytest.raises(NotAllowedError):
        choose_contact(
            customer=CustomerFactory.create(),
            channels=UNREFUSABLE,
            reason="Called and asked for it.",
            by=Actor.of(UserFactory.create(staff=True, bound=True)),
        )


def test_link_refuses_its_topic_alone_and_takes_it_back() -> None:
    customer = CustomerFactory.create()
    chosen(customer, newsletter=["email", "post"], programs=["email"])

    refuse_by_link(customer=customer, topics=[NEWSLETTER])
    assert table_of(last_choice(customer))[NEWSLETTER] == []
    assert table_of(last_choice(customer))[PROGRAMS] == [Channel.EMAIL]

    undo_refusal(customer=customer)
    assert table_of(last_choice(customer))[NEWSLETTER] == [Channel.EMAIL, Channel.POST]


def test_link_refuses_everything_that_can_be_refused_at_once() -> None:
    customer = CustomerFactory.create()
    chosen(customer, newsletter=["email"], surveys=["telephone"])

    refuse_by_link(customer=customer)

    table = table_of(last_choice(customer))
    assert {code for code, channels in table.items() if channels} == set(UNREFUSABLE)


def test_link_cannot_refuse_what_cannot_be_refused() -> None:
    customer = CustomerFactory.create()

    assert refuse_by_link(customer=customer, topics=[AGREEMENTS]) is None
    assert table_of(last_choice(customer))[AGREEMENTS]


def test_old_link_undoes_nothing_that_was_chosen_since() -> None:
    customer = CustomerFactory.create()
    chosen(customer, newsletter=["email"])
    refuse_by_link(customer=customer, topics=[NEWSLETTER])
    last = chosen(customer, programs=["email"])

    assert undo_refusal(customer=customer) == last
    assert table_of(last_choice(customer))[NEWSLETTER] == []


def test_undo_twice_is_undo_once() -> None:
    customer = CustomerFactory.create()
    chosen(customer, newsletter=["email"])
    refuse_by_link(customer=customer, topics=[NEWSLETTER])

    assert undo_refusal(customer=customer) == undo_refusal(customer=customer)


def test_choice_puts_what_waits_at_the_desk_back_to_the_sender() -> None:
    customer = CustomerFactory.create()
    message = OutboxMessage.objects.create(
        addressee="customer",
        customer=customer,
        topic=NEWSLETTER,
        template="x",
        status="at_desk",
        channel="post",
        language="en",
    )
    chosen(customer, newsletter=["email"])

    message.refresh_from_db()
    assert message.status == "pending"


def test_topic_that_came_later_has_its_default() -> None:
    customer = CustomerFactory.create()
    choice = chosen(customer)
    choice.channels = {NEWSLETTER: ["email"]}

    assert table_of(choice)[AGREEMENTS] == [Channel.EMAIL, Channel.POST]
    assert table_of(choice)[PROGRAMS] == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE consent_contactchoice SET method = 'link'",
        "DELETE FROM consent_contactchoice",
        "TRUNCATE consent_contactchoice",
        "UPDATE consent_cookiechoice SET purposes = '{}'",
        "UPDATE consent_privacysignal SET has_gpc = false",
        "DELETE FROM consent_visitcount",
    ],
)
def test_what_was_chosen_is_never_rewritten(statement: str) -> None:
    chosen(CustomerFactory.create())

    assert refused(ProgrammingError, statement)


@pytest.mark.parametrize(
    "column",
    [
        "channels = '[]'",
        'channels = \'{"newsletter": "email"}\'',
        'channels = \'{"newsletter": ["pigeon"]}\'',
        "method = 'guess'",
        "method = 'telephone', reason = ''",
        "method = 'portal', recorded_by_id = NULL",
        "number = 0",
        "number = 1",
    ],
)
def test_impossible_choice_is_refused(column: str) -> None:
    choice = chosen(CustomerFactory.create())
    values = {"number": "2", "channels": "channels", "method": "method", "reason": "reason", "recorded_by_id": "NULL"}
    for part in column.split(", "):
        name, _equals, value = part.partition(" = ")
        values[name] = value
    values["recorded_by_id"] = values["recorded_by_id"] if "portal" in column else "recorded_by_id"
    statement = (
        "INSERT INTO consent_contactchoice (uuid, customer_id, number, channels, refused, method, reason,"  # noqa: S608
        " recorded_by_id, actor_kind, entry_id, salt, evidence) SELECT gen_random_uuid(), customer_id,"
        f" {values['number']}, {values['channels']}, refused, {values['method']}, {values['reason']},"
        f" {values['recorded_by_id']}, actor_kind, entry_id + 1000, salt, evidence FROM consent_contactchoice"
        f" WHERE id = {choice.pk}"
    )

    assert refused(IntegrityError, statement)


def test_customers_see_their_own_choices_alone() -> None:
    mine, other = CustomerFactory.create(), CustomerFactory.create()
    chosen(mine)
    chosen(other)

    with subject_rows(user_id=0, customers=[mine.pk]):
        assert ContactChoice.objects.get().customer_id == mine.pk


def test_customers_write_no_choice_of_anybody_elses() -> None:
    mine, other = CustomerFactory.create(), CustomerFactory.create()
    copy = (
        "INSERT INTO consent_contactchoice (uuid, customer_id, number, channels, refused, method, reason, actor_kind,"
        " entry_id, salt, evidence) VALUES (gen_random_uuid(), {}, 2, '{{}}', '[]', 'link', '', 'system', -1, '', '')"
    )

    with subject_rows(user_id=0, customers=[mine.pk]):
        assert refused(ProgrammingError, copy.format(other.pk))
        assert not refused(Error, copy.format(mine.pk))
