"""What the purge disposes of here: cases, so many months after they were answered, with their evidence.

A statement of disagreement goes so many months after it was withdrawn, or after its customer's last account was closed:
until then the value may be released, and the statement with it.
"""

from django.db.models import Case, Exists, F, Max, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce

from accounts.models import Account, Dispute, DisputeWithdrawal
from protection.days import start_of
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
_ACCOUNTS = Account.objects.filter(customer=OuterRef("customer"))
_LEFT = Case(
    When(Exists(_ACCOUNTS.filter(closed_on__isnull=True)), then=None),
    default=start_of(Subquery(_ACCOUNTS.order_by().values("customer").annotate(last=Max("closed_on")).values("last"))),
)
DISPUTES = RowStore(
    "rights_requests",
    Dispute,
    Coalesce("withdrawal__created_at", _LEFT),
    customer="customer",
    with_rows=((DisputeWithdrawal, "dispute"),),
    leaves_tombstone=True,
)
register(CORRECTIONS, FileStore(CORRECTIONS, "evidence_file"), REQUESTS, DISPUTES)
for case in (Correction, RightsRequest, Dispute):
    need_identity(Q(Exists(case.objects.filter(customer=OuterRef("pk")))))
