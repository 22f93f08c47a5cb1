from django.urls import path

from consent.views import cookies, desk, messages, own, preferences, unsubscribe, visits
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
    path("settings/messages/", preferences.ContactChoiceView.as_view(), name="preferences"),
    path("customers/<uuid:uuid>/messages/", preferences.ContactRecordView.as_view(), name="contact_record"),
    path("unsubscribe/<str:token>/", unsubscribe.UnsubscribeView.as_view(), name="unsubscribe"),
    path("cookies/", cookies.CookieView.as_view(), name="cookies"),
    path(".well-known/gpc.json", cookies.gpc, name="gpc"),
    path("messages/", messages.MessageListView.as_view(), name="message_list"),
    path("messages/<uuid:uuid>/", messages.MessageDetailView.as_view(), name="message_detail"),
    path("messages/<uuid:uuid>/open/", messages.MessageOpenView.as_view(), name="message_open"),
    path("messages/<uuid:uuid>/settle/", messages.MessageSettleView.as_view(), name="message_settle"),
    path("messages/<uuid:uuid>/retry/", messages.MessageRetryView.as_view(), name="message_retry"),
    path("visits/", visits.VisitListView.as_view(), name="visits"),
]
