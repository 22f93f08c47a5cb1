from django.db import transaction

from accounts.models import Customer
from accounts.reasons import is_reason
from accounts.selectors import active_user
from disclosures.models import ReleaseLine
from ledger.actor import Actor
from protection.clock import provider_today, transaction_time
from retention.services import precede_purges
from rights.deadlines import answer_due, confirmation_due
from rights.errors import AlreadyDecidedError, NotAllowedError, ReasonMissingError, TextMissingError
from rights.holds import hold_data_of, let_go_data_of
from rights.models import CaseEvent, RightsRequest
from rights.permissions import can_decide_for, can_withdraw_case, may_file
from rights.services.events import add_event

Status = RightsRequest.Status
What = CaseEvent.What


@transaction.atomic
def file_request(
    *, customer: Customer, kind: str, text: str, by: Actor, line: ReleaseLine | None = None
) -> RightsRequest:
    """Take a customer's request and start its clocks; the same open request twice is one.

    `line` is what it is about, a line of the customer's own disclosure history. While the request is open, what is
    kept about the customer is held past its time. Raises NotAllowedError for who is no member and did not open the
    customer, TextMissingError without words.
    """
    if not may_file(by, customer):
        raise NotAllowedError
    text = text.strip()
    if not text:
        raise TextMissingError
    if line is not None and line.customer_id != customer.pk:
        raise NotAllowedError
    precede_purges()
    customer = Customer.objects.select_for_update().get(pk=customer.pk)
    asked = {"kind": kind, "text": text, "line_entry_id": line.entry_id if line else None}
    same = RightsRequest.objects.open().filter(customer=customer, **asked).first()
    if same is not None:
        return same
    today = provider_today()
    request = RightsRequest.objects.create(
        customer=customer,
        **asked,
        requested_by_id=by.user_id,
        confirm_due_on=confirmation_due(today),
        due_on=answer_due(today),
    )
    add_event(request, What.FILED, by)
    hold_data_of(request, by)
    return request


@transaction.atomic
def confirm_request(*, request: RightsRequest, by: Actor) -> RightsRequest:
    """Confirm to the customer that the request was received; confirming twice changes nothing."""
    request = _locked_for_staff(request, by)
    if request.confirmed_at is None:
        request.confirmed_at, request.confirmed_by_id = transaction_time(), by.user_id
        request.save(update_fields=["confirmed_at", "confirmed_by"])
        add_event(request, What.CONFIRMED, by)
    return request


@transaction.atomic
def answer_request(*, request: RightsRequest, answer: str, by: Actor) -> RightsRequest:
    """Answer an open request in words that the customer reads.

    Raises NotAllowedError unless staff opened the customer, AlreadyDecidedError, ReasonMissingError without an answer.
    """
    precede_purges()
    request = _locked_for_staff(request, by)
    if not is_reason(answer):
        raise ReasonMissingError
    request.status, request.answer = Status.ANSWERED, answer.strip()
    request.answered_at, request.answered_by_id = transaction_time(), by.user_id
    request.save(update_fields=["status", "answer", "answered_at", "answered_by"])
    add_event(request, What.ANSWERED, by)
    let_go_data_of(request, by)
    return request


@transaction.atomic
def close_request(*, request: RightsRequest, by: Actor) -> RightsRequest:
    """Take back an open request, as the customer. Raises NotAllowedError, AlreadyDecidedError."""
    precede_purges()
    request = _locked(request)
    user = active_user(by)
    if user is None or not can_withdraw_case(user, request.customer):
        raise NotAllowedError
    if not request.is_open:
        raise AlreadyDecidedError
    request.status = Status.CLOSED
    request.save(update_fields=["status"])
    add_event(request, What.WITHDRAWN, by)
    let_go_data_of(request, by)
    return request


def _locked(request: RightsRequest) -> RightsRequest:
    return RightsRequest.objects.select_for_update(of=("self",)).select_related("customer").get(pk=request.pk)


def _locked_for_staff(request: RightsRequest, by: Actor) -> RightsRequest:
    request = _locked(request)
    user = active_user(by)
    if user is None or not can_decide_for(user, request.customer):
        raise NotAllowedError
    if not request.is_open:
        raise AlreadyDecidedError
    return request
