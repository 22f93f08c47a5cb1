"""Customers feeds: who is new, what differs, what was corrected, and who may have moved in."""

from datetime import date

import pytest

from accounts.models import Account, Customer, FieldConflict, FieldSource
from accounts.services import open_customer, resolve_conflict, set_field
from energy.models import ImportRun
from energy.services import MappingFile, import_csv
from ledger.actor import Actor
from ledger.models import Entry
from tests.energy.csvfeed.feeds import CUSTOMERS_HEAD, content, customers_toml
from tests.factories import AccountFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.database_role("worker")]
OPERATOR = Actor.operator("Robin Example", "a test")
FIELDS = ("phone", "email", "service_street", "customer_class", "closed_on")
HEAD = ",".join((CUSTOMERS_HEAD, *FIELDS))
ROW = "7001,Alex Sample,2020-05-01,555-010-1234,alex@home.example,1 Example Street,residential,"


def take_in(*rows: str, head: str = HEAD, text: str = "") -> ImportRun:
    mapping = MappingFile("map.toml", text or customers_toml(*FIELDS))
    return import_csv(stream=content(head, *rows), name="c.csv", mapping=mapping, as_of=date(2024, 6, 1), by=OPERATOR)


def became(run: ImportRun) -> dict[str, int]:
    assert run.counters["readings"] == 0
    return {name: run.counters[name] for name in ("inserted", "updated", "unchanged", "skipped") if run.counters[name]}


def codes(run: ImportRun) -> list[str]:
    return list(run.findings.order_by("pk").values_list("code", flat=True))


def account() -> Account:
    return Account.objects.select_related("customer").get(number="7001")


def correct(field: str, value: str) -> None:
    set_field(row=account().customer, field=field, value=value, source="customer", by=OPERATOR)


def everything() -> list[object]:
    rows: list[object] = []
    for model in (Customer, Account, FieldSource, FieldConflict):
        rows += model._default_manager.order_by("pk").values()
    return rows


def test_a_new_account_is_made_with_its_customer_and_the_source_of_every_value() -> None:
    run = take_in(ROW)
    made = account()
    assert (became(run), run.kind) == ({"inserted": 1}, ImportRun.Kind.CSV_CUSTOMERS)
    assert (made.customer.name, made.customer.phone, made.customer.email) == (
        "Alex Sample",
        "555-010-1234",
        "alex@home.example",
    )
    assert (made.service_street, made.opened_on, made.closed_on) == ("1 Example Street", date(2020, 5, 1), None)
    sources = FieldSource.objects.filter(row_uuid__in=[made.uuid, made.customer.uuid])
    assert set(sources.values_list("field_id", flat=True)) == {
        "customer.name", "customer.phone", "customer.email",
        "account.number", "account.service_street", "account.customer_class", "account.opened_on",
    }  # fmt: skip
    assert set(sources.values_list("source", "is_override", "import_run")) == {("feed", False, run.uuid)}
    assert set(Entry.objects.values_list("kind", flat=True)) >= {"customer.registered", "account.opened"}


def test_the_same_feed_again_changes_nothing() -> None:
    take_in(ROW)
    before = everything()
    run = take_in(ROW)
    assert (became(run), codes(run)) == ({"unchanged": 1}, [])
    assert everything() == before


def test_what_differs_is_changed_and_empty_cells_change_nothing() -> None:
    take_in(ROW)
    run = take_in("7001,,,555-010-9999,,2 Example Street,,2024-02-01")
    changed = account()
    assert became(run) == {"updated": 1}
    assert (changed.customer.name, changed.customer.email) == ("Alex Sample", "alex@home.example")
    assert (changed.customer.phone, changed.service_street) == ("555-010-9999", "2 Example Street")
    assert changed.closed_on == date(2024, 2, 1)
    assert FieldSource.objects.get(field_id="customer.phone").import_run == run.uuid


def test_values_of_an_account_that_no_feed_brought_get_their_source_at_the_first() -> None:
    made = AccountFactory.create(number="7001", customer__name="Alex Sample", customer__phone="555-010-1234")
    run = take_in(ROW.replace("1 Example Street", made.service_street))
    assert became(run) == {"updated": 1}
    assert FieldSource.objects.filter(import_run=run.uuid, source="feed").count() == 6
    assert became(take_in(ROW.replace("1 Example Street", made.service_street))) == {"unchanged": 1}


def test_a_corrected_value_stays_and_a_conflict_is_filed_once() -> None:
    take_in(ROW)
    correct("phone", "555-010-7777")
    for _ in range(2):
        run = take_in(ROW)
        assert (became(run), codes(run)) == ({"unchanged": 1}, ["conflict-filed"])
    assert account().customer.phone == "555-010-7777"
    (conflict,) = FieldConflict.objects.all()
    assert (conflict.field_id, conflict.current_value, conflict.offered_value) == (
        "customer.phone",
        "555-010-7777",
        "555-010-1234",
    )
    assert conflict.import_run == run.uuid


@pytest.mark.database_role("web")
def test_what_staff_declined_is_not_filed_again_but_something_else_is() -> None:
    take_in(ROW)
    correct("phone", "555-010-7777")
    take_in(ROW)
    staff = Actor.of(UserFactory.create(staff=True, bound=True))
    open_customer(customer=account().customer, reason="Deciding a conflict", by=staff)
    resolve_conflict(conflict=FieldConflict.objects.get(), resolution="keep", by=staff)
    run = take_in(ROW)
    assert (codes(run), FieldConflict.objects.count()) == ([], 1)
    assert codes(take_in(ROW.replace("1234", "5555"))) == ["conflict-filed"]
    assert FieldConflict.objects.filter(resolved_at__isnull=True).count() == 1


def test_a_corrected_name_is_filed_too() -> None:
    take_in(ROW)
    correct("name", "Alexandra Sample")
    run = take_in(ROW.replace("1234", "5555"))
    assert codes(run) == ["conflict-filed"]
    assert (account().customer.name, account().customer.phone) == ("Alexandra Sample", "555-010-5555")


def test_another_holder_is_no_change_of_name_and_nothing_of_the_row_is_taken() -> None:
    take_in(ROW)
    before = everything()
    run = take_in("7001,Robin Other,2024-01-01,555-010-0000,robin@home.example,9 Example Street,residential,")
    assert (became(run), codes(run)) == ({"skipped": 1}, ["holder-differs"])
    assert everything() == before
    assert "Robin" not in run.findings.get().message


def test_another_holder_than_a_corrected_name_is_offered_to_staff_and_the_rest_left_out() -> None:
    take_in(ROW)
    correct("name", "Alex Example")
    run = take_in("7001,Robin Other,2020-05-01,555-010-0000,,,,")
    assert (became(run), codes(run)) == ({"skipped": 1}, ["conflict-filed", "holder-differs"])
    assert account().customer.phone == "555-010-1234"
    assert FieldConflict.objects.get().offered_value == "Robin Other"


def test_an_account_that_opens_again_after_it_closed_is_another_tenancy() -> None:
    take_in(ROW + "2022-01-01")
    run = take_in("7001,Alex Sample,2023-05-01,555-010-0000,,,,")
    assert (became(run), codes(run)) == ({"skipped": 1}, ["new-tenancy"])
    assert account().customer.phone == "555-010-1234"


def test_a_name_written_differently_is_a_change_like_any_other() -> None:
    take_in(ROW)
    assert became(take_in("7001,Alex B. Sample,2020-05-01,,,,,")) == {"updated": 1}
    assert account().customer.name == "Alex B. Sample"


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("7001,,2020-05-01,,,,,", "missing-value"),
        ("7001,Alex Sample,,,,,,", "missing-value"),
        ("7001,Alex Sample,2020-05-01,,,,,2019-01-01", "closes-before-opening"),
        (f"7001,{'x' * 201},2020-05-01,,,,,", "invalid-value"),
        (f"{'7' * 21},Alex Sample,2020-05-01,,,,,", "invalid-value"),
        (",Alex Sample,2020-05-01,,,,,", "missing-value"),
        ("7001,Alex Sample", "wrong-column-count"),
    ],
)
def test_a_new_account_that_cannot_be_made_is_left_out_and_counted(row: str, code: str) -> None:
    run = take_in(row, "7002,Robin Other,2020-05-01,,,,,")
    assert (became(run), codes(run)) == ({"inserted": 1, "skipped": 1}, [code])
    assert Customer.objects.count() == Account.objects.count() == 1


def test_a_value_that_a_field_does_not_take_is_left_as_it_was() -> None:
    take_in(ROW)
    run = take_in("7001,Alex Sample,2020-05-01,call me,not an address,,,")
    assert (became(run), codes(run)) == ({"unchanged": 1}, ["invalid-value", "invalid-value"])
    assert account().customer.phone == "555-010-1234"


def test_closing_before_opening_leaves_a_known_account_alone() -> None:
    take_in(ROW)
    run = take_in("7001,Alex Sample,2020-05-01,555-010-0000,,,,2019-01-01")
    assert (became(run), codes(run)) == ({"skipped": 1}, ["closes-before-opening"])
    assert account().closed_on is None


def test_the_later_row_of_an_account_counts() -> None:
    run = take_in(ROW, ROW.replace("1234", "5678"))
    assert (became(run), codes(run)) == ({"inserted": 1, "updated": 1}, ["duplicate-account"])
    assert account().customer.phone == "555-010-5678"


def test_a_feed_with_the_required_columns_only_is_enough() -> None:
    run = take_in("7001,Alex Sample,2020-05-01", head=CUSTOMERS_HEAD, text=customers_toml())
    assert became(run) == {"inserted": 1}
    assert account().service_street == ""


def test_a_feed_of_many_rows_is_looked_up_in_few_queries(django_assert_max_num_queries: object) -> None:
    rows = [f"8{number:03},Alex Sample {number},2020-05-01,,,,," for number in range(40)]
    take_in(*rows)
    with django_assert_max_num_queries(60):  # type: ignore[operator]
        assert became(take_in(*rows)) == {"unchanged": 40}
