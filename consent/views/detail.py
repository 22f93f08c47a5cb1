"""What the pages about one consent share, whoever looks at them."""

from typing import Any

from django.http import FileResponse, Http404

from consent.models import Consent, ConsentVersion
from consent.selectors import consent_history, status_of, waiting_reminder
from consent.wording import field_groups, history, meter_names, timeline
from ledger.models import Entry
from protection.files import open_file


def page_of(consent: Consent) -> dict[str, Any]:
    """Return what a page says of a consent: state, scope, history, signed forms, entries of the ledger."""
    versions = list(consent_history(consent))
    scope, status = consent.scope_version, status_of(consent)
    return {
        "status": status,
        "timeline": timeline(versions, status),
        "reminder": waiting_reminder(consent),
        "scope": scope,
        "field_groups": field_groups(scope.field_ids if scope else []),
        "meters": meter_names(scope.usage_point_ids if scope else []),
        "acts": history(versions),
        "notice_text": next((version.notice_text for version in versions if version.notice_text), None),
        "proofs": _proofs(versions),
    }


def evidence_response(consent: Consent, number: int) -> FileResponse:
    """Return the signed form of one version as a download; 404 where there is none or it was disposed of."""
    version = consent.versions.select_related("evidence_file").filter(number=number).first()
    sealed = version.evidence_file if version else None
    if sealed is None or sealed.destroyed_at is not None:
        raise Http404
    response = FileResponse(
        open_file(sealed), as_attachment=True, filename=sealed.name, content_type=sealed.content_type
    )
    response["Cache-Control"] = "no-store"
    return response


def _proofs(versions: list[ConsentVersion]) -> list[dict[str, Any]]:
    """Return each version with the commitment that the ledger keeps of it."""
    entries = Entry.objects.in_bulk([version.entry_id for version in versions])
    return [
        {"version": version, "commitment": bytes(entries[version.entry_id].commitment).hex()}
        for version in versions
        if version.entry_id in entries
    ]
