"""Whether and how somebody may be written to: what they chose, what cannot be refused, which addresses there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings

from accounts.models import Channel, Customer, OutboxMessage, Recipient, User
from accounts.topics import TOPICS, Audience, Topic, topics_for
from consent.models import ContactChoice
from consent.outcomes import Outcome

Table = dict[str, list[Channel]]
"""The approved channels of every topic that customers are written to about."""

UNASKED = (Channel.EMAIL, Channel.POST)
"""How a customer who has chosen nothing gets what cannot be refused."""


@dataclass(frozen=True, slots=True)
class Route:
    """By which channel a message goes, to which address, in which language."""

    channel: Channel
    address: str
    language: str


class NoRouteError(Exception):
    """A message cannot go; `outcome` says why. `is_final`: it never will; else staff may mend the address."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome

    @property
    def is_final(self) -> bool:
        """Say whether the message is to be suppressed, not kept as failed."""
        return self.outcome != Outcome.NO_ADDRESS


def contact_topics() -> list[Topic]:
    """Return the topics that customers are written to about, in the order in which they read them."""
    return topics_for(Audience.CUSTOMER)


def last_choice(customer: Customer) -> ContactChoice | None:
    """Return what counts of a customer's choices; None before the first."""
    return ContactChoice.objects.filter(customer=customer).order_by("-number").first()


def table_of(choice: ContactChoice | None) -> Table:
    """Return a choice as a whole table; topics that came after it, or all before any, have their default.

    By default nothing is sent but what cannot be refused.
    """
    return {topic.code: _channels(topic, choice) for topic in contact_topics()}


def plain_table(channels: Mapping[str, Sequence[str]]) -> Table:
    """Return a table with every topic and each channel once, in order. Raises ValueError for an unknown name."""
    if unknown := channels.keys() - {topic.code for topic in contact_topics()}:
        raise ValueError(f"No topics of customers: {', '.join(sorted(unknown))}.")
    chosen = {code: {Channel(channel) for channel in approved} for code, approved in channels.items()}
    return {
        topic.code: [channel for channel in Channel if channel in chosen.get(topic.code, ())]
        for topic in contact_topics()
    }


def route_of(message: OutboxMessage) -> Route:
    """Return how a message goes by what holds now. Raises NoRouteError."""
    if message.customer is not None:
        return _route_to_customer(message.customer, TOPICS[message.topic])
    if message.user is not None:
        return _route_to_user(message.user)
    return _route_to_office(message.recipient)


def address_of(customer: Customer, channel: Channel) -> str:
    """Return where a channel reaches a customer, on one line; empty where it does not."""
    if channel == Channel.EMAIL:
        return customer.email
    if channel == Channel.POST:
        return ", ".join(postal_lines(customer))
    return customer.phone


def postal_lines(customer: Customer) -> list[str]:
    """Return the lines of a customer's mailing address below the name; none when street or city is missing."""
    if not (customer.mailing_street and customer.mailing_city):
        return []
    place = " ".join(part for part in (customer.mailing_region, customer.mailing_postal_code) if part)
    return [customer.mailing_street, ", ".join(part for part in (customer.mailing_city, place) if part)]


def _channels(topic: Topic, choice: ContactChoice | None) -> list[Channel]:
    if choice is not None and topic.code in choice.channels:
        return choice.channels_for(topic.code)
    return [] if topic.is_refusable else list(UNASKED)


def _route_to_customer(customer: Customer, topic: Topic) -> Route:
    if topic.is_refusable and customer.closed_at is not None:
        raise NoRouteError(Outcome.CLOSED)
    approved = _channels(topic, last_choice(customer))
    if not approved:
        raise NoRouteError(Outcome.REFUSED)
    for channel in approved:
        if address := address_of(customer, channel):
            return Route(channel, address, customer.language)
    raise NoRouteError(Outcome.NO_ADDRESS)


def _route_to_user(user: User) -> Route:
    if not user.is_active:
        raise NoRouteError(Outcome.SHUT_OUT)
    return Route(Channel.EMAIL, user.email, user.language)


def _route_to_office(recipient: Recipient | None) -> Route:
    address = recipient.email if recipient else settings.PROVIDER["email"]
    return Route(Channel.EMAIL, address, settings.LANGUAGE_CODE)
