"""The page that leads to every report."""

import pytest

from accounts.models import Role
from portal.reports import reports_for
from tests.factories import UserFactory
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", ["staff", "administrator"])
def test_every_report_on_the_page_opens_for_who_sees_it(role: str) -> None:
    client = signed_in(UserFactory(**{role: True}, bound=True))
    page = client.get("/reports/").content.decode()

    for report in reports_for(role):
        assert f'href="{report.url}"' in page
        assert client.get(report.url).status_code == 200, report.url


def test_staff_are_not_led_to_what_only_administrators_may_read() -> None:
    urls = {report.url for report in reports_for(Role.STAFF)}

    assert "/yearly-report/" not in urls
    assert "/recipients/" in urls
