"""An auditor's searches: every filter, kept searches, charts; and that each is itself recorded."""

from html import unescape
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import AccountAct, User
from disclosures.errors import NotAllowedError, ReleaseDenied, SearchNameTakenError
from disclosures.history import HistoryFilter
from disclosures.models import SavedSearch
from disclosures.selectors import history
from disclosures.services import build_export, release_disclosure, request_export, save_search
from disclosures.statistics import Tally, by_basis, by_month, by_recipient
from ledger.actor import Actor
from protection.clock import provider_today
from tests.disclosures.factories import Case, basis
from tests.factories import CustomerFactory, UserFactory
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db

SEARCH = "/audit/disclosures/"


def a_history() -> tuple[Case, Case]:
    """Return a case with a release and one with a refused release."""
    case, other = Case(), Case()
    case.consented()
    case.released()
    with pytest.raises(ReleaseDenied):
        release_disclosure(request=other.request(), by=other.by)
    return case, other


def auditor() -> User:
    return UserFactory.create(auditor=True, bound=True)


def found(**query: str) -> int:
    response = signed_in(auditor()).get(SEARCH, query)
    assert "page" in response.context, unescape(response.content.decode())
    assert len(response.context["filters"]) == len(query)
    return int(response.context["page"].paginator.count)


def test_each_filter_finds_its_own() -> None:
    case, other = a_history()
    jurisdiction = basis("written_consent").jurisdiction
    for query, count in (
        ({"customer": str(case.customer.uuid)}, 1),
        ({"customer": other.customer.name.upper()}, 1),
        ({"actor": case.clerk.name}, 1),
        ({"via": "staff"}, 2),
        ({"via": "client"}, 0),
        ({"jurisdiction": jurisdiction}, 2),
        ({"data_class": "usage"}, 2),
        ({"data_class": "billing"}, 0),
        ({"field": "account.number"}, 2),
        ({"field": "usage.readings", "outcome": "denied"}, 1),
        ({"customer": str(case.customer.uuid), "account": case.account.number}, 1),
    ):
        assert found(**query) == count, query


def test_every_filter_survives_being_kept_as_json() -> None:
    case, _ = a_history()
    filters = HistoryFilter(
        from_=provider_today(), customer=case.customer, account=case.account, recipient=case.recipient,
        basis=basis("written_consent"), jurisdiction="CA", data_class="usage", field="usage.readings", actor="Pat",
        via="staff",
    )  # fmt: skip
    assert HistoryFilter.from_json(filters.as_json()) == filters


@pytest.mark.parametrize(
    ("names", "says"), [((), "No customer has this name"), (("Alex Twin", "Alex Twin"), "Several customers")]
)
def test_a_name_that_is_not_one_customers_is_an_error(names: tuple[str, ...], says: str) -> None:
    for name in names:
        CustomerFactory.create(name=name)
    response = signed_in(auditor()).get(SEARCH, {"customer": "Alex Twin"})
    assert "page" not in response.context
    assert says in unescape(response.content.decode())


@pytest.mark.database_role("worker")
def test_an_export_of_one_customer_proves_their_whole_history() -> None:
    case, _ = a_history()
    filters = HistoryFilter(customer=case.customer)
    export = request_export(filters=filters, reason="For the yearly audit", by=Actor.of(auditor()))
    build_export(export=export)
    export.refresh_from_db()
    assert "all that the log has of one customer" in export.built.manifest["payload"]["states"]
    assert history(filters).count() == 1


def test_every_search_is_recorded_with_its_filters() -> None:
    case, _ = a_history()
    client = signed_in(auditor())
    client.get(SEARCH, {"recipient": str(case.recipient.uuid)})
    client.get(reverse("disclosures:charts"), {"outcome": "denied"})
    acts = AccountAct.objects.filter(kind="history.searched").order_by("pk")
    assert [act.evidence_json["filters"] for act in acts] == [
        {"recipient": str(case.recipient.uuid)},
        {"outcome": "denied"},
    ]


def saved(client: Client, name: str, **query: str) -> Any:
    return client.post(reverse("disclosures:search_save", query=query), {"name": name}, follow=True)


def test_a_saved_search_leads_back_to_what_it_found() -> None:
    a_history()
    client = signed_in(auditor())
    saved(client, "Refused", outcome="denied", via="staff")
    search = SavedSearch.objects.get()
    assert search.parameters == {"outcome": "denied", "via": "staff"}
    page = client.get(SEARCH)
    assert f"{SEARCH}?{search.query}" in unescape(page.content.decode())
    assert client.get(f"{SEARCH}?{search.query}").context["page"].paginator.count == 1


def test_a_name_is_taken_once() -> None:
    client = signed_in(auditor())
    saved(client, "Mine", outcome="denied")
    page = unescape(saved(client, "Mine", outcome="released").content.decode())
    assert "You have a search of this name" in page
    assert SavedSearch.objects.get().parameters == {"outcome": "denied"}


def test_the_database_keeps_a_name_once() -> None:
    owner = auditor()
    save_search(name="Mine", parameters={"outcome": "denied"}, by=Actor.of(owner))
    with pytest.raises(SearchNameTakenError):
        save_search(name="Mine", parameters={}, by=Actor.of(owner))
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO disclosures_savedsearch (uuid, owner_id, name, parameters)"
            " VALUES (gen_random_uuid(), %s, 'Mine', '{}')",
            [owner.pk],
        )


def test_another_auditors_search_is_neither_shown_nor_deleted() -> None:
    search = save_search(name="Mine", parameters={"outcome": "denied"}, by=Actor.of(auditor()))
    client = signed_in(auditor())
    assert "Mine" not in client.get(SEARCH).content.decode()
    url = reverse("disclosures:search_forget", kwargs={"uuid": search.uuid})
    assert client.post(url).status_code == 404
    own = signed_in(search.owner)
    assert own.post(url).status_code == 302
    assert not SavedSearch.objects.exists()


def test_who_may_not_audit_keeps_no_search() -> None:
    for traits in ({"staff": True, "bound": True}, {"auditor": True}, {}):
        with pytest.raises(NotAllowedError):
            save_search(name="Mine", parameters={}, by=Actor.of(UserFactory.create(**traits)))


def test_the_charts_count_by_month_recipient_and_basis() -> None:
    case, _ = a_history()
    case.released()
    month = provider_today().replace(day=1)
    everything = HistoryFilter()
    assert by_month(everything) == [Tally(f"{month:%Y-%m}", 2, 1, month=month)]
    assert by_recipient(everything) == [Tally(case.recipient.legal_name, 2)]
    assert by_basis(everything) == [Tally(basis("written_consent").name, 2)]
    page = unescape(signed_in(auditor()).get(reverse("disclosures:charts")).content.decode())
    assert case.recipient.legal_name in page
    assert 'data-value="2"' in page


def test_the_charts_heed_the_filters() -> None:
    _, other = a_history()
    assert by_recipient(HistoryFilter(recipient=other.recipient)) == []
    assert [tally.denied for tally in by_month(HistoryFilter(recipient=other.recipient))] == [1]
