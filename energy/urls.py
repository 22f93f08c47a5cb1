from django.urls import path

from energy import views

app_name = "energy"
urlpatterns = [
    path("usage/", views.UsageView.as_view(), name="usage"),
    path("bills/", views.BillListView.as_view(), name="bills"),
    path("bills/<uuid:bill>/", views.BillDetailView.as_view(), name="bill_detail"),
    path("imports/", views.ImportListView.as_view(), name="import_list"),
    path("imports/new/", views.ImportCreateView.as_view(), name="import_create"),
    path("imports/<uuid:uuid>/", views.ImportDetailView.as_view(), name="import_detail"),
    path("customers/<uuid:uuid>/usage/", views.CustomerUsageView.as_view(), name="customer_usage"),
    path("customers/<uuid:uuid>/bills/", views.CustomerBillListView.as_view(), name="customer_bills"),
    path(
        "customers/<uuid:uuid>/bills/<uuid:bill>/", views.CustomerBillDetailView.as_view(), name="customer_bill_detail"
    ),
]
