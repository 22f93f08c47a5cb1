"""What customers want to be written to about, as they choose it themselves or tell staff."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import FormView

from accounts.errors import NotAllowedError
from accounts.models import Channel, Customer
from accounts.permissions import CustomerRequired, OpenedCustomerMixin
from accounts.selectors import customers_of
from accounts.topics import TOPICS
from consent.contact import address_of, contact_topics, last_choice, table_of
from consent.contact_forms import ContactForm, ToldContactForm
from consent.cookies import privacy_of
from consent.errors import ConsentError
from consent.models import ContactChoice
from consent.outcomes import label_of
from consent.services import choose_contact, remembered_of
from consent.wording import Act

_SHOWN_MESSAGES = 20


class _ContactView(FormView):  # type: ignore[type-arg]
    """One customer's choices: the table, the history, what was sent lately."""

    actor: Any

    @cached_property
    def customer(self) -> Customer:
        """Return whose choices they are."""
        raise NotImplementedError

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "table": table_of(last_choice(self.customer))}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            customer=self.customer,
            channels=list(Channel),
            addresses=[(channel.label, address_of(self.customer, channel)) for channel in Channel],
            acts=_history(self.customer),
            sent=_lately(self.customer),
            **kwargs,
        )

    def save(self, form: ContactForm, **details: Any) -> bool:
        """Record what was chosen; say whether it could be, with the errors beside the inputs."""
        try:
            choose_contact(customer=self.customer, channels=form.channels(), by=self.actor, **details)
        except ConsentError as error:
            form.add_consent_error(error)
            return False
        except NotAllowedError:
            form.add_error(None, _("Only the account holder can add messages. You can stop any of them."))
            return False
        return True


class ContactChoiceView(CustomerRequired, _ContactView):
    """Let a customer choose."""

    form_class = ContactForm
    template_name = "consent/contactchoice_form.html"

    @cached_property
    def customers(self) -> list[Customer]:
        """Return the customers the user may choose for."""
        return list(customers_of(self.user))

    @cached_property
    def customer(self) -> Customer:
        """Return the customer in the address, or the first."""
        wanted = self.request.GET.get("customer", "")
        found = [one for one in self.customers if not wanted or str(one.uuid) == wanted]
        if not found:
            raise Http404
        return found[0]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            customers=self.customers, remembered=remembered_of(self.user), privacy=privacy_of(self.request), **kwargs
        )

    def form_valid(self, form: ContactForm) -> HttpResponse:
        if not self.save(form):
            return self.form_invalid(form)
        messages.success(self.request, _("Saved. It counts from the next message on."))
        return redirect(f"{reverse('consent:preferences')}?customer={self.customer.uuid}")


class ContactRecordView(OpenedCustomerMixin, _ContactView):
    """Let staff record what a customer told them."""

    form_class = ToldContactForm
    template_name = "consent/contactchoice_record.html"

    def form_valid(self, form: ToldContactForm) -> HttpResponse:
        told = {name: form.cleaned_data[name] for name in ("method", "reason")}
        if not self.save(form, **told):
            return self.form_invalid(form)
        messages.success(self.request, _("Recorded. The customer gets a message that says what was noted."))
        return redirect("consent:contact_record", uuid=self.customer.uuid)


def _history(customer: Customer) -> list[Act]:
    choices = ContactChoice.objects.filter(customer=customer).select_related("recorded_by", "notice")
    rows = list(choices.order_by("-number")[: _SHOWN_MESSAGES + 1])
    former: list[ContactChoice | None] = [*rows[1:], None][: len(rows)]
    return [
        Act(
            at=choice.created_at,
            who=choice.recorded_by.get_full_name() if choice.recorded_by else _("Whoever used the link"),
            what=_changes(before, choice),
            why=choice.reason,
            basis=_basis(choice),
        )
        for choice, before in list(zip(rows, former, strict=True))[:_SHOWN_MESSAGES]
    ]


def _changes(former: ContactChoice | None, choice: ContactChoice) -> str:
    """Say in words what an act added and took away."""
    before, after = table_of(former), table_of(choice)
    labels = {topic.code: str(topic.label) for topic in contact_topics()}
    parts = []
    for code, channels in after.items():
        added = [channel for channel in channels if channel not in before[code]]
        ended = [channel for channel in before[code] if channel not in channels]
        parts += [_("%(topic)s by %(ways)s: yes") % {"topic": labels[code], "ways": _named(added)}] if added else []
        parts += [_("%(topic)s by %(ways)s: no") % {"topic": labels[code], "ways": _named(ended)}] if ended else []
    return "; ".join(parts) or _("Confirmed without change")


def _named(channels: list[Channel]) -> str:
    return ", ".join(str(channel.label).lower() for channel in channels)


def _basis(choice: ContactChoice) -> str:
    notice = choice.notice
    seen = _("privacy notice, version %(number)d") % {"number": notice.number} if notice else ""
    return ", ".join(part for part in (choice.get_method_display(), seen) if part)


def _lately(customer: Customer) -> list[dict[str, Any]]:
    rows = customer.messages.order_by("-created_at", "-pk")[:_SHOWN_MESSAGES]
    return [{"message": row, "topic": TOPICS[row.topic].label, "why_not": label_of(row.outcome)} for row in rows]
