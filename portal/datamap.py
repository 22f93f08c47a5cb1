from portal.models import SignOfLife
from protection.datamap import declare

declare(SignOfLife, retention_class="reference", not_personal=("id", "process", "machine", "at"))
