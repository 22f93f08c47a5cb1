from django.utils.translation import gettext_lazy as _


class AccountsError(Exception):
    """A rule about people and agreements was not met. Its text is for people and says what to do next."""


class NotAllowedError(AccountsError):
    """The actor has no right to do this."""

    def __init__(self, message: object = _("You do not have the right to do this. Ask an administrator.")) -> None:
        super().__init__(message)


class ReasonMissingError(AccountsError):
    """Personal data is opened only for a stated reason."""

    def __init__(self) -> None:
        super().__init__(_("State why you need to see this customer's data, in at least ten characters."))


class FieldValueError(AccountsError):
    """A personal field cannot take this value; the text says why."""
