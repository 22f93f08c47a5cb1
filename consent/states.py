"""The state of a consent: defined once, in SQL, by the function `consent_states` (migrations 0005, 0013).

Lists, the gate, the trigger that judges releases and the words on pages all ask it. A state belongs to one version on
one day: whatever ends a consent without an act of its own (a closed account, a newer form, a stopped organization, an
agreement that ran out, a birthday) is computed when it is asked for, and never stored.
"""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum

from django.db.models import CharField, F, Func, Value
from django.db.models.expressions import RawSQL


class StatusCode(StrEnum):
    """The states of a consent. All but NONE and SUPERSEDED are the words of `consent_states`."""

    ACTIVE = "active"
    NOT_YET = "not_yet"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"
    NOTICE_OUTDATED = "notice_outdated"
    ACCOUNT_CLOSED = "account_closed"
    AGREEMENT_ENDED = "agreement_ended"
    RECIPIENT_STOPPED = "recipient_stopped"
    CAME_OF_AGE = "came_of_age"
    GUARDIAN_MISSING = "guardian_missing"
    NONE = "none"


ENDS_ITSELF = (StatusCode.EXPIRED, StatusCode.ACCOUNT_CLOSED)
"""The states from which a consent does not come back: the portal records them as its end."""

RECIPIENTS_OWN = (StatusCode.RECIPIENT_STOPPED, StatusCode.AGREEMENT_ENDED)
"""The states that come from the organization and not from the consent; the gate names them by itself."""


def state_of(version: str, day: date) -> Func:
    """Return the expression for the state on `day` of the version that a column names; NULL where there is none."""
    return Func(F(version), Value(day), function="consent_state", output_field=CharField())


def versions_in_state(codes: Iterable[str], day: date) -> RawSQL:
    """Return the subquery of the versions that are in one of `codes` on `day`, worked out for all of them at once."""
    sql = "SELECT version_id FROM consent_states(%s) WHERE state = ANY (%s)"
    return RawSQL(sql, [day, [str(code) for code in codes]])  # noqa: S611 (both are parameters)
