from portal.models import ControlRun, SignOfLife
from protection.datamap import declare

declare(SignOfLife, retention_class="reference", not_personal=("id", "process", "machine", "at"))
declare(ControlRun, retention_class="reference", not_personal=("id", "code", "ran_at", "found"))
