"""Why a message was not sent, or must be sent by hand, as codes that rows keep and words that people read."""

from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Outcome(StrEnum):
    """What kept a message from leaving."""

    REFUSED = "refused"
    NO_ADDRESS = "no_address"
    CLOSED = "closed"
    SHUT_OUT = "shut_out"
    CHANGED_MIND = "changed_mind"
    NOT_REACHED = "not_reached"


LABELS: dict[str, str | Promise] = {
    Outcome.REFUSED: _("The customer does not want messages on this topic"),
    Outcome.NO_ADDRESS: _("There is no address for any way the customer approved"),
    Outcome.CLOSED: _("The customer's accounts are closed"),
    Outcome.SHUT_OUT: _("This person may no longer sign in"),
    Outcome.CHANGED_MIND: _("The customer no longer approves this way"),
    Outcome.NOT_REACHED: _("Staff could not reach the customer"),
}


def label_of(outcome: str) -> str:
    """Return the words for an outcome; a technical one, such as the mail server's, goes as it is."""
    return str(LABELS.get(outcome, outcome))
