"""The pages of retention, as each role sees them."""

import json
from datetime import date
from html import unescape
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.services import open_customer
from ledger.actor import Actor
from ledger.verify import faults
from protection.rowsecurity import provider_rows
from retention.models import LegalHold, LimitProposal, PurgeLimits, PurgePlan, PurgeRun, RetentionRule, RuleProposal
from retention.services import (
    approve_purge_plan,
    begin_purge,
    change_limits,
    make_purge_plan,
    place_hold,
    run_purge,
    start_purge,
)
from tests.conftest import ActAs
from tests.consent.factories import noticed
from tests.factories import AccountFactory, MemberFactory, UserFactory
from tests.retention.factories import AS_OF, OPERATOR, committed_household, household
from tests.sign_in import signed_in

REASON = "Asked for by the records manager"


def text_of(response: Any) -> str:
    return unescape(response.content.decode())


def client_of(**traits: bool) -> tuple[Client, User]:
    user: User = UserFactory.create(bound=True, **traits)
    return signed_in(user), user


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["staff", "auditor", "administrator"])
def test_overview_shows_rule_oldest_and_past_due_of_each_class(role: str) -> None:
    household([date(2019, 5, 5)])
    client, _user = client_of(**{role: True})
    response = client.get("/retention/")
    (readings,) = [state for state in response.context["states"] if state.rule.retention_class == "readings"]
    assert (readings.oldest, readings.past_due, readings.held) == (date(2019, 5, 5), 1, 0)
    page = text_of(response)
    assert "60 months" in page
    assert "5 May 2019" in page
    assert ("Plan a purge" in page) == (role == "administrator")


@pytest.mark.django_db
def test_plan_shows_what_is_held_by_which_hold_and_what_would_go() -> None:
    home = household([date(2019, 5, 5), date(2019, 5, 6)])
    place_hold(account=home.account, data_to=date(2019, 5, 6), reason="A lawsuit", citation="Case 1", by=OPERATOR)
    client, _user = client_of(administrator=True)
    made = client.post("/retention/plans/new/", {"reason": REASON})
    assert made["Location"] == f"/retention/plans/{PurgePlan.objects.get().uuid}/"
    response = client.get(made["Location"])
    (entry,) = response.context["classes"]
    assert (entry["total"], entry["held"], entry["to_drop"]) == (2, 1, 1)
    page = text_of(response)
    assert "Case 1: 1" in page
    assert "Waits for approval" in page
    assert "Approve and run the purge now" in page
    assert PurgePlan.objects.get().digest in page


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["staff", "auditor"])
def test_others_look_at_plans_and_runs_and_do_nothing(role: str) -> None:
    plan = approve_purge_plan(plan=make_purge_plan(by=OPERATOR), by=OPERATOR)
    run = start_purge(plan=plan, by=OPERATOR)
    client, _user = client_of(**{role: True})
    for address in (f"/retention/plans/{plan.uuid}/", f"/retention/runs/{run.uuid}/"):
        page = text_of(client.get(address))
        assert 'action="/retention/' not in page
    assert "Carried out" in text_of(client.get("/retention/plans/"))
    assert run.operator in text_of(client.get("/retention/runs/"))
    for address in (
        "/retention/plans/new/",
        f"/retention/plans/{plan.uuid}/decide/",
        f"/retention/runs/{run.uuid}/order/",
        "/retention/limits/",
    ):
        assert client.post(address, {"reason": REASON}).status_code == 403


@pytest.mark.django_db
def test_administrator_starts_a_run_and_sees_its_progress() -> None:
    household([date(2019, 5, 5)])
    client, user = client_of(administrator=True)
    plan = client.post("/retention/plans/new/", {"reason": REASON})["Location"]
    response = client.post(f"{plan}decide/", {"decision": "approve"})
    run = PurgeRun.objects.get()
    assert response["Location"] == f"/retention/runs/{run.uuid}/"
    assert (run.started_by, run.reason, run.trigger) == (user, REASON, "page")
    page = text_of(client.get(response["Location"]))
    assert "0 of one step done" in page
    assert "May 2019: drop the month" in page
    assert "http-equiv" in page
    assert "Carried out" in text_of(client.get(plan))


@pytest.mark.django_db
def test_administrator_pauses_a_run_and_lets_it_go_on() -> None:
    client, user = client_of(administrator=True)
    run = begin_purge(by=Actor.of(user, reason=REASON))
    address = f"/retention/runs/{run.uuid}/"
    assert "at least ten characters" in text_of(
        client.post(f"{address}order/", {"order": "pause", "reason": "short"}, follow=True)
    )
    paused = text_of(client.post(f"{address}order/", {"order": "pause", "reason": REASON}, follow=True))
    assert "Let the purge go on" in paused
    assert "http-equiv" not in paused
    assert "Pause the purge" in text_of(
        client.post(f"{address}order/", {"order": "resume", "reason": REASON}, follow=True)
    )


@pytest.mark.django_db
@pytest.mark.parametrize("pressed", [{}, {"decision": ""}, {"decision": "disapprove"}])
def test_only_its_button_starts_a_purge(pressed: dict[str, str]) -> None:
    client, _user = client_of(administrator=True)
    plan = client.post("/retention/plans/new/", {"reason": REASON})["Location"]
    assert client.post(f"{plan}decide/", pressed).status_code == 400
    client.post(f"{plan}decide/", {"decision": "run"})
    assert (PurgePlan.objects.get().is_decided, PurgeRun.objects.count()) == (False, 0)


@pytest.mark.django_db
def test_only_its_button_lets_a_paused_run_go_on() -> None:
    client, user = client_of(administrator=True)
    run = begin_purge(by=Actor.of(user, reason=REASON))
    order = f"/retention/runs/{run.uuid}/order/"
    client.post(order, {"order": "pause", "reason": REASON})
    assert client.post(order, {"reason": REASON}).status_code == 400
    run.refresh_from_db()
    assert run.is_paused


@pytest.mark.django_db
def test_a_plan_beyond_the_limits_waits_for_another_administrator() -> None:
    change_limits(months_at_once=1, rows_at_once=1, reason=REASON, by=OPERATOR)
    household([date(2019, 5, 5), date(2019, 6, 5)])
    first, _user = client_of(administrator=True)
    second, _other = client_of(administrator=True)
    plan = first.post("/retention/plans/new/", {"reason": REASON})["Location"]
    page = text_of(first.get(plan))
    assert "another administrator must approve it" in page
    assert "Approve and run" not in page
    assert "Another person must do this" in text_of(first.post(f"{plan}decide/", {"decision": "approve"}, follow=True))
    assert "A purge waits for approval" in text_of(second.get("/retention/"))
    assert "Approve and run" in text_of(second.get(plan))
    second.post(f"{plan}decide/", {"decision": "approve"})
    assert PurgeRun.objects.get().plan == PurgePlan.objects.get()


@pytest.mark.django_db
def test_a_discarded_plan_offers_a_new_one() -> None:
    client, _user = client_of(administrator=True)
    plan = client.post("/retention/plans/new/", {"reason": REASON})["Location"]
    page = text_of(client.post(f"{plan}decide/", {"decision": "discard"}, follow=True))
    assert "Make a new plan" in page
    assert "Nothing was dropped" in page


@pytest.mark.django_db
def test_a_plan_of_a_day_to_come_says_what_to_do(settings: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.conf.settings.ENVIRONMENT", "production")
    client, _user = client_of(administrator=True)
    page = text_of(client.post("/retention/plans/new/", {"as_of": "2126-01-01", "reason": REASON}))
    assert "give today or earlier" in page


@pytest.mark.django_db
def test_higher_limits_wait_for_a_second_administrator() -> None:
    first, _user = client_of(administrator=True)
    second, _other = client_of(administrator=True)
    change = {"months_at_once": "61", "rows_at_once": "200000000", "reason": REASON}
    assert "wait for a second person" in text_of(first.post("/retention/limits/", change, follow=True))
    address = f"/retention/limits/{LimitProposal.objects.get().uuid}/decide/"
    assert "Another person must do this" in text_of(first.post(address, {"decision": "approve"}, follow=True))
    assert "Change the limits" in text_of(second.post(address, {"decision": "refuse"}, follow=True))
    assert PurgeLimits.objects.current().get().months_at_once == 60


@pytest.mark.django_db
def test_empty_lists_say_why() -> None:
    client, _user = client_of(auditor=True)
    assert "There is no plan yet" in text_of(client.get("/retention/plans/"))
    assert "Nothing was purged yet" in text_of(client.get("/retention/runs/"))


def test_certificate_page_says_the_totals_and_hands_out_the_file(committed_database: str, acting_as: ActAs) -> None:
    home = committed_household([date(2019, 5, 5)])
    committed_household([date(2019, 5, 5)])
    with provider_rows():
        place_hold(account=home.account, reason="A lawsuit", citation="Case 1", by=OPERATOR)
    with acting_as("purge"):
        certificate = run_purge(run=begin_purge(by=OPERATOR, as_of=AS_OF))
    assert certificate is not None
    with provider_rows():
        client, _user = client_of(auditor=True)
    assert "Usage readings: 2 = 1 held + 1 dropped" in text_of(
        client.get(f"/retention/certificates/{certificate.uuid}/")
    )
    assert "1 of one step done" in text_of(client.get(f"/retention/runs/{certificate.run.uuid}/"))
    handed = client.get(f"/retention/certificates/{certificate.uuid}/download/")
    assert "attachment" in handed["Content-Disposition"]
    assert list(faults(json.loads(handed.content), folder=None)) == []  # type: ignore[arg-type]
    assert "Certificate of 15 March 2026" in text_of(client.get("/retention/"))


@pytest.mark.django_db
def test_staff_place_a_hold_by_account_number() -> None:
    account = AccountFactory.create()
    client, user = client_of(staff=True)
    given = {
        "account_number": account.number,
        "scope": "customer",
        "retention_classes": ["readings"],
        "data_from": "2020-01-01",
        "reason": "A lawsuit about the meter",
        "citation": "Case 7, Superior Court",
        "owner": str(user.pk),
        "review_on": "2999-01-01",
    }
    response = client.post("/retention/holds/new/", given)
    assert response["Location"].startswith("/retention/holds/")
    hold = LegalHold.objects.get()
    assert (hold.customer, hold.retention_classes, hold.data_from) == (account.customer, ["readings"], date(2020, 1, 1))
    assert hold.placed_by == user
    assert "Case 7, Superior Court" in text_of(client.get("/retention/holds/"))


@pytest.mark.django_db
def test_a_hold_is_begun_with_the_account_of_a_customer_whom_one_has_opened() -> None:
    account = AccountFactory.create()
    client, user = client_of(staff=True)
    address = f"/retention/holds/new/?customer={account.customer.uuid}"
    assert account.number not in text_of(client.get(address))
    open_customer(customer=account.customer, reason="A lawsuit about the meter", by=Actor.of(user))
    assert account.number in text_of(client.get(address))
    assert client.get("/retention/holds/new/?customer=nobody").status_code == 200


@pytest.mark.django_db
def test_a_hold_on_an_unknown_account_says_what_to_do() -> None:
    client, _user = client_of(staff=True)
    given = {"account_number": "1", "scope": "account", "retention_classes": ["readings"]}
    page = text_of(client.post("/retention/holds/new/", given | {"reason": "r", "citation": "c"}))
    assert "No account has this number" in page
    assert not LegalHold.objects.exists()


@pytest.mark.django_db
def test_a_hold_is_released_when_another_person_approves() -> None:
    first, user = client_of(staff=True)
    second, _other = client_of(staff=True)
    hold = place_hold(all_subjects=True, reason="A lawsuit", citation="Case 1", by=Actor.of(user))
    url = f"/retention/holds/{hold.uuid}/release/"
    assert first.post(url, {"reason": "The case is closed"})["Location"].startswith("/retention/holds/")
    assert "Approve the release" not in text_of(first.get(url))
    assert "Approve the release" in text_of(second.get(url))
    decide = f"/retention/releases/{hold.releases.get().uuid}/decide/"
    refused = text_of(first.post(decide, {"decision": "approve"}, follow=True))
    assert "Another person must do this" in refused
    hold.refresh_from_db()
    assert hold.is_in_force
    assert second.post(decide, {"decision": "approve"})["Location"].startswith("/retention/holds/")
    hold.refresh_from_db()
    assert not hold.is_in_force


@pytest.mark.django_db
def test_a_shorter_period_waits_for_a_second_administrator_and_the_notice() -> None:
    first, _user = client_of(administrator=True)
    second, _other = client_of(administrator=True)
    change = {"months": "48", "citation": "New policy", "reason": "The board decided so"}
    assert first.post("/retention/rules/readings/change/", change)["Location"] == "/retention/rules/"
    assert RetentionRule.objects.current().get(retention_class="readings").months == 60
    url = f"/retention/proposals/{RuleProposal.objects.get().uuid}/decide/"
    assert "Another person must do this" in text_of(first.post(url, {"decision": "approve"}, follow=True))
    second.post(url, {"decision": "approve"})
    assert "waits for a privacy notice" in text_of(second.get("/retention/rules/"))
    assert RetentionRule.objects.current().get(retention_class="readings").months == 60
    noticed()
    assert RetentionRule.objects.current().get(retention_class="readings").months == 48


@pytest.mark.django_db
def test_the_floor_is_refused_in_words() -> None:
    client, _user = client_of(administrator=True)
    change = {"months": "12", "citation": "New policy", "reason": "To save some disk"}
    page = text_of(client.post("/retention/rules/readings/change/", change))
    assert "latest twelve complete months" in page


@pytest.mark.django_db
def test_a_preview_counts_what_a_hold_would_cover_and_places_nothing() -> None:
    home = household([date(2025, 5, 5), date(2025, 5, 6)], [date(2025, 5, 31)])
    client, user = client_of(staff=True)
    given = {
        "account_number": home.account.number,
        "scope": "usage_point",
        "meter": home.meter.title,
        "retention_classes": ["readings", "bills"],
        "data_from": "2025-05-06",
        "reason": "A lawsuit about the meter",
        "citation": "Case 7, Superior Court",
        "owner": str(user.pk),
        "review_on": "2999-01-01",
    }
    response = client.post("/retention/holds/new/", given | {"step": "preview"})
    assert {one.retention_class: one.stored for one in response.context["coverage"]} == {"readings": 1, "bills": 1}
    assert "A lawsuit about the meter" in text_of(response)
    assert not LegalHold.objects.exists()
    client.post("/retention/holds/new/", given | {"step": "place"})
    assert LegalHold.objects.get().usage_point == home.meter


@pytest.mark.django_db
def test_an_unknown_meter_is_answered_with_those_that_the_account_has() -> None:
    home = household()
    client, _user = client_of(staff=True)
    given = {"account_number": home.account.number, "scope": "usage_point", "meter": "another"}
    assert f"meters: {home.meter}" in text_of(client.post("/retention/holds/new/", given))


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["staff", "auditor", "administrator"])
def test_a_hold_shows_its_state_and_history_and_auditors_only_read(role: str) -> None:
    hold = place_hold(account=household().account, reason="A lawsuit", citation="Case 1", by=OPERATOR)
    client, _user = client_of(**{role: True})
    page = text_of(client.get(f"/retention/holds/{hold.uuid}/"))
    assert "Placed the hold" in page
    assert ("Propose its release" in page) == (role != "auditor")
    refused = client.post(f"/retention/holds/{hold.uuid}/review/", {}).status_code
    assert refused == (403 if role == "auditor" else 200)


@pytest.mark.django_db
def test_a_list_of_holds_is_narrowed_to_a_customer() -> None:
    mine, theirs = household(), household()
    place_hold(account=mine.account, reason="A lawsuit", citation="Case Mine", by=OPERATOR)
    place_hold(account=theirs.account, reason="A lawsuit", citation="Case Theirs", by=OPERATOR)
    client, _user = client_of(staff=True)
    page = text_of(client.get(f"/retention/holds/?customer={mine.account.customer.uuid}"))
    assert "Case Mine" in page
    assert "Case Theirs" not in page
    assert "No hold matches" in text_of(client.get("/retention/holds/?q=nothing"))


@pytest.mark.django_db
def test_customers_read_what_is_held_but_not_what_they_must_not_know() -> None:
    member = MemberFactory.create()
    place_hold(account=member.account, reason="A lawsuit", citation="Case 1", by=OPERATOR, retention_classes=["bills"])
    place_hold(customer=member.account.customer, reason="r", citation="c", by=OPERATOR, is_confidential=True)
    page = text_of(signed_in(member.user).get("/my-data/"))
    held = page[page.index("What we must keep longer") :]
    assert held.count("Legal hold: a court") == 1
    assert "Bills" in held
    assert "A lawsuit" not in page
