"""The life of a consent, driven at random against a plain model, and against the gate and the database's own answer."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts.models import Account, Customer, Recipient, User
from accounts.services import resume_recipient, stop_recipient
from consent.errors import ConsentError, NotGrantedError, NothingChangedError, RecipientStoppedError, StillRunsError
from consent.models import Consent, Receipt, Reminder
from consent.searching import search_consents
from consent.selectors import consent_form, covering_version, status_of
from consent.services import (
    expire_consent,
    expire_consents,
    grant_consent,
    keep_consent,
    narrow_consent,
    remind_of_consents,
    withdraw_consent,
)
from consent.states import StatusCode
from disclosures.services import preview_release
from ledger.actor import Actor
from protection.clock import provider_today
from tests.consent.factories import noticed, staff_with, terms
from tests.disclosures.factories import Case
from tests.factories import RecipientAgreementFactory, RecipientFactory, UserFactory

pytestmark = pytest.mark.django_db
BEAT = Actor.system("beat")
ALL = ("account.number", "customer.name", "usage.readings")
FROM, TO = date(2025, 3, 1), date(2025, 4, 1)


class _Undo(Exception):
    """Rolls back what one run of the machine did."""


class LifeOfAConsent(RuleBasedStateMachine):
    """Grant, narrow, withdraw, expire, remind, keep, grant anew; and all that happens around it."""

    def __init__(self) -> None:
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.granted: str = "never"  # never, granted, withdrawn, expired, account_closed
        self.fields: set[str] = set()
        self.begins = self.ends = 0  # days from today; 0 as an end is none
        self.form = self.form_needed = 1
        self.is_stopped = self.is_closed = False
        self.has_agreement = True
        self.versions = 0

    def teardown(self) -> None:
        self.undo.__exit__(_Undo, _Undo(), None)

    @initialize()
    def begin(self) -> None:
        self.account: Account = Case().account
        self.customer: Customer = self.account.customer
        self.recipient: Recipient = RecipientFactory.create()
        RecipientAgreementFactory.create(recipient=self.recipient)
        self.staff: User = staff_with(self.customer)
        self.by = Actor.of(self.staff)
        self.administrator = Actor.of(UserFactory.create(administrator=True, bound=True))

    @property
    def consent(self) -> Consent:
        return Consent.objects.with_scope().get(customer=self.customer)

    def day(self, count: int) -> date:
        return provider_today() + timedelta(days=count)

    def refused(self, error: type[ConsentError], work: Any) -> None:
        with pytest.raises(error):
            work()

    @rule(
        fields=st.sets(st.sampled_from(ALL), min_size=1),
        begins=st.sampled_from([0, 0, 3]),
        ends=st.sampled_from([0, 0, 5]),
    )
    def grant(self, fields: set[str], begins: int, ends: int) -> None:
        wanted = terms(
            field_ids=sorted(fields),
            method="telephone",
            evidence=None,
            permission_from=self.day(begins),
            permission_to=self.day(ends) if ends else None,
            notice_text=consent_form("en"),
        )

        def work() -> Consent:
            return grant_consent(customer=self.customer, recipient=self.recipient, by=self.by, **wanted)

        if self.is_stopped:
            self.refused(RecipientStoppedError, work)
            return
        work()
        self.granted, self.fields, self.begins, self.ends = "granted", set(fields), begins, ends
        self.form = self.form_needed
        self.versions += 1

    @precondition(lambda self: self.versions)
    @rule(keep=st.sampled_from(ALL))
    def narrow(self, keep: str) -> None:
        def work() -> Consent:
            return narrow_consent(consent=self.consent, field_ids=[keep], by=self.by)

        if self.granted != "granted" or self.expected() in {StatusCode.EXPIRED, StatusCode.ACCOUNT_CLOSED}:
            self.refused(NotGrantedError, work)
        elif keep not in self.fields:
            self.refused(ConsentError, work)
        elif self.fields == {keep}:
            self.refused(NothingChangedError, work)
        else:
            work()
            self.fields = {keep}
            self.versions += 1

    @precondition(lambda self: self.versions)
    @rule()
    def withdraw(self) -> None:
        if self.granted in {"expired", "account_closed"}:
            self.refused(NotGrantedError, lambda: withdraw_consent(consent=self.consent, by=self.by))
            return
        withdraw_consent(consent=self.consent, by=self.by)
        self.versions += self.granted == "granted"
        self.granted = "withdrawn"

    @precondition(lambda self: self.versions)
    @rule()
    def expire(self) -> None:
        def work() -> Consent:
            return expire_consent(consent=self.consent, by=BEAT)

        if self.granted != "granted":
            self.refused(NotGrantedError, work)
        elif self.expected() is not StatusCode.ACCOUNT_CLOSED:
            self.refused(StillRunsError, work)
        else:
            self.record_ends()

    @rule()
    def record_ends(self) -> None:
        is_due = self.granted == "granted" and self.expected() is StatusCode.ACCOUNT_CLOSED
        assert expire_consents(by=BEAT) == is_due
        if is_due:
            self.granted = "account_closed"
            self.versions += 1

    @rule()
    def remind_and_keep(self) -> None:
        before = Reminder.objects.count()
        runs = self.expected(self.day(366)) is StatusCode.ACTIVE
        reminded = remind_of_consents(day=self.day(366), by=BEAT)
        assert reminded == Reminder.objects.count() - before <= runs
        assert remind_of_consents(day=self.day(366), by=BEAT) == 0
        if reminded:
            assert keep_consent(consent=self.consent, by=self.by) is not None

    @rule()
    def close_or_open_the_account(self) -> None:
        self.is_closed = not self.is_closed
        self.account.closed_on = self.day(0) if self.is_closed else None
        self.account.save()

    @rule()
    def stop_or_resume_the_recipient(self) -> None:
        self.is_stopped = not self.is_stopped
        act, by = (stop_recipient, self.by) if self.is_stopped else (resume_recipient, self.administrator)
        self.recipient = act(recipient=self.recipient, reason="As the model wants it", by=by)

    @rule()
    def end_or_renew_the_agreement(self) -> None:
        self.has_agreement = not self.has_agreement
        self.recipient.agreements.update(valid_to=None if self.has_agreement else self.day(0))

    @rule()
    def bring_out_a_form_that_asks_anew(self) -> None:
        self.form_needed += 1
        noticed("consent_form", effective_from=self.day(0), asks_anew=True)

    def expected(self, day: date | None = None) -> StatusCode:
        """Say what the model holds for the state on a day."""
        ahead = ((day or self.day(0)) - self.day(0)).days
        if self.granted == "never":
            return StatusCode.NONE
        if self.granted != "granted":
            return StatusCode(self.granted)
        reasons = [
            (bool(self.ends) and ahead >= self.ends, StatusCode.EXPIRED),
            (self.is_closed, StatusCode.ACCOUNT_CLOSED),
            (self.form < self.form_needed, StatusCode.NOTICE_OUTDATED),
            (self.is_stopped, StatusCode.RECIPIENT_STOPPED),
            (not self.has_agreement, StatusCode.AGREEMENT_ENDED),
            (ahead < self.begins, StatusCode.NOT_YET),
        ]
        return next((code for holds, code in reasons if holds), StatusCode.ACTIVE)

    @invariant()
    def state_gate_and_database_agree_with_the_model(self) -> None:
        if not self.versions:
            return
        consent, expected = self.consent, self.expected()
        assert status_of(consent).code == expected
        assert status_of(consent, self.day(4)).code == self.expected(self.day(4))
        assert consent in search_consents(status=expected, day=self.day(0))
        is_running = expected is StatusCode.ACTIVE
        asked = {"customer_id": self.customer.pk, "data_from": FROM, "data_to": TO}
        parties = {"recipient_id": self.recipient.pk, "purpose_id": consent.purpose_id}
        assert bool(covering_version(field_ids=self.fields, **asked, **parties)) == is_running
        assert covering_version(field_ids=[*self.fields, "customer.email"], **asked, **parties) is None

    @invariant()
    def a_release_is_allowed_exactly_while_the_consent_runs(self) -> None:
        if not self.versions:
            return
        case = Case(account=self.account, recipient=self.recipient)
        case.clerk = self.staff
        decision = preview_release(request=case.request(field_ids=ALL), by=self.by)
        assert decision.allowed == (self.expected() is StatusCode.ACTIVE)
        if decision.allowed:
            assert set(decision.effective_field_ids) == self.fields

    @invariant()
    def every_act_has_its_receipt(self) -> None:
        if self.versions:
            assert self.consent.versions.count() == Receipt.objects.count() == self.versions


def test_the_life_of_a_consent_goes_as_the_model_says() -> None:
    run_state_machine_as_test(
        LifeOfAConsent,
        settings=settings(
            max_examples=12, stateful_step_count=18, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
