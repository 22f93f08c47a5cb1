from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from accounts.models import Channel
from accounts.topics import Topic
from consent.contact import Table, contact_topics
from consent.errors import ConsentError
from consent.models import ContactChoice
from protection.clock import provider_today

Method = ContactChoice.Method


@dataclass(frozen=True, slots=True)
class Cell:
    """One check box and the channel that it approves."""

    channel: Channel
    field: BoundField


@dataclass(frozen=True, slots=True)
class Row:
    """One topic with its check boxes, in the order of the columns."""

    topic: Topic
    cells: list[Cell]


class ContactForm(forms.Form):
    """Topics by channels, a check box each."""

    def __init__(self, *args: Any, table: Table, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for topic in contact_topics():
            for channel in Channel:
                self.fields[_name(topic.code, channel)] = forms.BooleanField(
                    label=f"{topic.label}: {channel.label}",
                    required=False,
                    initial=channel in table[topic.code],
                )

    @property
    def rows(self) -> Iterator[Row]:
        """Give the table's rows: first what cannot be refused, then what can."""
        for topic in contact_topics():
            yield Row(topic, [Cell(channel, self[_name(topic.code, channel)]) for channel in Channel])

    def channels(self) -> dict[str, list[str]]:
        """Return what was ticked as `choose_contact` takes it."""
        return {
            topic.code: [str(channel) for channel in Channel if self.cleaned_data[_name(topic.code, channel)]]
            for topic in contact_topics()
        }

    def add_consent_error(self, error: ConsentError) -> None:
        """Put an error beside the first check box of its topic, or beside the input that it names."""
        name = _name(error.field, Channel.EMAIL)
        self.add_error(name if name in self.fields else error.field or None, str(error))


class ToldContactForm(ContactForm):
    """The same, as staff note what a customer said."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["method"] = forms.ChoiceField(
            label=_("How the customer told us"),
            choices=[choice for choice in Method.choices if choice[0] not in {Method.PORTAL, Method.LINK}],
            widget=forms.RadioSelect,
            error_messages={"required": _("Choose how the customer told us.")},
        )
        self.fields["reason"] = forms.CharField(
            label=_("Note"),
            help_text=_("Who asked for this and when, such as: Mrs. Sample called on 3 March."),
            max_length=500,
        )


class VisitFilterForm(forms.Form):
    """Which month's counts are shown."""

    month = forms.DateField(label=_("Month"), required=False, input_formats=["%Y-%m"])

    def clean_month(self) -> date | None:
        """Refuse a month of which nothing can have been counted."""
        month: date | None = self.cleaned_data["month"]
        if month is not None and not _FIRST_MONTH <= month <= provider_today():
            raise forms.ValidationError(_("Choose this month or an earlier one."))
        return month


_FIRST_MONTH = date(2000, 1, 1)


def _name(topic: str, channel: str) -> str:
    return f"{topic}__{channel}"
