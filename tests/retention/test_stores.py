"""What each class loses when its time is over, and what stays."""

from datetime import date, timedelta

import pytest

from accounts.models import CustomerOpening, OutboxMessage, Recipient, RecipientAgreement
from consent.models import Consent, ConsentVersion, Receipt
from consent.services import narrow_consent, withdraw_consent
from disclosures.errors import ReleaseDenied
from disclosures.models import Delivery, Package, PackageFile, Release, ReleaseDenial, ReleaseLine
from disclosures.services import build_package, deliver_package
from ledger.actor import Actor
from ledger.models import Entry
from protection.clock import provider_today
from protection.errors import KeyDestroyedError
from protection.files import open_file
from protection.keystore import key_store
from protection.models import SealedFile
from protection.rowsecurity import provider_rows
from retention.models import Tombstone
from retention.services import place_hold, plan_purge
from rights.models import CaseEvent, Correction, RightsRequest
from rights.services import answer_request, close_request
from tests.conftest import ActAs
from tests.consent.factories import granted
from tests.consent.factories import staff_with as staff_who_opened
from tests.disclosures.factories import Case
from tests.factories import RecipientFactory, UserFactory
from tests.retention.disposals import NEVER, dispose_of, dispose_of_everything, left_of
from tests.retention.factories import OPERATOR
from tests.rights.factories import a_pending_correction, an_open_request

pytestmark = pytest.mark.usefixtures("committed_database")


def tomorrow() -> date:
    """Return the first day before which everything of today lies."""
    with provider_rows():
        return provider_today() + timedelta(days=1)


def delivered() -> Release:
    """Return a release on consent whose package was fetched, committed."""
    with provider_rows():
        case = Case()
        case.consented()
        release = case.released()
    build_package(release=release)
    with provider_rows():
        reader = UserFactory.create(role="recipient", recipient=case.recipient)
    deliver_package(package=_package(release), by=Actor.of(reader))
    return release


def _package(release: Release) -> Package:
    with provider_rows():
        return Package.objects.get(release=release)


def test_a_withdrawn_consent_goes_with_its_acts_and_leaves_tombstones(acting_as: ActAs) -> None:
    with provider_rows():
        consent = granted()
        withdraw_consent(consent=consent, by=Actor.of(staff_who_opened(consent.customer)))
        entries = set(ConsentVersion.objects.values_list("entry_id", flat=True))
    with acting_as("purge"):
        assert dispose_of("consents", tomorrow()) == {"consent_consent": 1, "consent_servednotice": 1}
    assert left_of(Consent) == left_of(ConsentVersion) == left_of(Receipt) == 0
    with provider_rows():
        stones = Tombstone.objects.filter(table_name="consent_consentversion")
        assert set(stones.values_list("entry_id", flat=True)) == entries
        assert Entry.objects.filter(pk__in=entries).count() == len(entries)


def test_a_running_consent_stays_however_old_it_is(acting_as: ActAs) -> None:
    with provider_rows():
        granted()
    with acting_as("purge"):
        assert dispose_of("evidence", NEVER) == dispose_of("consents", NEVER) == {}
    assert left_of(Consent) == left_of(ConsentVersion) == 1


def test_a_consent_ends_with_its_permission_though_nobody_recorded_it(acting_as: ActAs) -> None:
    with provider_rows():
        ends = provider_today() + timedelta(days=10)
        granted(permission_to=ends)
    with acting_as("purge"):
        assert dispose_of("consents", ends) == {}
        assert dispose_of("evidence", ends + timedelta(days=1)) == {"consent_consentversion.evidence_file": 1}
        assert dispose_of("consents", ends + timedelta(days=1)) == {"consent_consent": 1, "consent_servednotice": 1}


def test_a_superseded_act_goes_and_the_consent_stays(acting_as: ActAs) -> None:
    with provider_rows():
        consent = granted()
        by = Actor.of(staff_who_opened(consent.customer))
        narrow_consent(consent=consent, field_ids=["account.number"], by=by)
    with acting_as("purge"):
        assert dispose_of("evidence", tomorrow()) == {}, "the narrowing rests on the grant's signature"
        assert dispose_of("consents", tomorrow()) == {}, "a row with a standing file stays"
    with provider_rows():
        granted(customer=consent.customer, recipient=consent.recipient, by=by)
    with acting_as("purge"):
        assert dispose_of("evidence", tomorrow()) == {"consent_consentversion.evidence_file": 1}
        assert dispose_of("consents", tomorrow()) == {"consent_consentversion": 2, "consent_servednotice": 1}
    assert left_of(Consent) == left_of(ConsentVersion) == 1


def test_evidence_of_an_ended_consent_cannot_be_read_any_more(acting_as: ActAs) -> None:
    with provider_rows():
        consent = granted()
        withdraw_consent(consent=consent, by=Actor.of(staff_who_opened(consent.customer)))
        (file,) = SealedFile.objects.filter(retention_class="evidence")
    with acting_as("purge"):
        assert dispose_of("evidence", tomorrow()) == {"consent_consentversion.evidence_file": 1}
    with pytest.raises(KeyDestroyedError):
        open_file(file)
    assert file.key_id not in set(key_store().key_ids())


def test_a_consent_that_a_disclosure_refers_to_outlives_its_period(acting_as: ActAs) -> None:
    release = delivered()
    with provider_rows():
        line = release.lines.select_related("consent_version__consent").get()
        consent = line.consent_version.consent
        withdraw_consent(consent=consent, by=Actor.of(staff_who_opened(consent.customer)))
    with acting_as("purge"):
        dispose_of("evidence", tomorrow())
        assert dispose_of("consents", tomorrow()) == {}
        dispose_of("export_files", tomorrow())
        dispose_of("disclosures", tomorrow())
        assert dispose_of("consents", tomorrow()) == {"consent_consent": 1, "consent_servednotice": 1}


def test_a_release_goes_with_its_lines_package_and_deliveries_in_one_purge(acting_as: ActAs) -> None:
    delivered()
    with acting_as("purge"):
        assert dispose_of("disclosures", tomorrow() - timedelta(days=1)) == {}
        dispose_of("export_files", tomorrow())
        assert dispose_of("disclosures", tomorrow()) == {
            "disclosures_delivery": 1,
            "disclosures_packagefile": 1,
            "disclosures_releaseline": 1,
            "disclosures_package": 1,
            "disclosures_release": 1,
        }
    for model in (Delivery, PackageFile, Package, ReleaseLine, Release):
        assert left_of(model) == 0
    assert left_of(Tombstone, table_name="disclosures_release") == 1


def test_a_hold_on_the_customer_keeps_the_whole_release(acting_as: ActAs) -> None:
    release, other = delivered(), delivered()
    with provider_rows():
        customer = release.lines.get().customer
        place_hold(
            customer=customer, retention_classes=["disclosures"], reason="A lawsuit", citation="Case 1", by=OPERATOR
        )
    with acting_as("purge"):
        dispose_of("export_files", tomorrow())
        dispose_of("disclosures", tomorrow())
    for model in (Delivery, PackageFile, Package, ReleaseLine, Release):
        assert left_of(model) == 1
    assert left_of(Release, pk=other.pk) == 0


def test_a_denial_goes_and_a_hold_on_one_of_its_customers_keeps_it(acting_as: ActAs) -> None:
    with provider_rows():
        case = Case()
        with pytest.raises(ReleaseDenied):
            case.released()
        place_hold(
            customer=case.customer,
            retention_classes=["disclosures"],
            reason="A lawsuit",
            citation="Case 1",
            by=OPERATOR,
        )
        with pytest.raises(ReleaseDenied):
            Case().released()
    with acting_as("purge"):
        assert dispose_of("disclosures", tomorrow()) == {"disclosures_releasedenial": 1}
    assert left_of(ReleaseDenial, customer_ids=[case.customer.pk]) == 1


def test_answered_and_withdrawn_requests_go_and_open_ones_stay(acting_as: ActAs) -> None:
    with provider_rows():
        answered, withdrawn, opened = an_open_request(), an_open_request(), an_open_request()
        staff = Actor.of(staff_who_opened(answered.customer))
        answer_request(request=answered, answer="Only we and you, by law.", by=staff)
        close_request(request=withdrawn, by=Actor.of(withdrawn.requested_by))
        pending = a_pending_correction()
    with acting_as("purge"):
        assert dispose_of("rights_requests", tomorrow() - timedelta(days=1)) == {}
        assert dispose_of("rights_requests", tomorrow()) == {"rights_rightsrequest": 2}
    with provider_rows():
        assert list(RightsRequest.objects.all()) == [opened]
        assert list(Correction.objects.all()) == [pending]
    assert left_of(CaseEvent) == 2
    assert left_of(Tombstone, table_name="rights_caseevent") == 4


def test_the_access_log_goes_with_what_was_revealed(acting_as: ActAs) -> None:
    with provider_rows():
        granted()
        looks = CustomerOpening.objects.count()
    with acting_as("purge"):
        assert dispose_of("access_log", tomorrow()) == {"accounts_customeropening": looks}


def test_a_recipient_goes_only_when_nothing_names_it_any_more(acting_as: ActAs) -> None:
    with provider_rows():
        stopper = UserFactory.create(administrator=True, bound=True)
        ended = {"valid_from": date(2020, 1, 1), "valid_to": date(2021, 1, 1), "signed_on": date(2020, 1, 1)}
        named, unnamed = RecipientFactory.create(), RecipientFactory.create()
        for recipient in (named, unnamed):
            RecipientAgreement.objects.create(recipient=recipient, title="Terms", **ended)
        granted(recipient=named)
        Recipient.objects.update(stopped_at="2021-01-01T00:00Z", stopped_by=stopper)
    with acting_as("purge"):
        gone = dispose_of("agreements", date(2021, 1, 2))
    assert gone == {"accounts_recipientagreement": 2, "accounts_recipient": 1}
    with provider_rows():
        assert list(Recipient.objects.all()) == [named]


def test_everything_goes_in_one_purge_without_breaking_a_foreign_key(acting_as: ActAs) -> None:
    release = delivered()
    with provider_rows():
        consent = release.lines.get().consent_version.consent
        withdraw_consent(consent=consent, by=Actor.of(staff_who_opened(consent.customer)))
    with acting_as("purge"):
        dispose_of_everything(tomorrow())
    for model in (Release, ReleaseLine, Package, Delivery, CustomerOpening):
        assert left_of(model) == 0


def test_messages_go_when_they_are_settled(acting_as: ActAs) -> None:
    message = {"addressee": "provider", "topic": "alert", "template": "alert", "poster_kind": "system"}
    with provider_rows():
        OutboxMessage.objects.create(**message, status="suppressed", settled_at="2026-01-01T00:00Z", outcome="refused")
        OutboxMessage.objects.create(**message)
    with acting_as("purge"):
        assert dispose_of("messages", tomorrow()) == {"accounts_outboxmessage": 1}
    assert left_of(OutboxMessage, status="pending") == 1


def test_a_plan_says_days_and_bytes_of_files_and_days_of_rows() -> None:
    delivered()
    with provider_rows():
        entries = {entry["retention_class"]: entry for entry in plan_purge(as_of=date(2149, 1, 1)).classes()}
        today = provider_today()
        sizes = SealedFile.objects.filter(retention_class="export_files").values_list("size", flat=True)
    assert 0 < entries["export_files"]["bytes"] == sum(sizes)
    for code in ("export_files", "disclosures"):
        assert (entries[code]["oldest"], entries[code]["newest"]) == (today, today)
