from energy.views.bills import BillDetailView, BillListView, CustomerBillDetailView, CustomerBillListView
from energy.views.usage import CustomerUsageView, UsageView

__all__ = [
    "BillDetailView",
    "BillListView",
    "CustomerBillDetailView",
    "CustomerBillListView",
    "CustomerUsageView",
    "UsageView",
]
