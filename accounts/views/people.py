from typing import Any
from uuid import UUID

from django import forms
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import DetailView, ListView

from accounts.forms import AgreementForm, InvitationForm, PersonFilterForm, ReasonForm, RoleForm, seal_paper
from accounts.models import Recipient, User
from accounts.permissions import AdministratorRequired
from accounts.selectors import people
from accounts.services import (
    add_agreement,
    change_role,
    deactivate_user,
    invite_again,
    invite_person,
    reactivate_user,
)
from accounts.views.acts import ActView


class PersonListView(AdministratorRequired, ListView):  # type: ignore[type-arg]
    """List who may sign in, and until when an agreement binds each of the provider's people."""

    template_name = "accounts/person_list.html"
    paginate_by = 50

    @cached_property
    def form(self) -> PersonFilterForm:
        """Return the filters as they stand in the address."""
        return PersonFilterForm(self.request.GET)

    def get_queryset(self) -> QuerySet[User]:
        wanted = self.form.cleaned_data if self.form.is_valid() else {}
        return people(words=wanted.get("q", ""), role=wanted.get("role", ""))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(form=self.form, **kwargs)


class PersonInviteView(AdministratorRequired, ActView):
    """Give somebody a sign-in and mail them the link to it."""

    form_class = InvitationForm
    template_name = "accounts/person_invite.html"

    def get_initial(self) -> dict[str, Any]:
        return {"recipient": self._recipient(), "language": "en"}

    def act(self, data: dict[str, Any]) -> str:
        self.person = invite_person(by=self.actor, **data)
        return _("%(person)s is added. The link to choose a password goes to %(email)s.") % {
            "person": self.person.get_full_name(),
            "email": self.person.email,
        }

    def get_success_url(self) -> str:
        return reverse("accounts:person_detail", kwargs={"uuid": self.person.uuid})

    def _recipient(self) -> Recipient | None:
        """Return the recipient that the address names (`?recipient=`)."""
        try:
            wanted = UUID(self.request.GET.get("recipient", ""))
        except ValueError:
            return None
        return Recipient.objects.filter(uuid=wanted).first()


class PersonDetailView(AdministratorRequired, DetailView):  # type: ignore[type-arg]
    """Show one user, their agreements, and what an administrator can do about them."""

    template_name = "accounts/person_detail.html"
    slug_field = slug_url_kwarg = "uuid"
    context_object_name = "person"

    def get_queryset(self) -> QuerySet[User]:
        return people()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        agreements = self.object.confidentiality_agreements.select_related("document").order_by("-valid_from", "-pk")
        return super().get_context_data(agreements=agreements, **kwargs)


class PersonActView(AdministratorRequired, ActView):
    """Do one thing about one user (`uuid` in the URL) by one service."""

    @cached_property
    def person(self) -> User:
        """Return the user it is about; an unknown one is a 404."""
        return get_object_or_404(User, uuid=self.kwargs["uuid"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(person=self.person, **kwargs)

    def get_success_url(self) -> str:
        return reverse("accounts:person_detail", kwargs={"uuid": self.person.uuid})


class AgreementCreateView(PersonActView):
    """Record a confidentiality agreement of one of the provider's people."""

    form_class = AgreementForm
    template_name = "accounts/agreement_create.html"

    def act(self, data: dict[str, Any]) -> str:
        document = seal_paper(data.pop("document"))
        add_agreement(user=self.person, document=document, by=self.actor, **data)
        return _("The agreement is recorded.")


class PersonInviteAgainView(PersonActView):
    """Mail a new link to somebody who never chose a password."""

    form_class = forms.Form
    template_name = "accounts/person_invite_again.html"

    def act(self, data: dict[str, Any]) -> str:
        invite_again(user=self.person, by=self.actor)
        return _("A new link goes to %(email)s.") % {"email": self.person.email}


class PersonRoleView(PersonActView):
    """Give one of the provider's people another role."""

    form_class = RoleForm
    template_name = "accounts/person_role.html"

    def get_initial(self) -> dict[str, Any]:
        return {"role": self.person.role}

    def act(self, data: dict[str, Any]) -> str:
        person = change_role(user=self.person, by=self.actor, **data)
        return _("%(person)s now has the role %(role)s.") % {
            "person": person.get_full_name(),
            "role": person.get_role_display(),
        }


class PersonDeactivateView(PersonActView):
    """Take away a person's right to sign in."""

    form_class = ReasonForm
    template_name = "accounts/person_deactivate.html"

    def act(self, data: dict[str, Any]) -> str:
        deactivate_user(user=self.person, by=self.actor, **data)
        return _("%(person)s can no longer sign in.") % {"person": self.person.get_full_name()}


class PersonReactivateView(PersonActView):
    """Give a person's right to sign in back."""

    form_class = ReasonForm
    template_name = "accounts/person_deactivate.html"

    def act(self, data: dict[str, Any]) -> str:
        reactivate_user(user=self.person, by=self.actor, **data)
        return _("%(person)s can sign in again.") % {"person": self.person.get_full_name()}
