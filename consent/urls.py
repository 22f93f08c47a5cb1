from django.urls import path

from consent.views import desk, own
from consent.views.roles import by_role

app_name = "consent"
urlpatterns = [
    path(
        "consents/",
        by_role(customer=own.ConsentListView.as_view(), desk=desk.ConsentListView.as_view()),
        name="list",
    ),
    path(
        "consents/<uuid:uuid>/",
        by_role(customer=own.ConsentDetailView.as_view(), desk=desk.ConsentDetailView.as_view()),
        name="detail",
    ),
    path(
        "consents/<uuid:uuid>/withdraw/",
        by_role(customer=own.ConsentWithdrawView.as_view(), desk=desk.ConsentWithdrawView.as_view()),
        name="withdraw",
    ),
    path("consents/<uuid:uuid>/narrow/", own.ConsentNarrowView.as_view(), name="narrow"),
    path(
        "consents/<uuid:uuid>/evidence/<int:number>/",
        by_role(customer=own.ConsentEvidenceView.as_view(), desk=desk.ConsentEvidenceView.as_view()),
        name="evidence",
    ),
    path("customers/<uuid:uuid>/consents/new/", desk.ConsentCreateView.as_view(), name="create"),
]
