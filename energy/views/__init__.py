from energy.views.bills import BillDetailView, BillListView, CustomerBillDetailView, CustomerBillListView
from energy.views.imports import ImportCreateView, ImportDetailView, ImportListView
from energy.views.usage import CustomerUsageView, UsageView

__all__ = [
    "BillDetailView",
    "BillListView",
    "CustomerBillDetailView",
    "CustomerBillListView",
    "CustomerUsageView",
    "ImportCreateView",
    "ImportDetailView",
    "ImportListView",
    "UsageView",
]
