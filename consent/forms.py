"""The shape of what people enter about consents. Last days are entered as people say them, and kept half-open."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Customer, Recipient
from accounts.plain_text import require_plain
from consent.errors import ConsentError
from consent.matching import SignatureCheck
from consent.models import ConsentVersion, Notice, NoticeText, Purpose
from consent.searching import BY_CUSTOMER, BY_END, BY_ORGANIZATION
from consent.selectors import fields_covered
from consent.states import StatusCode
from consent.status import LABELS, written
from consent.wording import CLASS_LABELS, grouped
from energy.models import UsagePoint
from protection.clock import provider_today
from protection.datamap import FieldDeclaration
from protection.evidence import CleanEvidence, check_evidence
from protection.evidence.errors import EvidenceError

Method = ConsentVersion.Method
ALL_METERS, SOME_METERS = "all", "some"
CARRIED = ("data_from", "data_last", "permission_last", "method", "form_version", "notice_text")
"""What a clerk need not enter again for the next paper of a stack."""

METER_CHOICES = [(ALL_METERS, _("All meters, also later ones")), (SOME_METERS, _("Only these:"))]
_INPUT_OF: dict[str, str] = {
    "data_to": "data_last",
    "permission_to": "permission_last",
    "usage_point_ids": "usage_points",
}
"""Which input stands for which argument of the services, where their names differ."""


class ConsentErrorsMixin:
    """Put an error of a service beside the input that caused it."""

    def add_consent_error(self, error: ConsentError) -> None:
        """Add the error's text to its input, or to the whole form."""
        name = _INPUT_OF.get(error.field, error.field)
        shown = name in self.fields and not self[name].is_hidden  # type: ignore[attr-defined, index]
        self.add_error(name if shown else None, str(error))  # type: ignore[attr-defined]


def after(last_day: date | None) -> date | None:
    """Return the end of a half-open period whose last day is given."""
    return last_day + timedelta(days=1) if last_day else None


def field_choices(fields: tuple[FieldDeclaration, ...]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return fields as grouped choices."""
    return [
        (str(CLASS_LABELS[data_class]), [(field.id, field.label) for field in members])
        for data_class, members in grouped(fields)
    ]


def meter_choices(customer: Customer, only: Sequence[int] = ()) -> list[tuple[str, str]]:
    """Return the meters of a customer as choices, or only some of them."""
    points = UsagePoint.objects.filter(account__customer=customer).order_by("title", "pk")
    if only:
        points = points.filter(pk__in=only)
    return [(str(point.pk), _meter_label(point)) for point in points]


def check_meters(form: forms.Form) -> None:
    """Refuse chosen meters without a choice, and a choice beside all of them."""
    cleaned = form.cleaned_data
    if cleaned.get("meters") == SOME_METERS and not cleaned.get("usage_points"):
        form.add_error("usage_points", _("Tick at least one meter, or choose all meters."))
    if cleaned.get("meters") == ALL_METERS and cleaned.get("usage_points"):
        form.add_error("meters", _("Some meters are ticked below. Choose those only, or untick them."))


class ConsentSubjectForm(forms.Form):
    """First step: to whom, and what for. What can be chosen next follows from the purpose."""

    recipient = forms.ModelChoiceField(
        Recipient.objects.receiving().order_by("legal_name"),
        to_field_name="uuid",
        label=_("Organization that may receive data"),
        empty_label=_("Choose"),
        help_text=_("The legal name on the form. Organizations whose releases are stopped are left out."),
        error_messages={"required": _("Choose the organization named on the form.")},
    )
    purpose = forms.ModelChoiceField(
        Purpose.objects.secondary().order_by("pk"),
        to_field_name="code",
        label=_("Purpose"),
        empty_label=_("Choose"),
        help_text=_("One purpose for each consent: another purpose needs another form."),
        error_messages={"required": _("Choose the purpose stated on the form.")},
    )


class ConsentLogForm(ConsentSubjectForm):
    """The first step for a clerk with a stack of paper: the account on the form, and what stays the same."""

    field_order = ("account", "recipient", "purpose")

    account = forms.CharField(
        label=_("Account number"),
        max_length=20,
        help_text=_("As on the form. That you opened the customer is noted, and the customer sees it."),
        widget=forms.TextInput(attrs={"autofocus": True, "accesskey": "a", "autocomplete": "off"}),
        error_messages={"required": _("Enter the account number on the form.")},
    )

    def clean_account(self) -> Account:
        """Find the account."""
        number = self.cleaned_data["account"].strip()
        account = Account.objects.select_related("customer").filter(number=number).first()
        if account is None:
            raise forms.ValidationError(_("There is no such account. Compare the number with the form."))
        return account


class _FirstFocused(forms.CheckboxSelectMultiple):
    """Boxes of which the first one has the focus when the page opens."""

    def create_option(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(*args, **kwargs)
        if option["index"] in {"0", "0_0"}:
            option["attrs"]["autofocus"] = True
        return option


class ConsentForm(ConsentErrorsMixin, forms.Form):
    """Second step: what the customer signed. Nothing is ticked in advance."""

    field_ids = forms.MultipleChoiceField(
        label=_("Data that may be given"),
        help_text=_("Tick what is ticked on the form."),
        widget=_FirstFocused,
        error_messages={"required": _("Tick at least one kind of data.")},
    )
    meters = forms.ChoiceField(
        label=_("Meters"),
        choices=METER_CHOICES,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose whether the consent is for all meters.")},
    )
    usage_points = forms.MultipleChoiceField(
        label=_("Which meters"), required=False, widget=forms.CheckboxSelectMultiple
    )
    data_from = forms.DateField(
        label=_("Data from"),
        help_text=_("The first day of the data that may be given."),
        error_messages={"required": _("Enter the first day of the data, as on the form.")},
    )
    data_last = forms.DateField(
        label=_("Data until"),
        required=False,
        help_text=_("The last day. Leave it empty if later data may be given too."),
    )
    permission_last = forms.DateField(
        label=_("Permission until"),
        required=False,
        help_text=_("The last day on which data may be given. Leave it empty if it runs until withdrawn."),
    )
    project = forms.CharField(
        label=_("Project"), max_length=200, required=False, help_text=_("Where the form is for one project only.")
    )
    method = forms.ChoiceField(
        label=_("How the customer agreed"),
        choices=[choice for choice in Method.choices if choice[0] != Method.PORTAL],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how the customer agreed.")},
    )
    signed_on = forms.DateField(
        label=_("Signed or agreed on"),
        help_text=_("The day on the form. The consent counts from today on, whatever day it was signed."),
        error_messages={"required": _("Enter the day on which the customer signed or agreed.")},
    )
    signer_name = forms.CharField(
        label=_("Name of who signed or agreed"),
        max_length=200,
        error_messages={"required": _("Enter the name of the person who signed or agreed.")},
    )
    service_address = forms.CharField(
        label=_("Service address on the form"),
        max_length=300,
        required=False,
        help_text=_(
            "Needed for a form on paper: street, number and ZIP code as written. It is compared with our record."
        ),
    )
    verified_with = forms.CharField(
        label=_("Verified with"),
        max_length=200,
        required=False,
        help_text=_("Only where name or address differ from our record: the person you spoke to."),
    )
    verified_on = forms.DateField(label=_("Verified on"), required=False)
    call_back = forms.CharField(
        label=_("Call back"),
        max_length=500,
        required=False,
        help_text=_("The number you called, which must be one of ours for this customer, and what was said."),
    )
    form_version = forms.CharField(
        label=_("Version printed on the form"),
        max_length=60,
        required=False,
        help_text=_("As at the foot of the page."),
    )
    notice_text = forms.ModelChoiceField(
        NoticeText.objects.none(),
        label=_("Consent form"),
        empty_label=_("Choose"),
        help_text=_("Version and language of the form."),
        error_messages={"required": _("Choose the version and language that the customer signed.")},
    )
    evidence = forms.FileField(
        label=_("Scanned form"),
        required=False,
        help_text=_("Needed for a form on paper. PDF, JPEG, PNG or TIFF; its content is checked."),
        widget=forms.FileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png,.tif,.tiff", "accesskey": "f"}),
    )
    confirmed = forms.BooleanField(
        label=_("I have compared them: record this one all the same"), required=False, widget=forms.HiddenInput
    )
    request_id = forms.UUIDField(
        widget=forms.HiddenInput,
        error_messages=dict.fromkeys(("required", "invalid"), _("This form is incomplete. Open it again.")),
    )

    def __init__(self, *args: Any, customer: Customer, purpose: Purpose, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("request_id", uuid4())
        self.fields["field_ids"].choices = field_choices(fields_covered(purpose))  # type: ignore[attr-defined]
        self.fields["usage_points"].choices = meter_choices(customer)  # type: ignore[attr-defined]
        self.fields["notice_text"].queryset = (  # type: ignore[attr-defined]
            NoticeText.objects.filter(
                notice__in=Notice.objects.effective(provider_today()).filter(kind=Notice.Kind.CONSENT_FORM)
            )
            .select_related("notice")
            .order_by("-notice__number", "language")
        )
        self.fields["notice_text"].label_from_instance = _form_label  # type: ignore[attr-defined]

    def clean_signer_name(self) -> str:
        """Refuse a name with characters that cannot be seen."""
        return require_plain(self.cleaned_data["signer_name"])

    def clean_service_address(self) -> str:
        """Ask for the address on a form on paper."""
        address: str = self.cleaned_data["service_address"].strip()
        if self.data.get("method") == Method.PAPER and not address:
            raise forms.ValidationError(_("Enter the service address as written on the form."))
        return address

    def clean_evidence(self) -> CleanEvidence | None:
        """Return the clean copy of the scan; its content is what counts."""
        upload = self.cleaned_data["evidence"]
        if not upload:
            return None
        try:
            return check_evidence(upload)
        except EvidenceError as error:
            raise forms.ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        """Refuse chosen meters without a choice, and a choice beside all of them."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        check_meters(self)
        return cleaned

    def warn(self, warning: str) -> None:
        """Ask for a tick before what may be a repetition is recorded."""
        self.fields["confirmed"].widget = forms.CheckboxInput()
        self.add_error("confirmed", warning)

    def carried(self) -> dict[str, Any]:
        """Return what the next paper of a stack probably says too, as the session keeps it."""
        return {name: self.data.get(name, "") for name in CARRIED}

    def terms(self) -> dict[str, Any]:
        """Return what was entered as `grant_consent` takes it."""
        same = ("field_ids", "data_from", "project", "method", "signed_on", "signer_name")
        data = self.cleaned_data
        return {
            **{name: data[name] for name in same},
            "usage_point_ids": [int(point) for point in data["usage_points"]],
            "data_to": after(data["data_last"]),
            "permission_to": after(data["permission_last"]),
            "notice_text": data["notice_text"],
            "evidence": data["evidence"],
            "form_version": data["form_version"],
            "check": self._check() if data["method"] == Method.PAPER else None,
            "request_id": data["request_id"],
        }

    def _check(self) -> SignatureCheck:
        names = ("service_address", "verified_with", "verified_on", "call_back")
        return SignatureCheck(**{name: self.cleaned_data[name] for name in names})


class ConsentNarrowForm(ConsentErrorsMixin, forms.Form):
    """Less than now: fewer data, fewer meters, a shorter span of data, an earlier end. What is ticked stays."""

    field_ids = forms.MultipleChoiceField(
        label=_("Data that may still be given"),
        help_text=_("Untick what shall not be given any more."),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Nothing would be left of this consent. Withdraw it instead.")},
    )
    usage_points = forms.MultipleChoiceField(
        label=_("Meters whose data may still be given"),
        help_text=_("Untick a meter to leave it out. Then later meters are left out too."),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Nothing would be left of this consent. Withdraw it instead.")},
    )
    data_from = forms.DateField(
        label=_("Data from"), required=False, help_text=_("The first day of the data that may be given.")
    )
    data_last = forms.DateField(
        label=_("Data until"), required=False, help_text=_("The last day of the data that may be given.")
    )
    permission_last = forms.DateField(
        label=_("Permission until"), required=False, help_text=_("The last day on which data may be given.")
    )

    def __init__(self, *args: Any, scope: ConsentVersion, purpose: Purpose, **kwargs: Any) -> None:
        covered = meter_choices(scope.customer, scope.usage_point_ids)
        kwargs["initial"] = {
            "field_ids": scope.field_ids,
            "usage_points": [value for value, _label in covered],
            "data_from": scope.data_from,
            "data_last": scope.data_to and scope.data_to - timedelta(days=1),
            "permission_last": scope.permission_to and scope.permission_to - timedelta(days=1),
        }
        super().__init__(*args, **kwargs)
        agreed = tuple(field for field in fields_covered(purpose) if field.id in scope.field_ids)
        self.fields["field_ids"].choices = field_choices(agreed)  # type: ignore[attr-defined]
        self.fields["usage_points"].choices = covered  # type: ignore[attr-defined]
        if not covered:
            del self.fields["usage_points"]
        self._all_meters = {value for value, _label in covered}

    def terms(self) -> dict[str, Any]:
        """Return what was entered as `narrow_consent` takes it; all meters stay all, also later ones."""
        kept = self.cleaned_data.get("usage_points", [])
        return {
            "field_ids": self.cleaned_data["field_ids"],
            "usage_point_ids": None if set(kept) == self._all_meters else [int(point) for point in kept],
            "data_from": self.cleaned_data["data_from"],
            "data_to": after(self.cleaned_data["data_last"]),
            "permission_to": after(self.cleaned_data["permission_last"]),
        }


class ConsentDeskNarrowForm(ConsentNarrowForm):
    """The same for staff, who note how the customer asked."""

    method = forms.ChoiceField(
        label=_("How the customer asked"),
        choices=[("", _("Choose")), *(choice for choice in Method.choices if choice[0] != Method.PORTAL)],
        error_messages={"required": _("Choose how the customer asked.")},
    )
    reason = forms.CharField(label=_("Note"), max_length=500, required=False)

    def terms(self) -> dict[str, Any]:
        """Return what was entered, with how the customer asked."""
        return {**super().terms(), "method": self.cleaned_data["method"], "reason": self.cleaned_data["reason"]}


class ConsentWithdrawalForm(forms.Form):
    """What staff note when a customer asks them to withdraw."""

    method = forms.ChoiceField(
        label=_("How the customer asked"),
        choices=[("", _("Choose")), *(choice for choice in Method.choices if choice[0] != Method.PORTAL)],
        error_messages={"required": _("Choose how the customer asked.")},
    )
    reason = forms.CharField(label=_("Note"), max_length=500, required=False)


class ConsentFilterForm(forms.Form):
    """What a list of consents is narrowed to."""

    q = forms.CharField(label=_("Customer, account number or project"), required=False)
    customer = forms.ModelChoiceField(
        Customer.objects.order_by("pk"),
        to_field_name="uuid",
        required=False,
        label=_("Customer"),
        widget=forms.HiddenInput,
    )
    recipient = forms.ModelChoiceField(
        Recipient.objects.order_by("legal_name"),
        to_field_name="uuid",
        required=False,
        label=_("Organization"),
        empty_label=_("All"),
    )
    purpose = forms.ModelChoiceField(
        Purpose.objects.secondary().order_by("pk"),
        to_field_name="code",
        required=False,
        label=_("Purpose"),
        empty_label=_("All"),
    )
    status = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ("", _("All")),
            *((str(code), LABELS[code]) for code in StatusCode if code not in {StatusCode.NONE, StatusCode.SUPERSEDED}),
        ],
    )
    method = forms.ChoiceField(label=_("How it was given"), required=False, choices=[("", _("All")), *Method.choices])
    ends_from = forms.DateField(label=_("Last day from"), required=False)
    ends_to = forms.DateField(label=_("Last day until"), required=False)
    order = forms.ChoiceField(
        label=_("Sort by"),
        required=False,
        choices=[
            ("", _("Latest change")),
            (BY_CUSTOMER, _("Customer")),
            (BY_ORGANIZATION, _("Organization")),
            (BY_END, _("Last day")),
        ],
    )

    def conditions(self) -> dict[str, Any]:
        """Return what was asked for as `search_consents` takes it; what makes no sense is left out."""
        chosen = self._chosen()
        if "q" in chosen:
            chosen["text"] = chosen.pop("q")
        if "ends_to" in chosen:
            chosen["ends_before"] = after(chosen.pop("ends_to"))
        return chosen

    def in_force(self) -> dict[str, str]:
        """Return in words what the list is narrowed to, by the names of the inputs."""
        chosen = self._chosen()
        chosen.pop("order", None)
        return {name: self._shown(name, value) for name, value in chosen.items()}

    def _chosen(self) -> dict[str, Any]:
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    def _shown(self, name: str, value: Any) -> str:
        choices = getattr(self.fields[name], "choices", ()) if name in {"status", "method"} else ()
        if isinstance(value, date):
            return written(value)
        return str(dict(choices).get(value, value))


def _meter_label(point: UsagePoint) -> str:
    return f"{point} ({point.service_name})"


def _form_label(text: NoticeText) -> str:
    number = text.notice.number
    return str(_("Version %(number)d, %(language)s") % {"number": number, "language": text.get_language_display()})
