from django.utils.translation import gettext_lazy as _


class RetentionError(Exception):
    """A rule of retention was not met. Its text is for people and says what to do next."""


class NotAllowedError(RetentionError):
    """The actor has no right to do this."""

    def __init__(self, message: object = _("You do not have the right to do this. Ask an administrator.")) -> None:
        super().__init__(message)


class SecondPersonError(RetentionError):
    """Two people are needed, and this one is the first again."""

    def __init__(self) -> None:
        super().__init__(_("Another person must do this: whoever asked for it cannot also approve it."))


class ProposalError(RetentionError):
    """What is proposed makes no sense like this; the text says why."""


class DecidedError(ProposalError):
    """Somebody has approved or refused it already."""

    def __init__(self) -> None:
        super().__init__(_("This was decided before; there is nothing left to do."))


class HoldError(RetentionError):
    """A hold cannot be placed or released like this; the text says why."""


class RuleError(RetentionError):
    """A retention rule cannot be changed like this; the text says why."""


class PlanError(RetentionError):
    """A plan cannot be carried out like this; the text says what to do first."""


class LimitsExceededError(PlanError):
    """A plan would drop more than the administrators' limits let pass on one person's word; it waits for another."""


class RunError(RetentionError):
    """A run cannot be paused or resumed as it stands."""


class FutureDateError(RetentionError):
    """A purge as of a day that has not come would forget what is still inside its period."""

    def __init__(self) -> None:
        super().__init__(_("The day is in the future. Data inside its period is never purged: give today or earlier."))


class PlanEnlargedError(RetentionError):
    """More would be dropped than the run's plan says, so the run stops here; make a new plan."""


class PurgeBusyError(RetentionError):
    """Others kept a month in use for as long as the purge was willing to wait; that is no failed attempt at it."""


class LostHoldsError(RetentionError):
    """Legal holds that kept data are not in a restored database; purging again would drop what they kept."""

    def __init__(self, holds: list[str]) -> None:
        super().__init__(
            _(
                "The restored database lacks legal holds that kept data: %(holds)s. The certificates name them too. "
                "Place them again, then give the command with --despite-lost-holds."
            )
            % {"holds": ", ".join(holds)}
        )
