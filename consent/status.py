"""What state a consent is in, and why: computed, never stored."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from consent.models import ConsentVersion
from protection.clock import provider_zone

Kind = ConsentVersion.Kind


class StatusCode(StrEnum):
    """The states of a consent."""

    ACTIVE = "active"
    NOT_YET = "not_yet"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    NONE = "none"


LABELS: dict[StatusCode, str | Promise] = {
    StatusCode.ACTIVE: pgettext_lazy("consent", "Running"),
    StatusCode.NOT_YET: _("Not begun"),
    StatusCode.EXPIRED: _("Expired"),
    StatusCode.WITHDRAWN: _("Withdrawn"),
    StatusCode.NONE: _("Never given"),
}
_TONES = {StatusCode.ACTIVE: "good", StatusCode.NOT_YET: "waiting", StatusCode.WITHDRAWN: "stopped"}


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
        return self.code in {StatusCode.ACTIVE, StatusCode.NOT_YET}


def status_after(version: ConsentVersion | None, day: date) -> Status:
    """Return the state on `day` of a consent whose last act is `version`."""
    if version is None:
        return Status(StatusCode.NONE, gettext("No consent was recorded."))
    if version.kind == Kind.WITHDRAW:
        return Status(
            StatusCode.WITHDRAWN,
            gettext("It was withdrawn on %(day)s; nothing is released any more.")
            % {"day": written(version.created_at)},
        )
    if version.kind == Kind.EXPIRE:
        return Status(StatusCode.EXPIRED, gettext("Its permission period has ended; nothing is released any more."))
    return _status_of_scope(version, day)


def written(value: date | datetime) -> str:
    """Write a day in full, in the language of the page; a moment becomes its day in the provider's zone."""
    day = value.astimezone(provider_zone()).date() if isinstance(value, datetime) else value
    return date_format(day, pgettext("date format as Django writes it", "j F Y"))


def _status_of_scope(version: ConsentVersion, day: date) -> Status:
    begins, ends = version.permission_from, version.permission_to
    if begins is not None and day < begins:
        return Status(StatusCode.NOT_YET, gettext("It begins on %(day)s.") % {"day": written(begins)})
    if ends is not None and day >= ends:
        last = written(ends - timedelta(days=1))
        return Status(
            StatusCode.EXPIRED, gettext("Its last day was %(day)s; nothing is released any more.") % {"day": last}
        )
    if ends is not None:
        last = written(ends - timedelta(days=1))
        return Status(
            StatusCode.ACTIVE, gettext("It runs until %(day)s, unless it is withdrawn before.") % {"day": last}
        )
    return Status(StatusCode.ACTIVE, gettext("It runs until it is withdrawn."))
