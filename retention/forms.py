from typing import Any, cast

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Customer, User
from accounts.permissions import DESK_ROLES
from accounts.reasons import ReasonField
from energy.models import UsagePoint
from retention.models import LegalHold
from retention.schedule import holdable


class PlanForm(forms.Form):
    """As of which day a purge is planned, and why by hand."""

    as_of = forms.DateField(
        label=_("As of"),
        help_text=_("The day by which periods are counted, today or earlier. Empty: today."),
        required=False,
    )
    reason = ReasonField(
        label=_("Why do you plan it by hand?"),
        help_text=_("Kept in the plan, its run and the certificate."),
    )


class OrderForm(forms.Form):
    """Why a run is paused or goes on."""

    reason = ReasonField(label=_("Reason"))


class LimitsForm(forms.Form):
    """Other limits for what a plan may drop on one person's word."""

    months_at_once = forms.IntegerField(
        label=_("Months at once"),
        help_text=_("Calendar months of usage or bills that go whole. The night of a month's end needs one."),
        min_value=1,
        max_value=1200,
    )
    rows_at_once = forms.IntegerField(
        label=_("Rows at once"),
        help_text=_("Of every class together. A day of one meter's readings is a row."),
        min_value=1,
        max_value=10**15,
    )
    reason = ReasonField(label=_("Reason for the change"))


def _owners() -> QuerySet[User]:
    return User.objects.filter(role__in=DESK_ROLES, is_active=True).order_by("name", "pk")


class HoldFilterForm(forms.Form):
    """What a list of holds is narrowed to."""

    q = forms.CharField(label=_("Order, reason, person, customer or account number"), required=False)
    state = forms.ChoiceField(
        label=_("State"),
        choices=[
            ("", _("All")),
            ("in_force", _("In force")),
            ("overdue", _("To be reviewed")),
            ("waiting", _("Release waits for a second person")),
            ("implicit", _("Held by an open case")),
            ("released", _("Released")),
        ],
        required=False,
    )
    customer = forms.ModelChoiceField(
        Customer.objects.order_by("pk"),
        to_field_name="uuid",
        required=False,
        label=_("Customer"),
        widget=forms.HiddenInput,
    )


class HoldForm(forms.Form):
    """An order to keep data past its time."""

    account_number = forms.CharField(
        label=_("Account number"),
        help_text=_("As on the bill. Leave it empty to hold everybody's data, and say so below."),
        max_length=20,
        required=False,
    )
    scope = forms.ChoiceField(
        label=_("Whose data"),
        choices=[
            ("account", _("This account only")),
            ("usage_point", _("One meter of this account")),
            ("customer", _("All accounts of its customer")),
            ("all", _("Every customer")),
        ],
        widget=forms.RadioSelect,
        initial="account",
    )
    meter = forms.CharField(
        label=_("Meter"),
        help_text=_("Its number or name, as on the page of the customer's usage. Only where one meter is held."),
        max_length=500,
        required=False,
    )
    retention_classes = forms.MultipleChoiceField(
        label=_("Which data"), choices=holdable, widget=forms.CheckboxSelectMultiple, initial=["readings", "bills"]
    )
    data_from = forms.DateField(label=_("Data from"), help_text=_("Empty: from the oldest on."), required=False)
    data_to = forms.DateField(
        label=_("Data before"), help_text=_("The first day that is no longer held. Empty: without end."), required=False
    )
    reason = forms.CharField(label=_("Reason"), max_length=500)
    citation = forms.CharField(
        label=_("Order or rule"), help_text=_("Such as: case number, date and name of the order."), max_length=300
    )
    owner = forms.ModelChoiceField(
        label=_("Responsible person"),
        help_text=_("Who answers for the hold and is reminded of its review."),
        queryset=User.objects.none(),
    )
    review_on = forms.DateField(
        label=_("Review on"), help_text=_("The day on which somebody looks whether the data must still be kept.")
    )
    is_confidential = forms.BooleanField(label=_("The customer must not be told of this hold"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ModelChoiceField, self.fields["owner"]).queryset = _owners()  # type: ignore[type-arg]

    def clean(self) -> dict[str, Any]:
        """Find the account that the number names, and its meter."""
        data = super().clean() or {}
        number, scope = data.get("account_number", "").strip(), data.get("scope")
        if scope == "all":
            if number:
                self.add_error("account_number", _("Leave the account number empty, or choose one account."))
            return data
        data["account"] = Account.objects.select_related("customer").filter(number=number).first()
        if data["account"] is None:
            self.add_error("account_number", _("No account has this number. Enter it as on the bill."))
        elif scope == "usage_point":
            data["usage_point"] = self._meter(data["account"], data.get("meter", "").strip())
        return data

    def _meter(self, account: Account, name: str) -> UsagePoint | None:
        points = list(account.usage_points.order_by("pk"))
        found = [point for point in points if name and name in {point.title, point.identifier, *_last(point)}]
        if len(found) == 1:
            return found[0]
        known = ", ".join(str(point) for point in points) or _("none")
        self.add_error("meter", _("Enter one of this account's meters: %(known)s.") % {"known": known})
        return None

    def subject(self) -> dict[str, Any]:
        """Return the arguments of `place_hold` that say whose data is held."""
        scope, account = self.cleaned_data["scope"], self.cleaned_data.get("account")
        if scope == "all":
            return {"all_subjects": True}
        if scope == "usage_point":
            return {"usage_point": self.cleaned_data["usage_point"], "account": account}
        return {"account": account} if scope == "account" else {"customer": account.customer if account else None}

    def terms(self) -> dict[str, Any]:
        """Return the other arguments of `place_hold`."""
        subject = {"account_number", "scope", "meter"}
        return {name: self.cleaned_data[name] for name in self.fields if name not in subject}

    def draft(self) -> LegalHold:
        """Return the hold that would be placed, to count what it would cover."""
        classes = sorted(self.cleaned_data["retention_classes"])
        period = {name: self.cleaned_data[name] for name in ("data_from", "data_to")}
        return LegalHold(retention_classes=classes, **period, **self.subject())


def _last(point: UsagePoint) -> set[str]:
    """Return the last part of a feed's address, by which people call a meter."""
    return {point.identifier.rpartition("/")[2]}


class ReleaseForm(forms.Form):
    """Why a hold ends."""

    reason = ReasonField(label=_("Why should the hold be released?"))


class ReviewForm(forms.Form):
    """Why a hold is still needed, and when somebody looks again."""

    reason = ReasonField(label=_("Why must the data still be kept?"))
    next_review_on = forms.DateField(label=_("Next review on"))
    owner = forms.ModelChoiceField(
        label=_("Responsible person"),
        help_text=_("Who answers for the hold from now on and is reminded of its review."),
        queryset=User.objects.none(),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ModelChoiceField, self.fields["owner"]).queryset = _owners()  # type: ignore[type-arg]


class RuleForm(forms.Form):
    """Another period for a retention class."""

    months = forms.IntegerField(
        label=_("Months"),
        help_text=_("Counted from the day that starts the clock. Empty: kept as long as the portal runs."),
        min_value=1,
        max_value=1200,
        required=False,
    )
    citation = forms.CharField(label=_("Rule or policy that it rests on"), max_length=300)
    reason = ReasonField(label=_("Reason for the change"))
