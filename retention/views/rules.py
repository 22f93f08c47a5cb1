from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views import View
from django.views.generic import FormView, TemplateView

from accounts.permissions import AdministratorRequired, ProviderRequired
from retention.errors import RetentionError
from retention.forms import RuleForm
from retention.models import RetentionRule, RuleProposal
from retention.overview import class_state, next_purge, refusals_of, store_states, versions_of
from retention.plans import plan_class
from retention.schedule import label_of, place_of
from retention.selectors import open_proposals, waiting_proposals
from retention.services import approve_rule, change_rule, refuse_rule, withdraw_rule


class ClassDetailView(ProviderRequired, TemplateView):
    """Show one retention class: its rule with every version of it, what it consists of, and what is past its time."""

    template_name = "retention/retentionclass_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rule = get_object_or_404(RetentionRule.objects.current(), retention_class=kwargs["retention_class"])
        plan = plan_class(rule)
        return super().get_context_data(
            state=class_state(rule, plan),
            stores=store_states(rule.retention_class, plan),
            versions=versions_of(rule.retention_class),
            refusals=refusals_of(rule.retention_class),
            next_purge=next_purge(),
            **kwargs,
        )


class RuleListView(AdministratorRequired, TemplateView):
    """List the rules in force and the changes that wait for a second person."""

    template_name = "retention/retentionrule_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rules = sorted(RetentionRule.objects.current(), key=lambda rule: place_of(rule.retention_class))
        return super().get_context_data(
            rules=[(rule, label_of(rule.retention_class)) for rule in rules],
            waiting=[(proposal, label_of(proposal.retention_class)) for proposal in waiting_proposals()],
            proposals=[(proposal, label_of(proposal.retention_class)) for proposal in open_proposals()],
            **kwargs,
        )


class RuleChangeView(AdministratorRequired, FormView):  # type: ignore[type-arg]
    """Propose another period for a class; it waits for the privacy notice, a shorter one for a second person first."""

    form_class = RuleForm
    template_name = "retention/retentionrule_change.html"

    @cached_property
    def rule(self) -> RetentionRule:
        """Return the rule in force; an unknown class is a 404."""
        return get_object_or_404(RetentionRule.objects.current(), retention_class=self.kwargs["retention_class"])

    def get_initial(self) -> dict[str, Any]:
        return {"months": self.rule.months, "citation": self.rule.citation}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(rule=self.rule, label=label_of(self.rule.retention_class), **kwargs)

    def form_valid(self, form: RuleForm) -> HttpResponse:
        try:
            proposal = change_rule(retention_class=self.rule.retention_class, by=self.actor, **form.cleaned_data)
        except RetentionError as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        messages.success(self.request, _outcome(proposal))
        return redirect("retention:rule_list")


class ProposalDecideView(AdministratorRequired, View):
    """Approve or refuse a change that waits for a person, or withdraw one that waits for the notice."""

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Decide as the pressed button says."""
        proposal = get_object_or_404(RuleProposal, uuid=kwargs["uuid"])
        acts = {"approve": approve_rule, "withdraw": withdraw_rule}
        decide = acts.get(request.POST.get("decision", ""), refuse_rule)
        try:
            decide(proposal=proposal, by=self.actor)
        except RetentionError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("The change is decided."))
        return redirect("retention:rule_list")


def _outcome(proposal: RuleProposal) -> str:
    if proposal.is_shortening:
        return _("A shorter period waits until another administrator approves it.")
    if RuleProposal.objects.waiting().filter(pk=proposal.pk).exists():
        return _("It waits until a privacy notice that says so is in force. The next draft lists it by itself.")
    return _("The rule is in force.")
