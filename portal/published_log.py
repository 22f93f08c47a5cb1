"""The ledger's signed checkpoints for anybody, as C2SP tlog-checkpoint has it: keep one today, compare it tomorrow."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404

from ledger.models import Checkpoint
from ledger.proofs import consistency_path
from ledger.selectors import latest_checkpoint
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
