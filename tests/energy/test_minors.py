"""Nothing of a minor is taken in before a verified guardian agreed."""

from datetime import timedelta

import pytest

from accounts.ages import latest_birth_of_age
from energy.errors import ImportRefused
from energy.models import DayReading
from energy.services import import_greenbutton
from ledger.actor import Actor
from protection.clock import provider_today
from tests.energy.feeds import feed, hourly
from tests.factories import AccountFactory, CustomerFactory, GuardianshipFactory

pytestmark = [pytest.mark.django_db, pytest.mark.database_role("worker")]


def test_a_minors_feed_is_refused_until_a_guardian_is_linked() -> None:
    birth = latest_birth_of_age(provider_today()) + timedelta(days=100)
    account = AccountFactory.create(customer=CustomerFactory.create(birth_date=birth))
    by = Actor.operator("test", "a test of minors")
    given = {"name": "a.xml", "account": account, "as_of": provider_today(), "by": by}
    with pytest.raises(ImportRefused, match="no verified guardian"):
        import_greenbutton(stream=feed(hourly(range(24))), **given)
    assert not DayReading.objects.filter(account=account).exists()
    GuardianshipFactory.create(customer=account.customer)
    assert import_greenbutton(stream=feed(hourly(range(24))), **given).status == "finished"
