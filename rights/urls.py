from django.urls import path

from rights.views import corrections, disputes, lines, my_data, queue, requests

app_name = "rights"
urlpatterns = [
    path("my-data/correct/<str:field_id>/", corrections.CorrectView.as_view(), name="correct"),
    path("my-data/reveal/<str:field_id>/", my_data.RevealView.as_view(), name="reveal"),
    path("my-data/corrections/<uuid:uuid>/undo/", corrections.CorrectionUndoView.as_view(), name="correction_undo"),
    path(
        "my-data/corrections/<uuid:uuid>/withdraw/",
        corrections.CorrectionWithdrawView.as_view(),
        name="correction_withdraw",
    ),
    path("my-data/corrections/<uuid:uuid>/disagree/", disputes.DisagreeView.as_view(), name="disagreement_create"),
    path(
        "my-data/disagreements/<uuid:uuid>/withdraw/",
        disputes.DisagreementWithdrawView.as_view(),
        name="disagreement_withdraw",
    ),
    path("requests/", requests.RequestListView.as_view(), name="request_list"),
    path("requests/new/", requests.RequestCreateView.as_view(), name="request_create"),
    path("requests/<uuid:uuid>/", requests.RequestDetailView.as_view(), name="request_detail"),
    path("requests/<uuid:uuid>/close/", requests.RequestCloseView.as_view(), name="request_close"),
    path("who-has-my-data/<int:entry>/ask/", lines.LineAskView.as_view(), name="line_ask"),
    path("queue/requests/<uuid:uuid>/stop/", lines.RecipientStopView.as_view(), name="recipient_stop"),
    path("queue/", queue.QueueView.as_view(), name="queue"),
    path("queue/corrections/<uuid:uuid>/", queue.CorrectionDecideView.as_view(), name="correction_decide"),
    path(
        "queue/corrections/<uuid:uuid>/evidence/",
        queue.CorrectionEvidenceView.as_view(),
        name="correction_evidence",
    ),
    path("queue/requests/<uuid:uuid>/", queue.RequestAnswerView.as_view(), name="request_answer"),
    path("queue/requests/<uuid:uuid>/confirm/", queue.RequestConfirmView.as_view(), name="request_confirm"),
    path("queue/conflicts/<uuid:uuid>/", queue.ConflictResolveView.as_view(), name="conflict_resolve"),
]
