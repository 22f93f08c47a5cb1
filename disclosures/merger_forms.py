from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Recipient
from disclosures.models import MergerNotice


class MergerNoticeForm(forms.ModelForm):  # type: ignore[type-arg]
    """What customers are told of a merger, sale or financing, in both languages."""

    class Meta:
        model = MergerNotice
        fields = ["recipient", "title_en", "text_en", "title_es", "text_es", "waiting_days"]
        widgets = {name: forms.Textarea(attrs={"rows": 8}) for name in ("text_en", "text_es")}

    recipient = forms.ModelChoiceField(
        label=_("Counterparty"),
        queryset=Recipient.objects.filter(kind=Recipient.Kind.MERGER_COUNTERPARTY).order_by("legal_name"),
        help_text=_("A recipient registered as the counterparty of a merger, sale or financing."),
    )
