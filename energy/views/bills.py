from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.views.generic import ListView, TemplateView

from energy.models import Bill, UsagePoint
from energy.selectors import bills_of
from energy.views.accounts import AccountPage, OpenedAccounts, OwnAccounts


class BillListPage(AccountPage, ListView):  # type: ignore[type-arg]
    """The bills of one account, the newest first."""

    paginate_by = 24

    def get_queryset(self) -> QuerySet[Bill]:
        return bills_of(self.account) if self.account else Bill.objects.none()


class BillPage(AccountPage):
    """One bill with its lines."""

    kwargs: dict[str, Any]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        bill = get_object_or_404(Bill, account__in=self.accounts, uuid=self.kwargs["bill"])
        account = next(account for account in self.accounts if account.pk == bill.account_id)
        point = UsagePoint.objects.filter(pk=bill.usage_point_id or 0).first()
        return super().get_context_data(**kwargs) | {"bill": bill, "account": account, "usage_point": point}


class BillListView(OwnAccounts, BillListPage):
    """A customer's own bills."""

    template_name = "energy/bill_list.html"


class BillDetailView(OwnAccounts, BillPage, TemplateView):
    """One of a customer's own bills."""

    template_name = "energy/bill_detail.html"


class CustomerBillListView(OpenedAccounts, BillListPage):
    """The bills of a customer whom staff have opened."""

    template_name = "energy/customer_bill_list.html"


class CustomerBillDetailView(OpenedAccounts, BillPage, TemplateView):
    """A bill of a customer whom staff have opened."""

    template_name = "energy/customer_bill_detail.html"
