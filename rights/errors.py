from django.utils.translation import gettext_lazy as _


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
