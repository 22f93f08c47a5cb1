import logging

from django.db import OperationalError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from portal.controls.catalogue import CONTROLS
from portal.controls.findings import Control
from portal.models import ControlRun
from protection.rowsecurity import provider_rows
from retention import incidents
from retention.services import raise_alert, resolve_alert

logger = logging.getLogger(__name__)


def run_controls() -> dict[str, int | None]:
    """Run every control, keep what it counted, and open or end the incident of each; return the counts.

    None: a control could not be asked, which is an incident, too. Harmless to repeat.
    """
    return {code: _run(control) for code, control in CONTROLS.items()}


def _run(control: Control) -> int | None:
    found: int | None
    try:
        with provider_rows(), transaction.atomic():
            found = control.count()
    except OperationalError:
        logger.exception("The control %s cannot be asked.", control.code)
        found = None
    with provider_rows():
        ControlRun.objects.create(code=control.code, found=found)
        if found == 0:
            resolve_alert(kind=incidents.CONTROL_FAILED, subject=control.code)
        else:
            raise_alert(kind=incidents.CONTROL_FAILED, subject=control.code, text=_sentence(control, found))
    return found


def _sentence(control: Control, found: int | None) -> str:
    with override("en"):
        if found is None:
            return _("%(name)s: the control could not be asked.") % {"name": control.title}
        return _("%(name)s: the control found %(found)d.") % {"name": control.title, "found": found}
