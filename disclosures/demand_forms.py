"""What the desk for legal demands, and a customer who contests one, fill in."""

import re
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Customer, Recipient, User
from accounts.permissions import DESK_ROLES
from accounts.reasons import ReasonField
from disclosures.demand_conditions import bases_for
from disclosures.forms import field_choices
from disclosures.models import DemandEvent, DemandState, Format, LegalBasis, LegalDemand
from disclosures.models.releases import labels_of
from disclosures.services.compliance import Answer
from disclosures.services.demands import DemandTerms, Named
from disclosures.services.orders import OrderTerms
from protection.models import SealedFile

_DAY = timedelta(days=1)
_RECEIVERS = (
    Recipient.Kind.COURT,
    Recipient.Kind.GOVERNMENT_AGENCY,
    Recipient.Kind.EMERGENCY_SERVICE,
)
WHOLE, ACCOUNTS_ONLY = "customers", "accounts"


class DemandFilterForm(forms.Form):
    """What the list of demands is narrowed to; it lives in the address."""

    q = forms.CharField(label=_("Case number or authority"), required=False)
    kind = forms.ChoiceField(label=_("Kind"), choices=[("", _("All")), *LegalDemand.Kind.choices], required=False)
    state = forms.ChoiceField(
        label=_("State"), choices=[("", _("All")), ("open", _("Open")), *DemandState.choices], required=False
    )


class OrderFields(forms.Form):
    """What an order not to tell the customers says."""

    order_authority = forms.CharField(label=_("Order not to tell: issued by"), max_length=200, required=False)
    order_citation = forms.CharField(label=_("Order or statute"), max_length=300, required=False)
    order_last_day = forms.DateField(
        label=_("Last day of the order"),
        required=False,
        help_text=_("Leave it empty if it holds until the court lifts it."),
    )
    order_document = forms.FileField(
        label=_("The order not to tell"), required=False, help_text=_("PDF, JPEG, PNG or TIFF.")
    )

    is_order_required = False

    def clean(self) -> dict[str, Any]:
        """Ask for all of an order, or for none of it."""
        data = super().clean() or {}
        names = ("order_authority", "order_citation", "order_document")
        given = [name for name in names if data.get(name)]
        if self.is_order_required or given or data.get("order_last_day"):
            for name in names:
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, _("An order not to tell needs its court, its statute and its document."))
        return data

    def order(self, document: SealedFile | None) -> OrderTerms | None:
        """Return the order of a valid form; None where there is none."""
        if document is None:
            return None
        data = self.cleaned_data
        return OrderTerms(
            authority=data["order_authority"],
            citation=data["order_citation"],
            last_day=data["order_last_day"],
            document=document,
        )


class DemandForm(OrderFields):
    """A legal demand as it came in."""

    kind = forms.ChoiceField(label=_("What came in?"), choices=LegalDemand.Kind.choices, widget=forms.RadioSelect)
    is_wiretap_order = forms.BooleanField(
        label=_("The document expressly permits interception (for data as it arises)"), required=False
    )
    case_number = forms.CharField(label=_("Case number"), max_length=100)
    authority = forms.CharField(
        label=_("Issued by"), max_length=200, help_text=_("The court, prosecutor or agency, as on the document.")
    )
    received_on = forms.DateField(label=_("Received on"))
    due_on = forms.DateField(label=_("Answer due on"))
    document = forms.FileField(
        label=_("The document"),
        required=False,
        help_text=_("PDF, JPEG, PNG or TIFF. Only an emergency may do without."),
    )
    recipient = forms.ModelChoiceField(
        label=_("Who is to receive the data?"),
        queryset=Recipient.objects.filter(kind__in=_RECEIVERS).order_by("legal_name"),
        help_text=_("Courts, agencies and emergency services in the register of recipients."),
    )
    requester_name = forms.CharField(label=_("Who asks, by name"), max_length=200)
    requester_capacity = forms.CharField(
        label=_("In what capacity"), max_length=200, help_text=_("Office and badge or bar number.")
    )
    delivery_address = forms.CharField(
        label=_("Delivery address"), max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )
    callback_note = forms.CharField(
        label=_("Call-back"),
        max_length=500,
        required=False,
        help_text=_("For a request by telephone and for every emergency: the number you found yourself, who answered."),
    )
    threat = forms.CharField(
        label=_("The imminent threat to life or property"),
        max_length=500,
        required=False,
        help_text=_("Only for an emergency."),
    )
    account_numbers = forms.CharField(
        label=_("Account numbers that the demand names"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One a line. Leave it empty if the demand names nobody: it is then flagged as overbroad."),
    )
    scope = forms.ChoiceField(
        label=_("What of these customers?"),
        choices=[(WHOLE, _("All their accounts")), (ACCOUNTS_ONLY, _("These accounts alone"))],
        widget=forms.RadioSelect,
        initial=ACCOUNTS_ONLY,
    )
    names_everybody = forms.BooleanField(label=_("It asks for all customers, or names nobody"), required=False)
    field_ids = forms.MultipleChoiceField(label=_("Which data?"), widget=forms.CheckboxSelectMultiple)
    data_from = forms.DateField(label=_("First day of the data"))
    data_last = forms.DateField(label=_("Last day of the data"))

    field_order = [
        "kind", "is_wiretap_order", "case_number", "authority", "received_on", "due_on", "document", "recipient",
        "requester_name", "requester_capacity", "delivery_address", "callback_note", "threat", "account_numbers",
        "scope", "names_everybody", "field_ids", "data_from", "data_last",
    ]  # fmt: skip

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        kwargs["initial"] = {
            "received_on": today,
            "due_on": today + timedelta(days=30),
            "data_from": date(today.year - 1, today.month, 1),
            "data_last": today,
            **(kwargs.get("initial") or {}),
        }
        super().__init__(*args, **kwargs)
        self.fields["field_ids"].choices = field_choices()  # type: ignore[attr-defined]

    def clean_account_numbers(self) -> list[Account]:
        """Return the accounts of the numbers given; name those that do not exist."""
        numbers = list(dict.fromkeys(re.split(r"[\s,;]+", self.cleaned_data["account_numbers"].strip())))
        wanted = [number for number in numbers if number]
        found = {account.number: account for account in Account.objects.filter(number__in=wanted)}
        if missing := [number for number in wanted if number not in found]:
            text = _("There is no account %(numbers)s. Enter the numbers as on the bill, one a line.")
            raise forms.ValidationError(text % {"numbers": ", ".join(missing)})
        return [found[number] for number in wanted]

    def clean(self) -> dict[str, Any]:
        """Refuse a period that runs backwards; the service judges everything else."""
        data = super().clean()
        first, last = data.get("data_from"), data.get("data_last")
        if first and last and last < first:
            self.add_error("data_last", _("The last day comes before the first. Correct one of the two days."))
        if not data.get("account_numbers") and "account_numbers" not in self.errors and not data.get("names_everybody"):
            text = _("Enter the accounts that the demand names, or tick that it names nobody.")
            self.add_error("account_numbers", text)
        return data

    def terms(self, document: SealedFile | None) -> DemandTerms:
        """Return what the demand of a valid form says."""
        data = self.cleaned_data
        plain = ("kind", "is_wiretap_order", "case_number", "authority", "recipient", "requester_name",
                 "requester_capacity", "delivery_address", "callback_note", "threat", "names_everybody", "data_from",
                 "received_on", "due_on")  # fmt: skip
        return DemandTerms(
            **{name: data[name] for name in plain},
            field_ids=tuple(data["field_ids"]),
            data_to=data["data_last"] + _DAY,
            document=document,
        )

    def named(self) -> list[Named]:
        """Return whom the demand of a valid form names."""
        data = self.cleaned_data
        return [
            Named(customer=account.customer, account=account if data["scope"] == ACCOUNTS_ONLY else None)
            for account in data["account_numbers"]
        ]


class StepForm(forms.Form):
    """A step that needs nothing but its reason."""

    note = ReasonField(label=_("Why?"), too_short=_("State the reason in at least ten characters."))

    def __init__(self, *args: Any, demand: LegalDemand, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.demand, self.today = demand, today
        self.prepare()

    def prepare(self) -> None:
        """Fit the choices to the demand."""


class AssignForm(StepForm):
    """Who answers for a demand."""

    note = None  # type: ignore[assignment]
    assignee = forms.ModelChoiceField(
        label=_("Who answers for it?"),
        queryset=User.objects.filter(role__in=DESK_ROLES, is_active=True).order_by("name", "pk"),
    )


class NoticeForm(StepForm):
    """From when the customers count as told."""

    note = None  # type: ignore[assignment]
    served_on = forms.DateField(
        label=_("Counts as served on"),
        help_text=_("Today for e-mail. For letters, the day on which the last one arrives."),
    )

    def prepare(self) -> None:
        self.initial.setdefault("served_on", self.today)


class ContestForm(StepForm):
    """A contest that a customer sent by letter or said at the counter."""

    customer = forms.ModelChoiceField(label=_("Who contests?"), queryset=Customer.objects.none())

    def prepare(self) -> None:
        named = Customer.objects.filter(demand_subjects__demand=self.demand).distinct().order_by("pk")
        self.fields["customer"].queryset = named  # type: ignore[attr-defined]


class ContestBackForm(ContestForm):
    """A contest that a customer takes back."""

    note = None  # type: ignore[assignment]


class MotionForm(StepForm):
    """What the court has before it, or decided."""

    what = forms.ChoiceField(
        label=_("What did the court do?"),
        choices=[
            (DemandEvent.What.MOTION_FILED, _("A motion to quash was filed: nothing goes out meanwhile")),
            (DemandEvent.What.MOTION_DENIED, _("The court lets the demand stand")),
            (DemandEvent.What.MOTION_GRANTED, _("The court quashed the demand")),
        ],
        widget=forms.RadioSelect,
    )


class OrderForm(OrderFields):
    """An order not to tell, or its extension, that came in after the demand."""

    is_order_required = True

    def __init__(self, *args: Any, demand: LegalDemand, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.demand, self.today = demand, today


class ComplyForm(forms.Form):
    """What of a demand goes out now."""

    basis = forms.ModelChoiceField(
        label=_("On what legal basis?"), queryset=LegalBasis.objects.none(), widget=forms.RadioSelect, empty_label=None
    )
    field_ids = forms.MultipleChoiceField(label=_("Which data?"), widget=forms.CheckboxSelectMultiple)
    data_from = forms.DateField(label=_("First day of the data"))
    data_last = forms.DateField(label=_("Last day of the data"))
    format = forms.ChoiceField(label=_("Format"), choices=Format.choices)
    is_part = forms.BooleanField(label=_("This is a part: the demand stays open for more"), required=False)
    reason = ReasonField(
        label=_("Why now?"),
        help_text=_("The customer can read this, under an order once that ends."),
        too_short=_("State the reason in at least ten characters."),
    )
    request_uuid = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, demand: LegalDemand, **kwargs: Any) -> None:
        kwargs["initial"] = {
            "basis": bases_for(demand).first(),
            "field_ids": demand.field_ids,
            "data_from": demand.data_from,
            "data_last": demand.data_to - _DAY,
            "reason": f"{demand.get_kind_display()} {demand.case_number}",
            **(kwargs.get("initial") or {}),
        }
        super().__init__(*args, **kwargs)
        self.fields["basis"].queryset = bases_for(demand)  # type: ignore[attr-defined]
        choices = [(field_id, *labels_of([field_id])) for field_id in demand.field_ids]
        self.fields["field_ids"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse a period that runs backwards."""
        data = super().clean() or {}
        first, last = data.get("data_from"), data.get("data_last")
        if first and last and last < first:
            self.add_error("data_last", _("The last day comes before the first. Correct one of the two days."))
        return data

    def answer(self) -> Answer:
        """Return what a valid form says."""
        data = self.cleaned_data
        return Answer(
            basis=data["basis"],
            field_ids=tuple(data["field_ids"]),
            data_from=data["data_from"],
            data_to=data["data_last"] + _DAY,
            format=data["format"],
            is_last=not data["is_part"],
        )


class OwnContestForm(forms.Form):
    """Why a customer contests a demand."""

    note = ReasonField(
        label=_("Why do you contest it?"),
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("In your own words. We hand over nothing while you contest."),
        too_short=_("Say in at least ten characters why you contest."),
    )
