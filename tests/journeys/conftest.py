from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from accounts.models import User
from protection.rowsecurity import provider_rows
from tests.journeys.people import People
from tests.journeys.visitors import Visitor

Visit = Callable[[User], Visitor]


@pytest.fixture
def people(live_portal: str) -> People:
    """Those whom the journey is about, committed."""
    with provider_rows():
        made = People()
        made.use_energy()
    return made


@pytest.fixture
def visit(new_page: Callable[[], Page], live_portal: str, people: People) -> Visit:
    """Have somebody sign in, in a browser session of their own."""
    return lambda user: Visitor(new_page(), live_portal, user, people.secrets[user.pk])
