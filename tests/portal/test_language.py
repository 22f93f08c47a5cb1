import pytest
from django.conf import settings
from django.test import Client

from tests.factories import MemberFactory, UserFactory
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db


def home_of(language: str, **cookies: str) -> str:
    user = MemberFactory(user=UserFactory(language=language)).user
    client: Client = signed_in(user)
    for name, value in cookies.items():
        client.cookies[name] = value
    return client.get("/", headers={"accept-language": "en"}).content.decode()


def test_a_user_is_spoken_to_in_the_language_of_their_settings() -> None:
    assert '<html lang="es"' in home_of("es")
    assert '<html lang="en"' in home_of("en")


def test_the_language_switch_of_this_browser_goes_before_the_settings() -> None:
    assert '<html lang="en"' in home_of("es", **{settings.LANGUAGE_COOKIE_NAME: "en"})


def test_a_visitor_is_spoken_to_in_the_language_of_the_browser(client: Client) -> None:
    page = client.get("/accounts/login/", headers={"accept-language": "es"})
    assert '<html lang="es"' in page.content.decode()
