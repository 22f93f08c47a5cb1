from django.utils.translation import gettext_lazy as _

from accounts.models import STATEMENT_LENGTH

STATEMENT_WORDS = 300
"""The most words of a statement of disagreement."""


class RightsError(Exception):
    """A correction or a request cannot be taken as it is. Its text is for people and says what to do next."""

    message: object = ""

    def __init__(self, message: object = None) -> None:
        super().__init__(message or self.message)


class NotAllowedError(RightsError):
    """The actor has no right to file, withdraw, decide or answer this."""

    message = _("You do not have the right to do this for this customer.")


class CorrectionNotOfferedError(RightsError):
    """The field is one that a customer cannot correct."""

    message = _(
        "We cannot change this by a correction, because it follows from your contract or from the meter. "
        "Send us a request instead and say what is wrong."
    )


class CorrectionNotNeededError(RightsError):
    """The new value is the one already held."""

    message = _("This is what we already hold. Enter the value that is right, or leave the page.")


class CorrectionPendingError(RightsError):
    """Another correction of the same field waits for review."""

    message = _("A correction of this already waits for review. Withdraw it first if it was wrong.")


class ReasonMissingError(RightsError):
    """A correction is refused, or a request answered, only in words."""

    message = _("Say why, in at least ten characters. The customer will read it.")


class OwnCaseError(RightsError):
    """Whoever asked for a correction cannot also decide it."""

    message = _("You asked for this correction yourself. Somebody else at the provider must decide it.")


class AlreadyDecidedError(RightsError):
    """The correction or request is no longer open."""

    message = _("This was decided in the meantime. Open it again to see what became of it.")


class TextMissingError(RightsError):
    """A request says in words what is asked for."""

    message = _("Write what you ask for, so that we can answer it.")


class DisagreementNotOfferedError(RightsError):
    """A disagreement is stated with a value whose correction was refused, and with no other."""

    message = _("You can state that you disagree once we have refused a correction. Correct the value first.")


class DisagreementStandsError(RightsError):
    """Another statement of disagreement with the same value stands."""

    message = _("Your earlier statement about this value still stands. Withdraw it first, then write the new one.")


class StatementTooLongError(RightsError):
    """A statement of disagreement goes out with every release, and has to be short."""

    message = _("Say it in at most %(words)s words and %(letters)s characters.")

    def __init__(self) -> None:
        super().__init__(self.message % {"words": STATEMENT_WORDS, "letters": STATEMENT_LENGTH})


class StatementMissingError(RightsError):
    """A disagreement is stated in words."""

    message = _("Write why you disagree with the value.")
