from django.urls import path

from retention.views import certificates, holds, limits, plans, purges, rules, runs

app_name = "retention"
urlpatterns = [
    path("retention/", purges.OverviewView.as_view(), name="overview"),
    path("retention/plans/", plans.PlanListView.as_view(), name="plan_list"),
    path("retention/plans/new/", plans.PlanCreateView.as_view(), name="plan_create"),
    path("retention/plans/<uuid:uuid>/", plans.PlanDetailView.as_view(), name="plan_detail"),
    path("retention/plans/<uuid:uuid>/decide/", plans.PlanDecideView.as_view(), name="plan_decide"),
    path("retention/runs/", runs.RunListView.as_view(), name="run_list"),
    path("retention/runs/<uuid:uuid>/", runs.RunDetailView.as_view(), name="run_detail"),
    path("retention/runs/<uuid:uuid>/order/", runs.RunOrderView.as_view(), name="run_order"),
    path("retention/limits/", limits.LimitsView.as_view(), name="limits"),
    path("retention/limits/<uuid:uuid>/decide/", limits.LimitsDecideView.as_view(), name="limits_decide"),
    path("retention/certificates/<uuid:uuid>/", certificates.CertificateView.as_view(), name="certificate"),
    path(
        "retention/certificates/<uuid:uuid>/download/",
        certificates.CertificateDownloadView.as_view(),
        name="certificate_download",
    ),
    path(
        "retention/certificates/<uuid:uuid>/paper/",
        certificates.CertificatePaperView.as_view(),
        name="certificate_paper",
    ),
    path("retention/holds/", holds.HoldListView.as_view(), name="hold_list"),
    path("retention/holds/new/", holds.HoldCreateView.as_view(), name="hold_create"),
    path("retention/holds/<uuid:uuid>/", holds.HoldDetailView.as_view(), name="hold_detail"),
    path("retention/holds/<uuid:uuid>/review/", holds.HoldReviewView.as_view(), name="hold_review"),
    path("retention/holds/<uuid:uuid>/release/", holds.HoldReleaseView.as_view(), name="hold_release"),
    path("retention/releases/<uuid:uuid>/decide/", holds.ReleaseDecideView.as_view(), name="release_decide"),
    path("retention/classes/<str:retention_class>/", rules.ClassDetailView.as_view(), name="class_detail"),
    path("retention/rules/", rules.RuleListView.as_view(), name="rule_list"),
    path("retention/rules/<str:retention_class>/change/", rules.RuleChangeView.as_view(), name="rule_change"),
    path("retention/proposals/<uuid:uuid>/decide/", rules.ProposalDecideView.as_view(), name="proposal_decide"),
]
