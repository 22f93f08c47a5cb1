"""The steps that the desk for legal demands can take, as data: each a small form over one service."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from disclosures import demand_forms as shapes
from disclosures import services
from disclosures.demand_uploads import seal_document
from disclosures.models import LegalDemand
from ledger.actor import Actor

Act = Callable[[LegalDemand, Any, Actor], object]


@dataclass(frozen=True, slots=True)
class Step:
    """One step at the desk: the page's words, what is asked, the service that takes it, what is said afterwards."""

    title: str | Promise
    lead: str | Promise
    form: type[forms.Form]
    act: Act
    done: str | Promise


def _order(form: Any) -> Any:
    return form.order(seal_document(form.cleaned_data["order_document"]))


STEPS: dict[str, Step] = {
    "assign": Step(
        _("Assign the demand"),
        _("Say who answers for it."),
        shapes.AssignForm,
        lambda demand, form, by: services.assign_demand(demand=demand, by=by, **form.cleaned_data),
        _("The demand is assigned."),
    ),
    "notice": Step(
        _("Tell the customers"),
        _(
            "Every customer whom the subpoena names is written to, by e-mail or letter in their language. From the day"
            " you enter they have seven days to contest; a last day on a weekend or holiday moves on."
        ),
        shapes.NoticeForm,
        lambda demand, form, by: services.serve_notice(demand=demand, by=by, **form.cleaned_data),
        _("The customers are written to, and the days to contest run."),
    ),
    "contest": Step(
        _("Record a contest"),
        _("For a customer who contests by letter or at the counter. Nothing goes out while it stands."),
        shapes.ContestForm,
        lambda demand, form, by: services.contest_demand(demand=demand, by=by, **form.cleaned_data),
        _("The contest is recorded. Nothing goes out while it stands."),
    ),
    "contest-back": Step(
        _("Record that a customer takes a contest back"),
        _("Another customer's contest, or a motion before the court, still stands."),
        shapes.ContestBackForm,
        lambda demand, form, by: services.withdraw_contest(demand=demand, by=by, **form.cleaned_data),
        _("The contest is taken back."),
    ),
    "motion": Step(
        _("Record what the court did"),
        _("A motion blocks the release until the court lets the demand stand."),
        shapes.MotionForm,
        lambda demand, form, by: services.record_motion(demand=demand, by=by, **form.cleaned_data),
        _("It is recorded."),
    ),
    "refuse": Step(
        _("Refuse the demand"),
        _("Nothing goes out on it any more. The end of what it holds is proposed to a second person."),
        shapes.StepForm,
        lambda demand, form, by: services.refuse_demand(demand=demand, by=by, **form.cleaned_data),
        _("The demand is refused."),
    ),
    "withdraw": Step(
        _("Record that the demand was withdrawn"),
        _("For a demand that whoever made it took back. The end of what it holds is proposed to a second person."),
        shapes.StepForm,
        lambda demand, form, by: services.withdraw_demand(demand=demand, by=by, **form.cleaned_data),
        _("The demand is withdrawn."),
    ),
    "order": Step(
        _("Hide the demand: an order not to tell"),
        _("From now on the customers see nothing of the demand, of looks and releases under it, nor of what it holds."),
        shapes.OrderForm,
        lambda demand, form, by: services.record_order(demand=demand, terms=_order(form), by=by),
        _("The demand is hidden from the customers."),
    ),
    "order-extend": Step(
        _("Extend the order not to tell"),
        _("Enter what the court says now; the former order stays on record."),
        shapes.OrderForm,
        lambda demand, form, by: services.extend_order(demand=demand, terms=_order(form), by=by),
        _("The order is extended."),
    ),
    "order-lift": Step(
        _("Record that the court lifted the order"),
        _("The customers are written to and see everything at once. This cannot be undone."),
        shapes.StepForm,
        lambda demand, form, by: services.lift_order(demand=demand, by=by, **form.cleaned_data),
        _("The customers see the demand from now on."),
    ),
    "undo": Step(
        _("Undo a step"),
        _("The step stays on record, and so does that it was undone. A letter that went out cannot be called back."),
        shapes.StepForm,
        lambda demand, form, by: None,
        _("The step is undone."),
    ),
}
