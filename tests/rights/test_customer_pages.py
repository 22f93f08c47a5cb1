import io
from datetime import timedelta
from html import unescape
from uuid import uuid4

import pytest
from django.urls import reverse
from PIL import Image
from pytest_django import DjangoAssertNumQueries

from accounts.models import Customer, Member, User, ValueReveal
from accounts.services import set_field
from ledger.actor import Actor
from protection.clock import provider_today
from rights.models import Correction, RightsRequest
from rights.services import answer_request, decide_correction
from tests.factories import AccountFactory, CustomerFactory, MemberFactory, UserFactory
from tests.rights.factories import a_member, a_pending_correction, an_open_request, correct, staff_who_opened
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db

MY_DATA = "/my-data/"


def with_sealed_values(customer: Customer) -> Customer:
    for field, value in (("tax_id", "12-3456789"), ("bank_account", "DE00 1234 5678")):
        set_field(row=customer, field=field, value=value, source="staff", by=Actor.system("test"))
    return customer


def text_of(response: object) -> str:
    return unescape(response.content.decode())  # type: ignore[attr-defined]


def test_my_data_shows_every_declared_field_with_its_value_and_source() -> None:
    user, account = a_member()
    set_field(row=account.customer, field="phone", value="555-010-7777", source="feed", by=Actor.system("import"))

    page = text_of(signed_in(user).get(MY_DATA))

    for shown in ("555-010-7777", "Distribution utility's feed", account.number, account.service_street, "ZIP code"):
        assert shown in page
    assert "Index of the tax number" not in page


def test_my_data_masks_sealed_values() -> None:
    user, account = a_member()
    with_sealed_values(account.customer)

    page = text_of(signed_in(user).get(MY_DATA))

    assert "3456789" not in page
    assert "6789" in page


def test_my_data_shows_who_of_the_provider_looked_and_why() -> None:
    user, account = a_member()
    staff = staff_who_opened(account.customer)

    page = text_of(signed_in(user).get(MY_DATA))

    assert staff.name in page
    assert "The customer asked us on the telephone" in page


def test_my_data_shows_nothing_of_another_customer() -> None:
    user, _ = a_member()
    other = AccountFactory()

    page = text_of(signed_in(user).get(MY_DATA))

    assert other.number not in page
    assert other.customer.name not in page


def test_guardian_of_another_switches_between_both() -> None:
    user, account = a_member()
    child = AccountFactory(customer=CustomerFactory(name="Junior Sample"))
    MemberFactory(user=user, account=child, part=Member.Part.GUARDIAN)
    client = signed_in(user)

    assert account.number in text_of(client.get(MY_DATA))
    assert child.number in text_of(client.get(MY_DATA, {"customer": child.customer.uuid}))


def test_another_persons_uuid_is_not_found() -> None:
    user, _ = a_member()

    assert signed_in(user).get(MY_DATA, {"customer": AccountFactory().customer.uuid}).status_code == 404


def test_user_without_an_account_is_told_what_to_do() -> None:
    page = text_of(signed_in(UserFactory()).get(MY_DATA))

    assert "Your sign-in belongs to no account today" in page


def test_membership_that_ended_shows_nothing() -> None:
    member = MemberFactory(valid_to=provider_today() - timedelta(days=1))

    page = text_of(signed_in(member.user).get(MY_DATA))

    assert member.account.number not in page


def test_my_data_asks_the_database_a_bounded_number_of_times(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    user, account = a_member()
    for _ in range(3):
        MemberFactory(user=user, account=AccountFactory(customer=account.customer))
    client = signed_in(user)
    client.get(MY_DATA)

    with django_assert_max_num_queries(75):
        client.get(MY_DATA)


def test_phone_is_corrected_in_one_form() -> None:
    user, account = a_member()

    response = signed_in(user).post("/my-data/correct/customer.phone/", {"value": "555-010-9999"}, follow=True)

    account.customer.refresh_from_db()
    assert account.customer.phone == "555-010-9999"
    assert "Corrected. The new value counts from now on." in text_of(response)
    assert "Corrected by the customer" in text_of(response)


def test_name_correction_waits_and_says_by_when() -> None:
    user, _ = a_member()

    response = signed_in(user).post(
        "/my-data/correct/customer.name/", {"value": "Alexandra Sample", "reason": "Married"}, follow=True
    )

    assert "correction waits" in text_of(response)
    assert Correction.objects.get().reason == "Married"


def test_document_comes_sealed_with_the_correction() -> None:
    user, _ = a_member()
    picture = io.BytesIO()
    Image.new("RGB", (20, 20)).save(picture, "PNG")
    picture.seek(0)
    picture.name = "card.png"

    signed_in(user).post("/my-data/correct/customer.name/", {"value": "Alexandra Sample", "evidence": picture})

    file = Correction.objects.get().evidence_file
    assert file is not None
    assert (file.content_type, file.name) == ("image/png", "card.png")


def test_document_of_the_wrong_kind_is_refused_and_nothing_is_filed() -> None:
    user, _ = a_member()
    document = io.BytesIO(b"MZ not a picture")
    document.name = "card.png"

    response = signed_in(user).post(
        "/my-data/correct/customer.name/", {"value": "Alexandra Sample", "evidence": document}
    )

    assert response.status_code == 200
    assert response.context["form"].errors["evidence"]
    assert not Correction.objects.exists()


def test_refused_value_says_what_to_do() -> None:
    user, _ = a_member()

    response = signed_in(user).post("/my-data/correct/customer.phone/", {"value": "call me"})

    assert "telephone number" in " ".join(response.context["form"].errors["value"])


def test_value_already_held_is_said_to_be_held() -> None:
    user, account = a_member()

    response = signed_in(user).post("/my-data/correct/customer.phone/", {"value": account.customer.phone})

    assert "already hold" in " ".join(response.context["form"].errors["value"])


@pytest.mark.parametrize(
    "field_id", ["account.number", "customer.tax_id_index", "user.password", "no.such", "bill.amount"]
)
def test_field_that_cannot_be_corrected_has_no_page(field_id: str) -> None:
    user, account = a_member()

    response = signed_in(user).get(f"/my-data/correct/{field_id}/", {"row": account.uuid})

    assert response.status_code == 404


def test_strangers_account_cannot_be_corrected() -> None:
    user, _ = a_member()
    path = "/my-data/correct/account.service_street/"

    for row in (AccountFactory().uuid, uuid4(), "nonsense"):
        assert signed_in(user).post(f"{path}?row={row}", {"value": "1 Foreign Street"}).status_code == 404


@pytest.mark.parametrize("field_id", ["customer.birth_date", "customer.language", "customer.tax_id", "customer.email"])
def test_every_kind_of_field_has_its_form(field_id: str) -> None:
    user, _ = a_member()

    response = signed_in(user).get(f"/my-data/correct/{field_id}/")

    assert response.status_code == 200
    assert "id_value" in text_of(response)


def test_undo_puts_the_earlier_value_back() -> None:
    user, account = a_member()
    held = account.customer.phone
    correction = correct(user, account.customer, "customer.phone", "555-010-9999")

    signed_in(user).post(f"/my-data/corrections/{correction.uuid}/undo/")

    account.customer.refresh_from_db()
    assert account.customer.phone == held


@pytest.mark.parametrize("act", ["undo", "withdraw"])
def test_strangers_correction_is_not_found(act: str) -> None:
    user, _ = a_member()

    response = signed_in(user).post(f"/my-data/corrections/{a_pending_correction().uuid}/{act}/")

    assert response.status_code == 404


def test_reveal_wants_a_fresh_proof_of_who_one_is() -> None:
    user, account = a_member()
    with_sealed_values(account.customer)

    response = signed_in(user).get("/my-data/reveal/customer.tax_id/", {"row": account.customer.uuid})

    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/reauthenticate/")
    assert not ValueReveal.objects.exists()


def test_reveal_shows_the_whole_value_and_is_logged() -> None:
    user, account = a_member()
    with_sealed_values(account.customer)

    response = signed_in(user, lately=True).get("/my-data/reveal/customer.tax_id/", {"row": account.customer.uuid})

    assert "12-3456789" in text_of(response)
    assert response["Cache-Control"].startswith("max-age=0")
    assert ValueReveal.objects.get().field_id == "customer.tax_id"


@pytest.mark.parametrize("field_id", ["customer.tax_id", "customer.phone", "no.such"])
def test_reveal_of_what_is_not_ones_own_or_not_sealed_is_not_found(field_id: str) -> None:
    user, account = a_member()
    other = with_sealed_values(AccountFactory().customer)
    row = other if field_id == "customer.tax_id" else account.customer

    response = signed_in(user, lately=True).get(f"/my-data/reveal/{field_id}/", {"row": row.uuid})

    assert response.status_code == 404


def test_request_is_filed_and_followed() -> None:
    user, _ = a_member()
    client = signed_in(user)

    response = client.post("/requests/new/", {"kind": "complaint", "text": "A stranger got my bill."}, follow=True)
    request = RightsRequest.objects.get()

    assert response.redirect_chain[-1][0] == reverse("rights:request_detail", kwargs={"uuid": request.uuid})
    assert "A stranger got my bill." in text_of(response)
    assert "A complaint" in text_of(client.get("/requests/"))


def test_answer_is_read_on_the_requests_page() -> None:
    request = an_open_request()
    answer_request(
        request=request, answer="Only you and our billing desk.", by=Actor.of(staff_who_opened(request.customer))
    )
    assert request.requested_by is not None

    page = text_of(signed_in(request.requested_by).get(f"/requests/{request.uuid}/"))

    assert "Only you and our billing desk." in page


def test_refusal_is_read_with_its_reason() -> None:
    correction = a_pending_correction()
    staff = Actor.of(staff_who_opened(correction.customer))
    decide_correction(correction=correction, accept=False, reason="No proof was given.", by=staff)
    assert correction.requested_by is not None

    assert "No proof was given." in text_of(signed_in(correction.requested_by).get("/requests/"))


def test_strangers_request_is_not_found() -> None:
    user, _ = a_member()

    assert signed_in(user).get(f"/requests/{an_open_request().uuid}/").status_code == 404


def test_request_without_words_is_asked_for_again() -> None:
    user, _ = a_member()

    response = signed_in(user).post("/requests/new/", {"kind": "inquiry", "text": " "})

    assert response.context["form"].errors["text"]


def test_no_kind_of_request_is_chosen_in_advance() -> None:
    user, _ = a_member()
    client = signed_in(user)

    page = client.get("/requests/new/").content.decode()
    answer = client.post("/requests/new/", {"text": "Please tell me."})

    assert " checked" not in page
    assert "---" not in page
    assert "Choose what you ask for." in text_of(answer)


def test_spanish_page_shows_purposes_in_spanish() -> None:
    user, _ = a_member()

    User.objects.filter(pk=user.pk).update(language="es")

    page = text_of(signed_in(user).get(MY_DATA))

    assert "Prestar el servicio eléctrico" in page
