"""Orders not to tell: no page, count, message, export or ledger of the customer shows anything before they end."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import Concealment, CustomerOpening, Member, OutboxMessage, ValueReveal
from accounts.services import reveal_value
from disclosures.errors import DemandError
from disclosures.models import CorrectionNotice, DemandEvent, LegalDemand, ReleaseLine
from disclosures.own_history import Kind, OwnFilter, own_lines, own_looks
from disclosures.packaging.own_proof import own_document
from disclosures.services import (
    build_package,
    comply_with_demand,
    end_orders,
    extend_order,
    lift_order,
    record_order,
    refuse_demand,
    serve_notice,
)
from disclosures.services.compliance import default_answer
from ledger.actor import Actor
from ledger.heads import take_heads
from ledger.keys import record_keys
from ledger.models import Entry
from ledger.sealing import seal_entries
from protection.clock import provider_today
from protection.rowsecurity import subject_rows
from retention.models import LegalHold
from retention.selectors import told_holds
from rights.holdings import records_of
from tests.disclosures.demands import secrecy, taken_in
from tests.disclosures.factories import Case
from tests.factories import MemberFactory, UserFactory
from tests.rights.factories import correct
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db
WHY = "As the court ordered in this case."


@pytest.fixture
def case() -> Case:
    return Case()


@pytest.fixture
def member(case: Case) -> Member:
    holder: Member = MemberFactory.create(account=case.account)
    return holder


def complied(case: Case, **order: Any) -> LegalDemand:
    """Return a warrant under an order not to tell, taken in and complied with by a clerk who had not looked before."""
    demand = taken_in(case.account, case.by, "warrant", order=secrecy(**order))
    answer = default_answer(demand)
    assert answer is not None
    clerk = Actor.of(UserFactory.create(staff=True, bound=True, name="Clerk Under Order"))
    comply_with_demand(demand=demand, answer=answer, reason=WHY, by=clerk)
    return demand


@contextmanager
def eyes_of(member: Member) -> Iterator[None]:
    account = member.account
    with subject_rows(user_id=member.user_id, customers=[account.customer_id], accounts=[account.pk]):
        yield


def everything(member: Member) -> dict[str, int]:
    """Count what every table shows the customer."""
    with eyes_of(member):
        tables = [model for model in apps.get_models() if model._meta.managed and not model._meta.proxy]
        return {model._meta.db_table: model._default_manager.count() for model in tables}


def pages(member: Member) -> dict[str, str]:
    client = signed_in(member.user)
    names = ("home", "disclosures:history", "disclosures:own_demand_list", "accounts:my_data", "rights:request_list")
    return {name: text_of(client, reverse(name)) for name in names}


def text_of(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200, url
    return response.content.decode()


OF_EVERYBODY = {"ledger_entry", "ledger_unsealed", "ledger_head", "accounts_user", "accounts_recipient",
                "protection_sealedfile", "accounts_confidentialityagreement"}  # fmt: skip
"""Tables without a customer's rows, which the customer's own requests can count but learn nobody's data from."""


def test_no_table_shows_the_customer_one_row_more(case: Case, member: Member) -> None:
    before = everything(member)
    complied(case)
    after = everything(member)
    assert {table for table in before if before[table] != after[table]} <= OF_EVERYBODY


def test_no_page_says_a_word_of_it(case: Case, member: Member) -> None:
    demand = complied(case)
    for name, text in pages(member).items():
        for secret in (demand.case_number, "Clerk Under Order", str(demand.recipient), demand.authority):
            assert secret not in text, f"{name} tells of {secret}"
    detail = reverse("disclosures:own_demand_detail", kwargs={"uuid": demand.uuid})
    assert signed_in(member.user).get(detail).status_code == 404


def test_nothing_stands_under_the_customers_tag_and_no_message_is_written(case: Case, member: Member) -> None:
    tag = bytes(case.customer.tag)
    before = Entry.objects.filter(subject_tag=tag).count()
    demand = complied(case)
    assert Entry.objects.filter(subject_tag=tag).count() == before
    assert not OutboxMessage.objects.filter(customer=case.customer).exists()
    hidden = Concealment.objects.get(origin=demand.origin)
    kinds = Entry.objects.filter(subject_tag=bytes(hidden.tag)).order_by("pk").values_list("kind", flat=True)
    assert {"demand.received", "hold.placed", "customer.opened", "release.line", "demand.complied"} <= set(kinds)


def test_what_the_providers_own_eyes_prepare_for_the_customer_leaves_it_out(case: Case, member: Member) -> None:
    complied(case)
    assert ReleaseLine.objects.filter(customer=case.customer).count() == 1
    assert not ReleaseLine.objects.shown_to_subject().filter(customer=case.customer).exists()
    assert not own_lines(case.customer, OwnFilter()).exists()
    assert "Clerk Under Order" not in {look.user.name for look in own_looks(case.customer, OwnFilter())}
    assert not told_holds(case.customer).exists()
    with eyes_of(member):
        kinds = {record.model for record in records_of(case.customer, member.user)}
    assert not kinds & {"disclosures.ReleaseLine", "disclosures.DemandSubject", "accounts.Concealment"}


def test_a_value_revealed_during_such_a_look_is_hidden_too(case: Case, member: Member) -> None:
    taken_in(case.account, case.by, "warrant", order=secrecy())
    case.customer.tax_id = "000-00-0000"
    case.customer.save()
    demand = complied(case)
    clerk = CustomerOpening.objects.get(concealment__origin=demand.origin).user
    reveal_value(row=case.customer, field_id="customer.tax_id", by=Actor.of(clerk), reason="To match the order")
    assert ValueReveal.objects.filter(customer=case.customer, concealment__isnull=False).count() == 1
    with eyes_of(member):
        assert not ValueReveal.objects.exists()


def test_a_correction_does_not_bring_to_light_who_got_the_wrong_value_under_an_order(
    case: Case, member: Member
) -> None:
    demand = taken_in(case.account, case.by, "warrant", order=secrecy(), field_ids=("customer.phone", "customer.name"))
    answer = default_answer(demand)
    assert answer is not None
    clerk = Actor.of(UserFactory.create(staff=True, bound=True))
    build_package(release=comply_with_demand(demand=demand, answer=answer, reason=WHY, by=clerk))
    tag = bytes(case.customer.tag)
    correct(member.user, case.customer, "customer.phone", "555-010-7777")
    assert not CorrectionNotice.objects.exists()
    assert not Entry.objects.filter(subject_tag=tag, kind="correction.told").exists()
    assert str(demand.recipient) not in pages(member)["rights:request_list"]


def test_when_the_court_lifts_it_everything_appears_and_the_customer_is_written_to(case: Case, member: Member) -> None:
    demand = complied(case)
    lift_order(demand=demand, note="The court lifted the order.", by=case.by)
    message = OutboxMessage.objects.get(customer=case.customer)
    assert message.template == "demand_shown"
    shown = pages(member)
    assert str(demand.recipient) in shown["disclosures:own_demand_list"]
    assert "Clerk Under Order" in shown["disclosures:history"]
    assert str(demand.recipient) in shown["disclosures:history"]
    with eyes_of(member):
        assert ReleaseLine.objects.count() == 1
        assert LegalDemand.objects.get().pk == demand.pk


def test_the_end_refers_to_every_hidden_entry_under_the_customers_tag(case: Case) -> None:
    demand = complied(case)
    lift_order(demand=demand, note="The court lifted the order.", by=case.by)
    ended = Concealment.objects.get(origin=demand.origin)
    assert ended.end_entry_id is not None
    entry = Entry.objects.get(pk=ended.end_entry_id)
    assert (entry.kind, bytes(entry.subject_tag)) == ("concealment.ended", bytes(case.customer.tag))
    hidden = Entry.objects.filter(subject_tag=bytes(ended.tag)).values_list("pk", flat=True)
    for pk in hidden:
        assert f'"entry":{pk}'.encode() in bytes(ended.end_evidence or b"")


def test_a_hold_that_was_hidden_is_told_from_then_on_and_never_lapses_in_between(case: Case, member: Member) -> None:
    demand = taken_in(case.account, case.by, "warrant", order=secrecy())
    assert LegalHold.objects.in_force().get(origin=demand.origin).is_confidential
    lift_order(demand=demand, note="The court lifted the order.", by=case.by)
    hold = LegalHold.objects.in_force().get(origin=demand.origin)
    assert not hold.is_confidential
    with eyes_of(member):
        assert list(told_holds(case.customer)) == [hold]


def test_an_order_ends_after_its_last_day_and_not_on_it(case: Case) -> None:
    demand = complied(case, last_day=provider_today())
    assert end_orders() == 0
    assert Concealment.objects.running().filter(origin=demand.origin).exists()
    order = demand.orders.get()
    assert order.is_over(provider_today() + timedelta(days=1))
    assert not order.is_over(provider_today())


def test_an_extension_counts_and_one_of_an_ended_order_is_refused(case: Case) -> None:
    demand = complied(case, last_day=provider_today())
    later = provider_today() + timedelta(days=90)
    extended = extend_order(demand=demand, terms=secrecy(last_day=later), by=case.by)
    assert extended.extends == demand.orders.order_by("pk").first()
    assert DemandEvent.objects.filter(demand=demand, what="order_extended").exists()
    lift_order(demand=demand, note="The court lifted the order.", by=case.by)
    with pytest.raises(DemandError):
        extend_order(demand=demand, terms=secrecy(), by=case.by)


def test_an_order_that_comes_later_hides_from_then_on_but_not_what_the_customer_knows(case: Case) -> None:
    demand = taken_in(case.account, case.by)
    record_order(demand=demand, terms=secrecy(), by=case.by)
    assert LegalHold.objects.in_force().get(origin=demand.origin).is_confidential
    with pytest.raises(DemandError, match="forbids to tell"):
        serve_notice(demand=demand, by=case.by)
    told = taken_in(case.account, case.by)
    serve_notice(demand=told, by=case.by)
    with pytest.raises(DemandError, match="know of this demand"):
        record_order(demand=told, terms=secrecy(), by=case.by)


def test_a_refused_demand_stays_hidden_too(case: Case, member: Member) -> None:
    before = everything(member)
    demand = taken_in(case.account, case.by, "warrant", order=secrecy())
    refuse_demand(demand=demand, note="The court has no power here.", by=case.by)
    after = everything(member)
    assert {table for table in before if before[table] != after[table]} <= OF_EVERYBODY


@pytest.mark.database_role("worker")
def test_the_customers_signed_history_is_whole_before_and_after(case: Case, member: Member) -> None:
    case.consented()
    case.released()
    before = own_history_counts(case, member)
    demand = complied(case)
    assert own_history_counts(case, member) == before
    lift_order(demand=demand, note="The court lifted the order.", by=case.by)
    told, later, entries = own_history_counts(case, member)
    assert (told, later) == (before[0], before[1] + 1)
    assert entries > before[2]


def own_history_counts(case: Case, member: Member) -> tuple[int, int, int]:
    """Return how many disclosures the customer's signed document proves, how many it tells besides, its entries."""
    record_keys()
    seal_entries()
    take_heads()
    seal_entries()
    with eyes_of(member):
        document = own_document(case.customer, by="Alex Sample")
    payload = document.get("payload", document)
    return payload["counts"]["total"], len(payload["later"]), len(payload["entries"])


def test_queries_of_the_history_are_the_same_with_and_without_hidden_lines(case: Case, member: Member) -> None:
    def queries() -> int:
        with eyes_of(member), connection.execute_wrapper(counted):
            seen.clear()
            list(own_lines(case.customer, OwnFilter(kind=Kind.DISCLOSURE)))
            return len(seen)

    seen: list[str] = []

    def counted(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append(sql)
        return execute(sql, params, many, context)

    before = queries()
    complied(case)
    assert queries() == before
