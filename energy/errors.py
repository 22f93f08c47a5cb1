from django.utils.translation import gettext_lazy as _


class EnergyError(Exception):
    """A rule about usage data was not met. Its text is for people and says what to do next."""


class ImportRefused(EnergyError):
    """A file was not taken in, and nothing of it is stored.

    `line` is the line of the file (1 where it is not known), `message` says what is wrong, `remedy` what to do next.
    """

    def __init__(self, message: object, *, remedy: object, line: int = 1) -> None:
        self.line = line
        self.message = str(message)
        self.remedy = str(remedy)
        place = f"{_('Line')} {line}: " if line > 1 else ""
        super().__init__(f"{place}{self.message} {self.remedy}")


class AsOfRefused(EnergyError):
    """Only an administrator or an operator judges a file by a day in the past."""

    def __init__(self) -> None:
        super().__init__(_("Only an administrator may import as of a past day. Import as of today, or ask one."))
