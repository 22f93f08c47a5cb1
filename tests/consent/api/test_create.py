import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from accounts.models import Customer, Recipient
from consent.models import Consent, ConsentVersion
from energy.models import UsagePoint
from protection.clock import provider_today
from tests.consent.factories import scope_of
from tests.factories import (
    AccountFactory,
    ConfidentialityAgreementFactory,
    CustomerFactory,
    RecipientFactory,
    UserFactory,
)
from tests.machines import machine

pytestmark = pytest.mark.django_db

CONSENTS = "/api/v1/consents"


def scan() -> SimpleUploadedFile:
    target = io.BytesIO()
    Image.new("L", (60, 80), 255).save(target, format="JPEG")
    return SimpleUploadedFile("form.jpg", target.getvalue())


def body(customer: Customer | None = None, recipient: Recipient | None = None, **changes: Any) -> dict[str, Any]:
    """Return a consent by telephone, with changes; what is None is left out."""
    given = {
        "customer": str((customer or CustomerFactory.create()).uuid),
        "recipient": str((recipient or RecipientFactory.create()).uuid),
        "purpose": "energy_analysis",
        "field_ids": ["usage.readings", "customer.name"],
        "data_from": "2024-01-01",
        "method": "telephone",
        "signed_on": provider_today().isoformat(),
        "signer_name": "Alex Sample",
        **changes,
    }
    return {name: value for name, value in given.items() if value is not None}


def test_a_written_consent_is_logged_as_at_the_desk() -> None:
    owner = UserFactory.create(staff=True, bound=True)
    recipient = RecipientFactory.create()
    response = machine("consents:write", owner=owner).send(
        CONSENTS, body(recipient=recipient, method="paper", evidence=scan(), form_language="es"), multipart=True
    )
    assert response.status_code == 201, response.content
    version = ConsentVersion.objects.get()
    answer = response.json()
    assert answer["uuid"] == str(version.consent.uuid)
    assert answer["recipient"] == {"uuid": str(recipient.uuid), "legal_name": recipient.legal_name}
    assert answer["status"]["code"] == "active"
    assert answer["scope"] == {
        "fields": ["customer.name", "usage.readings"],
        "usage_points": [],
        "data_from": "2024-01-01",
        "data_to": None,
        "permission_from": provider_today().isoformat(),
        "permission_to": None,
    }
    assert answer["versions"][0]["evidence_sha256"] == version.evidence_file.sha256  # type: ignore[union-attr]
    assert answer["versions"][0]["ledger_entry"] == version.entry_id
    assert (version.recorded_by, version.actor_kind) == (owner, "client")
    assert version.evidence_json["by"]["name"] == "Billing system"
    assert version.notice_text is not None
    assert version.notice_text.language == "es"


def test_a_customer_may_be_named_by_an_account_number() -> None:
    account = AccountFactory.create()
    response = machine("consents:write").send(CONSENTS, body(customer=None) | {"account": account.number})
    assert response.status_code == 400  # both are given
    given = body() | {"account": account.number}
    del given["customer"]
    assert machine("consents:write").send(CONSENTS, given).status_code == 201
    assert Consent.objects.get().customer == account.customer


def test_a_consent_may_be_limited_to_usage_points() -> None:
    customer = CustomerFactory.create()
    point = UsagePoint.objects.create(account=AccountFactory.create(customer=customer), identifier="UsagePoint/1")
    response = machine("consents:write").send(CONSENTS, body(customer, usage_points=[str(point.uuid)]))
    assert response.json()["scope"]["usage_points"] == [str(point.uuid)]
    assert scope_of(Consent.objects.get()).usage_point_ids == [point.pk]


@pytest.mark.parametrize(
    ("changes", "field", "complaint"),
    [
        ({"customer": None}, "customer", "Give either customer or account"),
        ({"customer": "00000000-0000-0000-0000-000000000000"}, "customer", "does not exist"),
        ({"customer": "nonsense"}, "customer", ""),
        ({"recipient": None}, "recipient", "required"),
        ({"recipient": "nonsense"}, "recipient", ""),
        ({"purpose": "billing"}, "purpose", "does not exist"),
        ({"field_ids": []}, "field_ids", "empty"),
        ({"field_ids": "usage.readings"}, "field_ids", "list"),
        ({"field_ids": ["customer.tax_id"]}, "field_ids", "does not cover: customer.tax_id"),
        ({"usage_points": ["00000000-0000-0000-0000-000000000000"]}, "usage_points", "does not exist"),
        ({"data_from": "01/02/2024"}, "data_from", "format"),
        ({"data_to": "2023-01-01"}, "data_to", "must not come before"),
        ({"permission_from": "2020-01-01"}, "permission_from", "today or a later day"),
        ({"permission_to": "2020-01-01"}, "permission_to", "must not come before"),
        ({"method": "portal"}, "method", "not a valid choice"),
        ({"method": "paper"}, "evidence", "Add the scanned form"),
        ({"signed_on": "2199-01-01"}, "signed_on", "still to come"),
        ({"signer_name": ""}, "signer_name", "blank"),
        ({"form_version": 99}, "form_version", "no consent form"),
        ({"project": "x" * 201}, "project", "200"),
    ],
)
def test_each_mistake_is_a_400_that_names_the_input(changes: dict[str, Any], field: str, complaint: str) -> None:
    given = body(**{name: value for name, value in changes.items() if name not in {"customer", "recipient"}})
    for name in {"customer", "recipient"} & changes.keys():
        given |= {name: changes[name]}
        if changes[name] is None:
            del given[name]
    response = machine("consents:write").send(CONSENTS, given)
    assert response.status_code == 400, response.content
    assert complaint in str(response.json()[field])
    assert not Consent.objects.exists()


@pytest.mark.parametrize("content", [b"no scan at all", b"%PDF-1.7 broken", b""])
def test_a_scan_that_is_none_is_a_400(content: bytes) -> None:
    response = machine("consents:write").send(
        CONSENTS, body(method="paper", evidence=SimpleUploadedFile("form.pdf", content)), multipart=True
    )
    assert response.status_code == 400
    assert "evidence" in response.json()


@pytest.mark.parametrize("content", [b"{", b"[]", b'"text"', b"null", b"\xff\xfe"])
def test_a_body_that_is_no_object_is_a_400(content: bytes) -> None:
    response = machine("consents:write").post(CONSENTS, content, content_type="application/json")
    assert response.status_code == 400


def test_the_same_key_with_the_same_content_logs_one_consent() -> None:
    client, given = machine("consents:write"), body()
    first, again = (client.send(CONSENTS, given, key="order-17") for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert first.json()["uuid"] == again.json()["uuid"]
    assert ConsentVersion.objects.count() == 1


def test_the_same_key_with_other_content_is_a_409() -> None:
    client, given = machine("consents:write"), body()
    client.send(CONSENTS, given, key="order-17")
    response = client.send(CONSENTS, given | {"data_from": "2023-01-01"}, key="order-17")
    assert response.status_code == 409
    assert "other content" in response.json()["detail"]


def test_two_clients_may_use_the_same_key() -> None:
    for _ in range(2):
        assert machine("consents:write").send(CONSENTS, body(), key="order-17").status_code == 201
    assert Consent.objects.count() == 2


def test_a_stopped_recipient_is_a_409() -> None:
    recipient = RecipientFactory.create(stopped_at="2026-01-01T00:00Z", stopped_by=UserFactory.create(staff=True))
    assert machine("consents:write").send(CONSENTS, body(recipient=recipient)).status_code == 409


def test_the_scope_to_read_does_not_log() -> None:
    response = machine("consents:read").send(CONSENTS, body())
    assert response.status_code == 403
    assert not Consent.objects.exists()


def test_without_a_token_nothing_is_logged() -> None:
    response = Client().post(CONSENTS, body(), content_type="application/json")
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_an_owner_without_a_confidentiality_agreement_logs_nothing() -> None:
    owner = UserFactory.create(staff=True)
    ConfidentialityAgreementFactory.create(user=owner, valid_to=provider_today())
    assert machine("consents:write", owner=owner).send(CONSENTS, body()).status_code == 403


def test_an_auditors_client_logs_nothing() -> None:
    owner = UserFactory.create(auditor=True, bound=True)
    assert machine("consents:write", owner=owner).send(CONSENTS, body()).status_code == 403


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_are_not_allowed(method: str) -> None:
    assert getattr(machine("consents:write"), method)(CONSENTS).status_code == 405


def test_options_says_what_may_be_done() -> None:
    assert machine("consents:read").options(CONSENTS).status_code == 200
