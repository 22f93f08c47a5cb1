from django.urls import path

from disclosures.views import audit, bases, customers, deliveries, mergers, proposals, releases

app_name = "disclosures"
urlpatterns = [
    path("customers/<uuid:uuid>/disclosures/new/", releases.ReleaseCreateView.as_view(), name="create"),
    path("disclosures/", releases.ReleaseListView.as_view(), name="list"),
    path("disclosures/<uuid:uuid>/", releases.ReleaseDetailView.as_view(), name="detail"),
    path("disclosures/refused/<uuid:uuid>/", releases.DenialDetailView.as_view(), name="denial_detail"),
    path("disclosures/proposals/", proposals.ProposalListView.as_view(), name="proposal_list"),
    path("disclosures/proposals/new/", proposals.ProposalCreateView.as_view(), name="proposal_create"),
    path("disclosures/proposals/<uuid:uuid>/", proposals.ProposalDetailView.as_view(), name="proposal_detail"),
    path("disclosures/proposals/<uuid:uuid>/decide/", proposals.ProposalDecideView.as_view(), name="proposal_decide"),
    path("legal-bases/", bases.BasisListView.as_view(), name="basis_list"),
    path("mergers/", mergers.MergerNoticeListView.as_view(), name="merger_list"),
    path("mergers/new/", mergers.MergerNoticeCreateView.as_view(), name="merger_create"),
    path("mergers/<uuid:uuid>/", mergers.MergerNoticeDetailView.as_view(), name="merger_detail"),
    path("deliveries/", deliveries.InboxView.as_view(), name="inbox"),
    path("deliveries/<uuid:uuid>/download/", deliveries.DownloadView.as_view(), name="download"),
    path("who-has-my-data/", customers.CustomerHistoryView.as_view(), name="history"),
    path("who-has-my-data/download/", customers.OwnHistoryDownloadView.as_view(), name="history_download"),
    path("audit/disclosures/", audit.HistorySearchView.as_view(), name="search"),
    path("audit/disclosures/charts/", audit.HistoryChartsView.as_view(), name="charts"),
    path("audit/disclosures/save/", audit.SearchSaveView.as_view(), name="search_save"),
    path("audit/searches/<uuid:uuid>/delete/", audit.SearchForgetView.as_view(), name="search_forget"),
    path("audit/exports/", audit.ExportListView.as_view(), name="export_list"),
    path("audit/exports/new/", audit.ExportCreateView.as_view(), name="export_create"),
    path("audit/exports/<uuid:uuid>/", audit.ExportDetailView.as_view(), name="export_detail"),
]
