"""A recipient's contacts, web addresses, onward recipients and incidents."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.forms import ContactForm, IncidentForm, OnwardRecipientForm, OutcomeForm, SiteForm
from accounts.models import OnwardRecipient, Recipient, RecipientContact, RecipientIncident, RecipientSite
from accounts.permissions import AdministratorRequired, StaffRequired
from accounts.services import (
    add_contact,
    add_onward_recipient,
    add_site,
    close_incident,
    remove_dealing,
    report_incident,
)
from accounts.views.recipients import RecipientActView


class RecipientAdditionView(AdministratorRequired, RecipientActView):
    """Add something to a recipient by `service`, which takes the form's values."""

    service: Callable[..., object]

    def act(self, data: dict[str, Any]) -> str:
        type(self).service(recipient=self.recipient, by=self.actor, **data)
        return _("It is added.")


class ContactCreateView(RecipientAdditionView):
    """Add somebody to write to."""

    form_class = ContactForm
    service = add_contact
    heading = gettext_lazy("Add a contact")
    button = gettext_lazy("Add the contact")


class SiteCreateView(RecipientAdditionView):
    """Add an address to which customers may be handed over."""

    form_class = SiteForm
    service = add_site
    heading = gettext_lazy("Add a web address")
    button = gettext_lazy("Add the address")
    hint = gettext_lazy("Customers reach it only through a page that says whose it is and under which agreement.")


class OnwardRecipientCreateView(RecipientAdditionView):
    """Note a firm to which the recipient passes data on."""

    form_class = OnwardRecipientForm
    service = add_onward_recipient
    heading = gettext_lazy("Add an onward recipient")
    button = gettext_lazy("Add the onward recipient")


class DealingRemoveView(AdministratorRequired, RecipientActView):
    """Say that something of a recipient's is so no more (`uuid` in the URL is its own)."""

    form_class = forms.Form
    model: type[RecipientContact | RecipientSite | OnwardRecipient] = RecipientContact
    button = gettext_lazy("Remove it")
    hint = gettext_lazy("It stays in the history, with who removed it and when.")

    @cached_property
    def row(self) -> RecipientContact | RecipientSite | OnwardRecipient:
        """Return what is to be removed; an unknown one is a 404."""
        found: QuerySet[Any] = self.model._default_manager.select_related("recipient")
        row: RecipientContact | RecipientSite | OnwardRecipient = get_object_or_404(found, uuid=self.kwargs["uuid"])
        return row

    @cached_property
    def recipient(self) -> Recipient:
        """Return the recipient it belongs to."""
        return self.row.recipient

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return {**context, "heading": _("Remove %(name)s") % {"name": self.row}}

    def act(self, data: dict[str, Any]) -> str:
        remove_dealing(row=self.row, by=self.actor)
        return _("It is removed.")


class IncidentCreateView(StaffRequired, RecipientActView):
    """Note something that went wrong at a recipient."""

    form_class = IncidentForm
    heading = gettext_lazy("Report an incident")
    button = gettext_lazy("Report the incident")
    hint = gettext_lazy("If data may still be at risk, stop the recipient's releases first: that takes effect at once.")

    def act(self, data: dict[str, Any]) -> str:
        report_incident(recipient=self.recipient, by=self.actor, **data)
        return _("The incident is recorded.")


class IncidentCloseView(StaffRequired, RecipientActView):
    """Show an incident, and say what became of it (`uuid` in the URL is the incident's)."""

    form_class = OutcomeForm
    template_name = "accounts/recipientincident_detail.html"

    @cached_property
    def incident(self) -> RecipientIncident:
        """Return the incident; an unknown one is a 404."""
        found = RecipientIncident.objects.select_related("recipient", "created_by", "closed_by")
        return get_object_or_404(found, uuid=self.kwargs["uuid"])

    @cached_property
    def recipient(self) -> Recipient:
        """Return the recipient at which it happened."""
        return self.incident.recipient

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(incident=self.incident, **kwargs)

    def act(self, data: dict[str, Any]) -> str:
        close_incident(incident=self.incident, by=self.actor, **data)
        return _("The incident is closed.")
