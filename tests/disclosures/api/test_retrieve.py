from uuid import uuid4

import pytest

from disclosures.services import build_package
from tests.disclosures.factories import Case
from tests.machines import machine

pytestmark = pytest.mark.django_db


def test_a_release_is_read_with_the_hash_of_its_file() -> None:
    case = Case()
    case.consented()
    release = case.released()
    build_package(release=release)
    release.package.refresh_from_db()
    answer = machine("disclosures:read").get(f"/api/v1/releases/{release.uuid}").json()
    assert answer["package"]["sha256"] == release.package.built.sha256
    assert answer["ledger_entry"] == release.entry_id
    assert answer["lines"][0]["customer"] == str(case.customer.uuid)


def test_an_unknown_release_is_a_404() -> None:
    assert machine("disclosures:read").get(f"/api/v1/releases/{uuid4()}").status_code == 404


def test_the_scope_to_release_does_not_read() -> None:
    assert machine("releases:write").get(f"/api/v1/releases/{uuid4()}").status_code == 403
