from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _


class AccountsError(Exception):
    """A rule about people and agreements was not met. Its text is for people and says what to do next."""


class NotAllowedError(AccountsError):
    """The actor has no right to do this."""

    def __init__(self, message: object = _("You do not have the right to do this. Ask an administrator.")) -> None:
        super().__init__(message)


class ReasonMissingError(AccountsError):
    """Personal data is opened only for a stated reason, and a recipient stopped only for one."""

    def __init__(
        self, message: object = _("State why you need to see this customer's data, in at least ten characters.")
    ) -> None:
        super().__init__(message)


class AgreementMissingError(NotAllowedError):
    """No confidentiality agreement binds this person today, so that no customer's data may be opened."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "You have no confidentiality agreement in force, so that you cannot open customers' data. "
                "Ask an administrator to record yours under People and agreements."
            )
        )


class AgreementOverlapError(AccountsError):
    """The same agreement was recorded before."""

    def __init__(self) -> None:
        super().__init__(_("This agreement is already recorded. Check its dates in the list."))


class ConflictResolvedError(AccountsError):
    """Somebody decided this conflict already."""

    def __init__(self) -> None:
        super().__init__(_("This was decided in the meantime. Go back to the queue."))


class ProofError(AccountsError):
    """What should prove a guardian's or an agent's right does not; `field` names the input, the text says why."""

    def __init__(self, field: str, text: object) -> None:
        super().__init__(text)
        self.field = field


class FieldValueError(AccountsError):
    """A personal field cannot take this value; the text says why."""


class UnknownScopeError(AccountsError):
    """A client of the API was to have no scope, or one that there is not."""

    def __init__(self, *, unknown: Iterable[str], known: Iterable[str]) -> None:
        given = ", ".join(sorted(unknown)) or _("none")
        super().__init__(
            _("Choose from the scopes that there are: %(known)s. Not among them: %(given)s.")
            % {"known": ", ".join(sorted(known)), "given": given}
        )


class ClientOwnerError(AccountsError):
    """This person cannot answer for a client of the API with these scopes."""

    def __init__(self, owner: object) -> None:
        super().__init__(
            _(
                "%(owner)s cannot own this client. Its owner must be one of the provider's people who may sign in, "
                "with a confidentiality agreement in force, and staff or an administrator if the client is to write."
            )
            % {"owner": owner}
        )


class OverError(AccountsError):
    """Somebody did this already, or it is too early for it; the text says which."""


class EndingError(AccountsError):
    """An agreement cannot end on this day."""

    def __init__(self) -> None:
        super().__init__(
            _("Choose today or a later day that comes after the agreement's first and before its present end.")
        )


class SecondPersonError(AccountsError):
    """Who did one half of this cannot do the other."""

    def __init__(self) -> None:
        super().__init__(_("You stopped it, so that another administrator must allow it again. Ask a colleague."))


class PersonError(AccountsError):
    """Somebody cannot be added or changed in this way; the text says why."""
