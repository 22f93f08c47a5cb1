from django.urls import path

from consent.views import agreeing, cookies, desk, messages, offers, own, preferences, receipts, unsubscribe, visits
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
    path(
        "consents/<uuid:uuid>/narrow/",
        by_role(customer=own.ConsentNarrowView.as_view(), desk=desk.ConsentNarrowView.as_view()),
        name="narrow",
    ),
    path("consents/<uuid:uuid>/keep/", own.ConsentKeepView.as_view(), name="keep"),
    path(
        "consents/<uuid:uuid>/evidence/<int:number>/",
        by_role(customer=own.ConsentEvidenceView.as_view(), desk=desk.ConsentEvidenceView.as_view()),
        name="evidence",
    ),
    path("consents/<uuid:uuid>/signed/", agreeing.ConsentSignedView.as_view(), name="signed"),
    path(
        "consents/offers/",
        by_role(customer=agreeing.OfferListView.as_view(), desk=offers.DeskOfferListView.as_view()),
        name="offer_list",
    ),
    path("consents/offers/new/", offers.OfferCreateView.as_view(), name="offer_create"),
    path("consents/offers/<uuid:uuid>/", agreeing.OfferReviewView.as_view(), name="offer_review"),
    path("consents/offers/<uuid:uuid>/decline/", agreeing.OfferDeclineView.as_view(), name="offer_decline"),
    path("consents/offers/<uuid:uuid>/close/", offers.OfferCloseView.as_view(), name="offer_close"),
    path("consents/agreements/<uuid:uuid>/", agreeing.AgreementSignView.as_view(), name="agreement_sign"),
    path("receipts/", receipts.ReceiptListView.as_view(), name="receipt_list"),
    path(
        "receipts/<uuid:uuid>/",
        by_role(customer=receipts.ReceiptView.as_view(), desk=receipts.DeskReceiptView.as_view()),
        name="receipt",
    ),
    path(
        "receipts/<uuid:uuid>/receipt.<str:ending>",
        by_role(customer=receipts.ReceiptFileView.as_view(), desk=receipts.DeskReceiptFileView.as_view()),
        name="receipt_file",
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
