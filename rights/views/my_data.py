from typing import Any

from allauth.account.decorators import reauthentication_required
from django.http import Http404
from django.urls import NoReverseMatch, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic import TemplateView

from accounts.selectors import accounts_of, members_on, openings_of, reveals_of
from accounts.services import reveal_value
from protection import datamap
from retention.models import LegalHold
from retention.schedule import label_of
from retention.selectors import told_holds
from rights.holdings import RecordKind, holdings_of_each, records_of
from rights.views.subjects import SubjectMixin

PAGES = {
    "energy.DayReading": "energy:usage",
    "energy.Bill": "energy:bills",
    "consent.Consent": "consent:list",
    "consent.ConsentVersion": "consent:list",
    "disclosures.ReleaseLine": "disclosures:history",
    "accounts.Dispute": "accounts:my_data",
    "rights.Correction": "rights:request_list",
    "rights.RightsRequest": "rights:request_list",
    "usersessions.UserSession": "usersessions_list",
    "mfa.Authenticator": "mfa_index",
    "account.EmailAddress": "account_email",
}
"""Where the rows of a kind of record can be read one by one."""

LOOKS_SHOWN = 20


class MyDataView(SubjectMixin, TemplateView):
    """Show a customer everything that is held about them, what it is for and where it came from (promise W2)."""

    template_name = "rights/my_data.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        if self.customer is None:
            return context
        accounts = [account for account in accounts_of(self.user) if account.customer_id == self.customer.pk]
        groups = holdings_of_each([self.customer, *accounts])
        return {
            "groups": groups[self.customer.uuid],
            "accounts": [(account, groups[account.uuid]) for account in accounts],
            "members": members_on(self.customer),
            "records": [(kind, _page_of(kind)) for kind in self._records()],
            "holds": [(hold, _what(hold)) for hold in told_holds(self.customer)],
            "looks": openings_of(self.customer)[:LOOKS_SHOWN],
            "reveals": reveals_of(self.customer)[:LOOKS_SHOWN],
            **context,
        }

    def _records(self) -> tuple[RecordKind, ...]:
        return records_of(self.customer, self.user) if self.customer else ()


@method_decorator([never_cache, reauthentication_required], name="dispatch")
class RevealView(SubjectMixin, TemplateView):
    """Show one sealed value in full, after signing in again; each time is logged."""

    template_name = "rights/reveal.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = self.own_row(self.request.GET.get("row", ""))
        try:
            declaration = datamap.field_by_id(self.kwargs["field_id"])
        except KeyError as error:
            raise Http404 from error
        if not declaration.personal.sealed or not isinstance(row, declaration.model):
            raise Http404
        value = reveal_value(row=row, field_id=declaration.id, by=self.actor)
        return {"label": declaration.label, "value": value, **super().get_context_data(**kwargs)}


def _page_of(kind: RecordKind) -> str:
    """Return the address where a kind of record is read, empty where this installation has none."""
    try:
        return reverse(PAGES[kind.model])
    except (KeyError, NoReverseMatch):
        return ""


def _what(hold: LegalHold) -> str:
    return ", ".join(label_of(code) for code in hold.retention_classes)
