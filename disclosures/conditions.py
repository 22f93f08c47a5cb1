"""What a release or a download can lack: a code for machines, words for people, what to do about it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Self

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

Text = str | Promise

_TEXTS: dict[str, tuple[Text, Text]] = {
    "reason_missing": (
        _("No reason is stated."),
        _("State in at least ten characters why the data is needed."),
    ),
    "period_empty": (
        _("The period of the data is empty."),
        _("Choose a last day that does not come before the first."),
    ),
    "customer_missing": (
        _("No customer is named."),
        _("Name at least one customer or account."),
    ),
    "account_missing": (
        _("%(customer)s has none of the accounts asked for."),
        _("Choose accounts of this customer."),
    ),
    "recipient_missing": (
        _("No recipient is named."),
        _("Choose the organization that is to receive the data."),
    ),
    "recipient_not_wanted": (
        _("A customer's own request has no other recipient."),
        _("Leave the recipient and the purpose out, or choose another legal basis."),
    ),
    "recipient_stopped": (
        _("Releases to %(recipient)s are stopped: %(reason)s"),
        _("Ask an administrator whether it may receive data again."),
    ),
    "recipient_kind": (
        _("The basis “%(basis)s” is not meant for %(recipient)s, which is registered as: %(kind)s."),
        _("Choose another legal basis or another recipient."),
    ),
    "agreement_missing": (
        _("No confidentiality agreement with %(recipient)s is in force."),
        _("Record its signed agreement, or wait until one is in force."),
    ),
    "not_announced": (
        _("The privacy notice in force does not name %(recipient)s, or not this purpose for it: “%(purpose)s”."),
        _("Have an administrator publish a privacy notice that does; until then nothing can go out."),
    ),
    "purpose_missing": (
        _("No purpose is named."),
        _("Choose what the data is for."),
    ),
    "purpose_secondary": (
        _("“%(purpose)s” is a secondary purpose, for which only written consent lets data out."),
        _("Choose written consent as the legal basis, or another purpose."),
    ),
    "basis_aggregate": (
        _("An aggregate contains no customer's data, this release does."),
        _("Choose another legal basis, or make an aggregate release."),
    ),
    "document_missing": (
        _("The basis “%(basis)s” needs the document on which it rests."),
        _("Add the scanned order, subpoena or request."),
    ),
    "notice_missing": (
        _("The customer must be told of the demand before the data goes out."),
        _("Serve the notice, then enter the day on which it was served."),
    ),
    "notice_running": (
        _("The customer may contest the demand until %(day)s."),
        _("Release the data after that day, unless the customer contests."),
    ),
    "requester_missing": (
        _("It is not known who asks for the data."),
        _("Enter the name and the office of the person who asks."),
    ),
    "delivery_address_missing": (
        _("It is not known where the data is to go."),
        _("Enter the address to which the data is delivered."),
    ),
    "authority_missing": (
        _("It is not known on what authority the data is asked for."),
        _("Enter the statute, the order or its number."),
    ),
    "call_back_missing": (
        _("A request by telephone was not verified."),
        _("Call back on a published number, then note the number, the day and who answered."),
    ),
    "approval_missing": (
        _("A second person has not approved this release: %(kind)s."),
        _("Propose the release; a colleague who did not propose it approves it."),
    ),
    "nobody_left": (
        _("Nobody is left of whom data may go out."),
        _("Choose other customers, or wait until their consents are recorded."),
    ),
    "basis_not_in_force": (
        _("The basis “%(basis)s” does not count where the provider is."),
        _("Choose a legal basis of the provider's jurisdiction."),
    ),
    "merger_notice_missing": (
        _("Customers who were not told that their data goes to %(recipient)s, or not long enough ago: %(count)s."),
        _("Announce the merger, sale or financing, and wait until every customer has had the time that it states."),
    ),
    "demand_missing": (
        _("The basis “%(basis)s” rests on a legal demand, and none is named."),
        _("Take the demand in at the desk for legal demands, and release from there."),
    ),
    "demand_basis": (
        _("The basis “%(basis)s” does not fit a demand of this kind: %(kind)s."),
        _("Choose a basis that fits. Data as it arises needs an order that expressly permits interception."),
    ),
    "demand_closed": (
        _("The legal demand is closed: %(state)s."),
        _("Nothing more goes out on it. If it was closed by mistake, undo that step first."),
    ),
    "demand_contested": (
        _("A customer or the court contests the legal demand."),
        _("Wait until the contest is taken back, or the court lets the demand stand; record that at the desk."),
    ),
    "demand_recipient": (
        _("The legal demand is of another recipient: %(recipient)s."),
        _("Choose the authority that made the demand."),
    ),
    "demand_scope": (
        _("The release would reach beyond the legal demand."),
        _("Ask for no data and no days that the demand does not name."),
    ),
    "demand_names_others": (
        _("The legal demand does not name %(customer)s, or not all of the accounts asked for."),
        _("Release only what belongs to customers and accounts that the demand names."),
    ),
    "demand_cohort": (
        _("A legal demand names its customers; it is no ground to choose them by a rule."),
        _("Release to the customers that the demand names, from its page."),
    ),
    "demand_over": (
        _("The legal demand behind this file does not stand any more: %(state)s."),
        _("Ask the provider what became of it."),
    ),
    "fields_missing": (
        _("None of the data asked for may be released here."),
        _("Choose data that the purpose needs and that this recipient may have."),
    ),
    "format_needs_usage": (
        _("A Green Button file contains usage and bills only, and none of the data is that."),
        _("Choose CSV or JSON Lines, or ask for usage."),
    ),
    "consent_missing": (
        _("%(customer)s has given no consent for %(recipient)s and “%(purpose)s”."),
        _("Record the customer's written consent first."),
    ),
    "consent_ended": (
        _("The consent of %(customer)s for %(recipient)s and “%(purpose)s” is not in force: %(reason)s"),
        _("A new consent of the customer is needed."),
    ),
    "guardian_missing": (
        _("%(customer)s is a minor without a verified guardian."),
        _("Link the guardian first: without a guardian's consent nothing of a minor is released."),
    ),
    "consent_fields": (
        _("The consent of %(customer)s covers none of the data asked for."),
        _("Ask for what the consent covers, or record a wider consent."),
    ),
    "consent_period": (
        _("The consent of %(customer)s covers data from %(first)s to %(last)s only."),
        _("Choose a period within it, or record a wider consent."),
    ),
    "consent_usage_points": (
        _("The consent of %(customer)s does not cover the meters asked for."),
        _("Choose meters that the consent covers, or record a wider consent."),
    ),
    "consents_ended": (
        _("%(count)s customers no longer agree to all that this file contains."),
        _("Make a new release of those who still do."),
    ),
    "consent_narrowed": (
        _("The consent of %(customer)s no longer covers all that this file contains."),
        _("Ask the provider for a new release of what the consent still covers."),
    ),
    "fetch_consent": (
        _("A customer's consent no longer covers what this file contains."),
        _("Ask the provider for a new release of what is still agreed to."),
    ),
    "fetch_stopped": (
        _("The provider has stopped releases to your organization."),
        _("Write to the address at the foot of this page to learn why."),
    ),
    "fetch_agreement": (
        _("Your organization's confidentiality agreement with the provider is not in force."),
        _("Send the provider a signed agreement."),
    ),
    "release_forgotten": (
        _("The release that gave the data is past its time and no longer on record."),
        _("Delete the value, or ask the provider for a new release."),
    ),
    "package_expired": (
        _("The file could be downloaded until %(day)s."),
        _("Ask the provider for a new release."),
    ),
    "package_used_up": (
        _("The file has been downloaded %(count)s times, which is as often as allowed."),
        _("Ask the provider for a new release."),
    ),
    "package_disposed": (
        _("The file was disposed of when its retention period ended."),
        _("Ask the provider for a new release."),
    ),
}
CODES = frozenset(_TEXTS)
_EXCLUSIONS: dict[str, Text] = {
    "account_missing": _("None of the accounts is theirs"),
    "consent_missing": _("Gave no consent"),
    "consent_ended": _("The consent is not in force"),
    "consent_fields": _("The consent covers none of the data"),
    "consent_period": _("The consent covers another period of the data"),
    "consent_usage_points": _("The consent covers other meters"),
}
"""What a customer lacked whom a release to many left out."""
_TO_RECIPIENTS = {
    "consent_missing": "fetch_consent",
    "consent_ended": "fetch_consent",
    "consent_narrowed": "fetch_consent",
    "guardian_missing": "fetch_consent",
    "consents_ended": "fetch_consent",
    "recipient_stopped": "fetch_stopped",
    "agreement_missing": "fetch_agreement",
}
"""What recipients read instead: a refusal tells them no customer's name, which the file may well leave out."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that is missing. `params` fill its words in; the code is stored, so that words can get better."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """Say what is missing, in the language of the page."""
        return str(_TEXTS[self.code][0]) % {name: _written(value) for name, value in self.params.items()}

    @property
    def action(self) -> str:
        """Say what to do about it."""
        return str(_TEXTS[self.code][1])

    def as_json(self) -> dict[str, Any]:
        """Return what a denial keeps."""
        return {"code": self.code, "params": {name: str(value) for name, value in self.params.items()}}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """Return the condition that a denial kept."""
        return cls(kept["code"], kept["params"])


def _written(value: object) -> str:
    """Write a day, kept as ISO 8601, as people do; anything else as it is."""
    try:
        return date_format(date.fromisoformat(str(value)), pgettext("date format as Django writes it", "j F Y"))
    except ValueError:
        return str(value)


def exclusion_label(code: str) -> str:
    """Say in words why a release to many left a customer out."""
    return str(_EXCLUSIONS[code])


def from_json(kept: Iterable[Mapping[str, Any]]) -> tuple[Condition, ...]:
    """Return the conditions that a denial or a refused delivery kept."""
    return tuple(Condition.from_json(entry) for entry in kept)


def for_recipient(missing: Iterable[Condition]) -> tuple[Condition, ...]:
    """Return the conditions in words for a recipient's users, each once: no customer's name, no inner reason."""
    told = (Condition(_TO_RECIPIENTS[each.code]) if each.code in _TO_RECIPIENTS else each for each in missing)
    return tuple({condition.code: condition for condition in told}.values())
