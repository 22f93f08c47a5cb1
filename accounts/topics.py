"""What messages are about. A topic says to whom it is written and whether a customer may refuse it."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Audience(StrEnum):
    """To whom a message is addressed: a customer, a user, a recipient organization, the provider's privacy contact."""

    CUSTOMER = "customer"
    USER = "user"
    RECIPIENT = "recipient"
    PROVIDER = "provider"


@dataclass(frozen=True, slots=True)
class Topic:
    """A kind of message. `is_service`: it is about the service itself, not advertising.

    What may be refused is sent only to a customer who chose it; what may not is sent without being asked for, so it
    must be service.
    """

    code: str
    label: str | Promise
    meaning: str | Promise
    audiences: frozenset[Audience]
    is_refusable: bool = True
    is_service: bool = True

    def __post_init__(self) -> None:
        """Refuse a topic that would be advertising nobody can refuse."""
        if not (self.is_refusable or self.is_service):
            raise ValueError(f"{self.code}: what is no service can be refused.")


SECURITY = "security"
AGREEMENTS = "agreements"
NOTICES = "notices"
REQUESTS = "requests"
DEMANDS = "legal_demands"
BREACHES = "breaches"
USAGE_REPORTS = "usage_reports"
PROGRAMS = "programs"
NEWSLETTER = "newsletter"
SURVEYS = "surveys"
PROVIDER_ALERTS = "provider_alerts"
PROVIDER_REMINDERS = "provider_reminders"

_CUSTOMERS = frozenset({Audience.CUSTOMER})
_PEOPLE = frozenset({Audience.CUSTOMER, Audience.USER})
_PROVIDER = frozenset({Audience.USER, Audience.PROVIDER})

TOPICS: dict[str, Topic] = {
    topic.code: topic
    for topic in (
        Topic(
            SECURITY,
            _("Sign-in and security"),
            _("When somebody signs in anew, or a password, an e-mail address or a second factor changes."),
            _PEOPLE,
            is_refusable=False,
        ),
        Topic(
            AGREEMENTS,
            _("Your agreements to share data"),
            _("Receipts of what you agreed to, changed or ended, and a reminder once a year."),
            frozenset({Audience.CUSTOMER, Audience.USER, Audience.RECIPIENT}),
            is_refusable=False,
        ),
        Topic(
            NOTICES,
            _("Our privacy notice"),
            _("The notice itself, and what changes in it."),
            _CUSTOMERS,
            is_refusable=False,
        ),
        Topic(
            REQUESTS,
            _("Answers to your requests"),
            _("That your request or correction has come, and what became of it."),
            _PEOPLE,
            is_refusable=False,
        ),
        Topic(
            DEMANDS,
            _("Legal demands for your data"),
            _("When a court or an authority demands your data, and how you can contest it."),
            _CUSTOMERS,
            is_refusable=False,
        ),
        Topic(
            BREACHES,
            _("Incidents with your data"),
            _("When your data got into wrong hands: what happened, and what you can do."),
            _CUSTOMERS,
            is_refusable=False,
        ),
        Topic(USAGE_REPORTS, _("Your energy use"), _("Regular reports on how much energy you use."), _CUSTOMERS),
        Topic(
            PROGRAMS,
            _("Programs and offers"),
            _("Rebates, rates and programs that you could join."),
            _CUSTOMERS,
            is_service=False,
        ),
        Topic(NEWSLETTER, _("Newsletter"), _("News from us, a few times a year."), _CUSTOMERS, is_service=False),
        Topic(SURVEYS, _("Surveys"), _("Questions about how content you are with us."), _CUSTOMERS, is_service=False),
        Topic(
            PROVIDER_ALERTS,
            _("Alerts"),
            _("What the provider's own people must look at now."),
            _PROVIDER,
            is_refusable=False,
        ),
        Topic(
            PROVIDER_REMINDERS,
            _("Reminders"),
            _("What the provider's own people have to review or renew."),
            _PROVIDER,
            is_refusable=False,
        ),
    )
}
"""Every topic by its code, in the order in which people read them."""


def topics_for(audience: Audience) -> list[Topic]:
    """Return the topics on which an audience is written to."""
    return [topic for topic in TOPICS.values() if audience in topic.audiences]
