import logging
from datetime import timedelta

from portal.watch.conditions import conditions, is_over
from portal.watch.figures import read_figures
from portal.watch.signs import awake_for, forget_signs
from portal.watch.telling import tell_incidents
from protection.rowsecurity import provider_rows
from retention.models import Incident
from retention.services import raise_alert, resolve_alert

logger = logging.getLogger(__name__)


def keep_watch(*, awake: timedelta | None = None, tell_after: timedelta = timedelta()) -> int:
    """Open and end incidents by what holds now, and tell people; return how many are open.

    Any process may call it, at any time: of those who notice the same, one opens and one tells. `awake` is how long
    this process has run, by its own account where it is not given. `tell_after` leaves the telling to others for that
    long.
    """
    with provider_rows():
        awake = awake_for() if awake is None else awake
        figures = read_figures()
        found = {(one.kind, one.subject[:200]): one.text for one in conditions(figures, awake_for=awake)}
        for (kind, subject), text in found.items():
            if raise_alert(kind=kind, subject=subject, text=text):
                logger.error("Incident, %s: %s", kind, text)
        for incident in Incident.objects.open().order_by("pk"):
            if (incident.kind, incident.subject) not in found and is_over(incident, figures, awake_for=awake):
                resolve_alert(kind=incident.kind, subject=incident.subject)
        forget_signs()
        still_open = Incident.objects.open().count()
    tell_incidents(after=tell_after)
    return still_open
