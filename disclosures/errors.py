from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from disclosures.conditions import Condition
    from disclosures.models import Delivery, ReleaseDenial


class DisclosureError(Exception):
    """A rule of the gate was not met. Its text is for people and says what to do next."""


class NotAllowedError(DisclosureError):
    """The actor has no right to do this."""

    def __init__(self) -> None:
        super().__init__(_("You may not do this. Open the customer with a reason first, or ask an administrator."))


class ReleaseDenied(DisclosureError):
    """The gate refused a release. `denial` is kept, with every missing condition."""

    def __init__(self, denial: "ReleaseDenial") -> None:
        super().__init__(_("The release was refused. Each missing condition says what to do."))
        self.denial = denial


class RequestReusedError(DisclosureError):
    """The same request id came with another content."""

    def __init__(self) -> None:
        super().__init__(_("This form was already sent with other content. Open the form again and send it once."))


class DecisionReasonMissingError(DisclosureError):
    """A release was rejected without words."""

    def __init__(self) -> None:
        super().__init__(_("State in at least ten characters why you reject the release."))


class ProposalUnneededError(DisclosureError):
    """A release that one person may make was proposed to two."""

    def __init__(self) -> None:
        super().__init__(_("This release takes no second person. Make it on the customer's own page."))


class ProposalRefused(DisclosureError):
    """What was proposed lacks something already now. `missing` says what."""

    def __init__(self, missing: "tuple[Condition, ...]") -> None:
        super().__init__(_("The release would be refused. Each missing condition says what to do."))
        self.missing = missing


class DeliveryRefused(DisclosureError):
    """A download was refused. `delivery` is kept, with every reason."""

    def __init__(self, delivery: "Delivery") -> None:
        super().__init__(_("This file cannot be downloaded any more. The reasons say why."))
        self.delivery = delivery


class PackageNotReadyError(DisclosureError):
    """A package has no file yet, or never will."""

    def __init__(self) -> None:
        super().__init__(_("The file is not ready. Wait until it has been built, then download it."))


class ExportError(DisclosureError):
    """An export of the history cannot be made; the text says what to do."""


class AccountUnknownError(ExportError):
    """There is no account of this number."""

    def __init__(self, number: str) -> None:
        text = _("There is no account %(number)s. Enter the number as on the bill.")
        super().__init__(text % {"number": number})


class ExportGoneError(ExportError):
    """The archive of an export is not there yet, or not any more."""

    def __init__(self) -> None:
        super().__init__(_("There is no archive: it is not built yet, or its time is over. Make a new export."))


class FolderNotEmptyError(ExportError):
    """An export is written only into a new or empty folder, so that it contains nothing else."""

    def __init__(self, folder: Path) -> None:
        text = _("%(folder)s is not an empty folder. Name a new one.")
        super().__init__(text % {"folder": folder})


class SearchNameTakenError(DisclosureError):
    """The auditor keeps a search of this name already."""

    def __init__(self) -> None:
        super().__init__(_("You have a search of this name. Choose another name."))


class PeriodError(ExportError):
    """The period of an export runs backwards."""

    def __init__(self) -> None:
        super().__init__(_("The last day comes before the first. Enter the earlier day as the first."))


class ReasonMissingError(ExportError):
    """An export is made for a stated reason."""

    def __init__(self) -> None:
        super().__init__(_("State in at least ten characters what the export is for."))


class BasisPackError(DisclosureError):
    """Legal bases cannot be loaded as asked."""

    @classmethod
    def unknown(cls, name: str, known: Iterable[str]) -> "BasisPackError":
        """Return the error for a pack that there is not."""
        return cls(
            _("There is no pack of legal bases called %(name)s. Choose from: %(known)s.")
            % {"name": name, "known": ", ".join(known)}
        )

    @classmethod
    def differs(cls, code: str) -> "BasisPackError":
        """Return the error for one code with two demands."""
        return cls(
            _("The legal basis %(code)s is known with other demands. Give the new one a code of its own.")
            % {"code": code}
        )

    @classmethod
    def none(cls) -> "BasisPackError":
        """Return the error for a provider without any jurisdiction."""
        return cls(_("Name at least one pack of legal bases in RESGUARDO_JURISDICTIONS."))


class MergerError(DisclosureError):
    """Customers cannot be told of a merger, sale or financing in this way; the text says why."""


class DemandError(DisclosureError):
    """A step of a legal demand cannot be taken; the text says what to do."""


class BreachError(DisclosureError):
    """A step about a breach cannot be taken; the text says what to do."""


class FeedError(DisclosureError):
    """A step about a standing feed cannot be taken; the text says what to do."""
