"""The ledger for auditors: its entries in the order of writing, and each with what it says and its proof."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView, View

from accounts.models import Role
from accounts.permissions import BoundStaffRequired
from disclosures.history import HistoryFilter
from disclosures.services import note_search
from ledger.errors import NotProvableError
from ledger.models import Entry, SealedEntry, Witnessed
from ledger.opening import row_that_made
from ledger.proofs import inclusion_path
from ledger.proving import entry_line, prove_entries
from ledger.selectors import latest_checkpoint, oldest_unsealed, unsealed_count
from ledger.tree import read_nodes

PER_PAGE = 50


class LedgerReaderRequired(BoundStaffRequired):
    """For auditors and administrators whom a confidentiality agreement binds today."""

    roles = (Role.AUDITOR, Role.ADMINISTRATOR)


class EntryFilterForm(forms.Form):
    """Which entries are shown; `before` is where the page goes on."""

    kind = forms.RegexField(
        r"^[a-z_]+(\.[a-z_]+)*$",
        label=_("Kind"),
        help_text=_("As it begins, such as release or consent.granted."),
        max_length=60,
        required=False,
    )
    before = forms.IntegerField(min_value=1, required=False, widget=forms.HiddenInput)


class EntryListView(LedgerReaderRequired, TemplateView):
    """Show the entries, the newest first; a page begins at a number, since nobody counts a whole log for a page."""

    template_name = "ledger/entry_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = EntryFilterForm(self.request.GET)
        wanted = form.cleaned_data if form.is_valid() else {}
        entries = Entry.objects.select_related("sealed").order_by("-pk")
        if wanted.get("kind"):
            entries = entries.filter(kind__startswith=wanted["kind"])
        if wanted.get("before"):
            entries = entries.filter(pk__lt=wanted["before"])
        found = list(entries[: PER_PAGE + 1])
        return super().get_context_data(
            form=form,
            entries=found[:PER_PAGE],
            next_before=found[PER_PAGE - 1].pk if len(found) > PER_PAGE else None,
            checkpoint=latest_checkpoint(),
            unsealed=unsealed_count(),
            oldest_unsealed=oldest_unsealed(),
            **kwargs,
        )


class EntryMixin(LedgerReaderRequired):
    """For pages about one entry (`entry` in the URL); an unknown one is a 404."""

    kwargs: dict[str, Any]

    @cached_property
    def entry(self) -> Entry:
        """Return the entry the page is about."""
        return get_object_or_404(Entry.objects.select_related("sealed"), pk=self.kwargs["entry"])

    @property
    def sealed(self) -> SealedEntry | None:
        """Return its place in the log, None while it waits for the sealer."""
        return getattr(self.entry, "sealed", None)

    @cached_property
    def row(self) -> Witnessed | None:
        """Return the row that opens it."""
        return row_that_made(self.entry.pk)


class EntryDetailView(EntryMixin, TemplateView):
    """Show one entry: what it says, where it stands in the log, and the proof that it does. The look is recorded."""

    template_name = "ledger/entry_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        note_search(filters=HistoryFilter(), what=f"ledger entry {self.entry.pk}", by=self.actor)
        checkpoint, sealed = latest_checkpoint(), self.sealed
        path: list[str] = []
        if sealed is not None and checkpoint is not None and sealed.log_index < checkpoint.size:
            path = [node.hex() for node in inclusion_path(sealed.log_index, checkpoint.size, read_nodes)]
        return super().get_context_data(
            sealed=sealed,
            commitment=bytes(self.entry.commitment).hex(),
            leaf_hash=bytes(sealed.leaf_hash).hex() if sealed else "",
            evidence=bytes(self.row.evidence).decode() if self.row else "",
            checkpoint=checkpoint,
            path=path,
            **{**kwargs, "entry": self.entry},
        )


class EntryProofView(EntryMixin, View):
    """Hand out an entry, opened where it can be, with the proof that it is in the log; 409 while it is not sealed."""

    def get(self, request: HttpRequest, entry: int) -> HttpResponse:
        """Answer with what `ledger.verify` checks."""
        try:
            if self.sealed is None:
                raise NotProvableError
            proof = prove_entries([self.sealed.log_index]).as_json()
        except NotProvableError:
            return JsonResponse({"detail": "This entry is not sealed yet. Try again in a minute."}, status=409)
        line = entry_line(self.sealed, self.row)
        name = f'attachment; filename="ledger-entry-{entry}.json"'
        return JsonResponse({"line": line, "proof": proof}, headers={"Content-Disposition": name})
