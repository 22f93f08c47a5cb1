"""What the purge disposes of here: cases, so many months after they were answered, with their evidence."""

from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce

from retention.disposal.files import FileStore
from retention.disposal.registry import need_identity, register
from retention.disposal.rowstores import RowStore
from rights.models import CaseEvent, Correction, RightsRequest

_WITHDRAWN = Subquery(
    CaseEvent.objects.filter(request=OuterRef("pk"), what=CaseEvent.What.WITHDRAWN)
    .order_by("-created_at")
    .values("created_at")[:1]
)
CORRECTIONS = RowStore(
    "rights_requests",
    Correction,
    Coalesce("decided_at", "created_at"),
    customer="customer",
    condition=~Q(status=Correction.Status.PENDING),
    with_rows=((CaseEvent, "correction"),),
    leaves_tombstone=True,
)
REQUESTS = RowStore(
    "rights_requests",
    RightsRequest,
    Case(When(status=RightsRequest.Status.CLOSED, then=_WITHDRAWN), default=F("answered_at")),
    customer="customer",
    condition=~Q(status=RightsRequest.Status.OPEN),
    with_rows=((CaseEvent, "request"),),
    leaves_tombstone=True,
)
register(CORRECTIONS, FileStore(CORRECTIONS, "evidence_file"), REQUESTS)
for case in (Correction, RightsRequest):
    need_identity(Q(Exists(case.objects.filter(customer=OuterRef("pk")))))
