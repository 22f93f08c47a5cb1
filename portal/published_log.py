"""The ledger's signed checkpoints for anybody, as C2SP tlog-checkpoint has it: keep one today, compare it tomorrow."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404

from ledger.models import Checkpoint, SealedEntry
from ledger.proofs import consistency_path
from ledger.proving import entry_line, prove_entries
from ledger.selectors import latest_checkpoint
from ledger.services import PROVIDER_TAG
from ledger.tree import read_nodes

_TEXT = "text/plain; charset=utf-8"


def checkpoint(request: HttpRequest) -> HttpResponse:
    """Hand out the newest checkpoint; 404 before the first sealing."""
    latest = latest_checkpoint()
    if latest is None:
        raise Http404
    return HttpResponse(latest.text, content_type=_TEXT, headers={"Cache-Control": "no-cache"})


def checkpoint_of_size(request: HttpRequest, size: int) -> HttpResponse:
    """Hand out the checkpoint over so many entries; 404 where none was signed at that size."""
    return HttpResponse(get_object_or_404(Checkpoint, size=size).text, content_type=_TEXT)


def consistency(request: HttpRequest, first: int, second: int) -> HttpResponse:
    """Hand out the proof that one checkpoint's tree begins another's (RFC 9162, section 2.1.4), in hexadecimal."""
    if not 0 < first <= second or Checkpoint.objects.filter(size__in={first, second}).count() < len({first, second}):
        raise Http404
    path = [node.hex() for node in consistency_path(first, second, read_nodes)]
    return JsonResponse({"first": first, "second": second, "path": path})


def inclusion(request: HttpRequest, entry: int) -> HttpResponse:
    """Hand out an entry, closed, with the proof that it is in the log; 404 for one of a customer's or not sealed yet.

    A certificate opens the entry that it names: together they show that the log commits to that certificate.
    """
    sealed = get_object_or_404(
        SealedEntry.objects.select_related("entry"), entry=entry, entry__subject_tag=PROVIDER_TAG
    )
    return JsonResponse({"line": entry_line(sealed), "proof": prove_entries([sealed.log_index]).as_json()})
