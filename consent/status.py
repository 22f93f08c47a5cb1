"""The states of a consent in words: what it is called and the sentence that says why."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from consent.models import ConsentVersion
from consent.states import StatusCode
from protection.clock import provider_zone

Kind = ConsentVersion.Kind


LABELS: dict[StatusCode, str | Promise] = {
    StatusCode.ACTIVE: pgettext_lazy("consent", "Running"),
    StatusCode.NOT_YET: _("Not begun"),
    StatusCode.EXPIRED: _("Expired"),
    StatusCode.WITHDRAWN: _("Withdrawn"),
    StatusCode.SUPERSEDED: _("Replaced"),
    StatusCode.NOTICE_OUTDATED: _("Form outdated"),
    StatusCode.ACCOUNT_CLOSED: _("Account closed"),
    StatusCode.AGREEMENT_ENDED: _("Agreement ended"),
    StatusCode.RECIPIENT_STOPPED: _("Organization stopped"),
    StatusCode.CAME_OF_AGE: _("Came of age"),
    StatusCode.GUARDIAN_MISSING: _("Guardian needed"),
    StatusCode.NONE: _("Never given"),
}
_TONES = {
    StatusCode.ACTIVE: "good",
    StatusCode.NOT_YET: "waiting",
    StatusCode.NOTICE_OUTDATED: "waiting",
    StatusCode.CAME_OF_AGE: "waiting",
    StatusCode.GUARDIAN_MISSING: "waiting",
    StatusCode.WITHDRAWN: "stopped",
    StatusCode.AGREEMENT_ENDED: "stopped",
    StatusCode.RECIPIENT_STOPPED: "stopped",
}
_CHANGEABLE = frozenset(
    {
        StatusCode.ACTIVE,
        StatusCode.NOT_YET,
        StatusCode.NOTICE_OUTDATED,
        StatusCode.AGREEMENT_ENDED,
        StatusCode.RECIPIENT_STOPPED,
        StatusCode.CAME_OF_AGE,
        StatusCode.GUARDIAN_MISSING,
    }
)


@dataclass(frozen=True, slots=True)
class Status:
    """A state and the sentence that says why; `label` and `tone` are for the page."""

    code: StatusCode
    reason: str

    @property
    def label(self) -> str:
        return str(LABELS[self.code])

    @property
    def tone(self) -> str:
        return _TONES.get(self.code, "neutral")

    @property
    def is_running(self) -> bool:
        """Say whether a release may lean on it."""
        return self.code == StatusCode.ACTIVE

    @property
    def can_change(self) -> bool:
        """Say whether there is something to narrow or withdraw."""
        return self.code in _CHANGEABLE


def described(code: StatusCode, version: ConsentVersion | None) -> Status:
    """Return a state of a version with its reason, in the language of the page."""
    if version is None:
        return Status(StatusCode.NONE, gettext("No consent was recorded."))
    return Status(code, _REASONS[code](version))


def superseded(version: ConsentVersion, by: ConsentVersion) -> Status:
    """Return the state of a version that another one took the place of."""
    text = gettext("It counted until %(day)s, when another version took its place.")
    return Status(StatusCode.SUPERSEDED, text % {"day": written(by.created_at)})


def written(value: date | datetime) -> str:
    """Write a day in full, in the language of the page; a moment becomes its day in the provider's zone."""
    day = value.astimezone(provider_zone()).date() if isinstance(value, datetime) else value
    return date_format(day, pgettext("date format as Django writes it", "j F Y"))


def _why_active(version: ConsentVersion) -> str:
    if version.permission_to is None:
        return gettext("It runs until it is withdrawn.")
    return gettext("It runs until %(day)s, unless it is withdrawn before.") % {"day": _last_day(version.permission_to)}


def _why_expired(version: ConsentVersion) -> str:
    if version.kind == Kind.EXPIRE or version.permission_to is None:
        return gettext("Its permission period has ended; nothing is released any more.")
    text = gettext("Its last day was %(day)s; nothing is released any more.")
    return text % {"day": _last_day(version.permission_to)}


def _why_not_yet(version: ConsentVersion) -> str:
    return gettext("It begins on %(day)s.") % {"day": written(version.permission_from or version.created_at)}


def _why_withdrawn(version: ConsentVersion) -> str:
    text = gettext("It was withdrawn on %(day)s; nothing is released any more.")
    return text % {"day": written(version.created_at)}


_REASONS: dict[StatusCode, Callable[[ConsentVersion], str]] = {
    StatusCode.ACTIVE: _why_active,
    StatusCode.EXPIRED: _why_expired,
    StatusCode.NOT_YET: _why_not_yet,
    StatusCode.WITHDRAWN: _why_withdrawn,
    StatusCode.NOTICE_OUTDATED: lambda version: gettext(
        "What the consent form says has changed so much that nothing is released until the customer agrees anew."
    ),
    StatusCode.ACCOUNT_CLOSED: lambda version: gettext(
        "The account that it was given for is closed; nothing is released any more."
    ),
    StatusCode.AGREEMENT_ENDED: lambda version: gettext(
        "The organization's confidentiality agreement with us has ended; nothing is released until there is a new one."
    ),
    StatusCode.RECIPIENT_STOPPED: lambda version: gettext(
        "We have stopped giving anything to this organization; nothing is released until we allow it again."
    ),
    StatusCode.CAME_OF_AGE: lambda version: gettext(
        "A guardian gave it, and the customer is of age now; nothing is released until the customer agrees in person."
    ),
    StatusCode.GUARDIAN_MISSING: lambda version: gettext(
        "The customer is a minor; nothing is released until a guardian whom we have verified agrees."
    ),
}


def _last_day(end: date) -> str:
    return written(end - timedelta(days=1))
