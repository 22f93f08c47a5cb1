from django.utils.translation import gettext_lazy as _

from protection.datamap import DataClass, Personal, declare
from rights.models import CaseEvent, Correction, RightsRequest

RIGHTS = ("legal_obligation",)

declare(
    Correction,
    retention_class="rights_requests",
    not_personal=(
        "id",
        "uuid",
        "customer",
        "row_uuid",
        "field_id",
        "evidence_file",
        "requested_by",
        "due_on",
        "decided_at",
        "decided_by",
    ),
    personal={
        "old_value": Personal(
            "correction.old_value",
            DataClass.ACTIVITY,
            label=_("Value before a correction"),
            purposes=RIGHTS,
            sealed=True,
        ),
        "new_value": Personal(
            "correction.new_value", DataClass.ACTIVITY, label=_("Value of a correction"), purposes=RIGHTS, sealed=True
        ),
        "reason": Personal(
            "correction.reason", DataClass.ACTIVITY, label=_("Why a correction was asked for"), purposes=RIGHTS
        ),
        "status": Personal("correction.status", DataClass.ACTIVITY, label=_("State of a correction"), purposes=RIGHTS),
        "created_at": Personal(
            "correction.created_at", DataClass.ACTIVITY, label=_("When a correction was asked for"), purposes=RIGHTS
        ),
        "decision_reason": Personal(
            "correction.decision_reason", DataClass.ACTIVITY, label=_("Reason of the decision"), purposes=RIGHTS
        ),
    },
)
declare(
    RightsRequest,
    retention_class="rights_requests",
    not_personal=(
        "id",
        "uuid",
        "customer",
        "line_entry_id",
        "requested_by",
        "confirm_due_on",
        "due_on",
        "confirmed_at",
        "confirmed_by",
        "answered_at",
        "answered_by",
    ),
    personal={
        "kind": Personal("request.kind", DataClass.ACTIVITY, label=_("Kind of a request"), purposes=RIGHTS),
        "text": Personal("request.text", DataClass.ACTIVITY, label=_("What a request says"), purposes=RIGHTS),
        "status": Personal("request.status", DataClass.ACTIVITY, label=_("State of a request"), purposes=RIGHTS),
        "received_at": Personal(
            "request.received_at", DataClass.ACTIVITY, label=_("When a request came"), purposes=RIGHTS
        ),
        "answer": Personal("request.answer", DataClass.ACTIVITY, label=_("Answer to a request"), purposes=RIGHTS),
    },
)
declare(
    CaseEvent,
    retention_class="rights_requests",
    not_personal=("id", "uuid", "entry_id", "salt", "customer", "correction", "request", "user", "actor_kind"),
    personal={
        "evidence": Personal("case_event.evidence", DataClass.ACTIVITY, label=_("Proof of a step"), purposes=RIGHTS),
        "what": Personal("case_event.what", DataClass.ACTIVITY, label=_("Step of a case"), purposes=RIGHTS),
        "actor_name": Personal("case_event.actor_name", DataClass.ACTIVITY, label=_("Who took it"), purposes=RIGHTS),
        "created_at": Personal("case_event.created_at", DataClass.ACTIVITY, label=_("When it was"), purposes=RIGHTS),
    },
)
