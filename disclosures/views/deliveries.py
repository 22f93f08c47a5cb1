"""Recipients: what was released to them, and its download."""

from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.generic import DetailView, ListView

from accounts.models import Role
from accounts.permissions import RecipientRequired, RoleRequired
from disclosures.conditions import for_recipient, from_json
from disclosures.errors import DeliveryRefused, PackageNotReadyError
from disclosures.models import Package
from disclosures.selectors import packages_for
from disclosures.services import deliver_package
from protection.files import open_file


class InboxView(RecipientRequired, ListView):  # type: ignore[type-arg]
    """Show a recipient's users what was released to it."""

    template_name = "disclosures/package_list.html"
    context_object_name = "packages"
    paginate_by = 25

    def get_queryset(self) -> QuerySet[Package]:
        return packages_for(self.user.recipient_id or 0)


class DownloadView(RoleRequired, DetailView):  # type: ignore[type-arg]
    """Show one package, and hand its file over on POST, since each download is checked and recorded.

    Row security leaves only one's own packages in sight: a stranger's is a 404.
    """

    roles = (Role.RECIPIENT, Role.CUSTOMER)
    template_name = "disclosures/package_download.html"
    slug_field = slug_url_kwarg = "uuid"
    context_object_name = "package"

    def get_queryset(self) -> QuerySet[Package]:
        packages = Package.objects.select_related("release__recipient", "release__purpose", "release__basis")
        if self.user.recipient_id is None:
            return packages.filter(release__recipient=None, release__requested_by=self.user)
        return packages.filter(release__recipient=self.user.recipient_id)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(release=self.object.release, **kwargs)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        """Hand the sealed file over, or say with each reason why not.

        The file is opened before the answer begins: what streams later runs outside of the row scope.
        """
        self.object = package = self.get_object()
        try:
            delivery = deliver_package(package=package, by=self.actor)
        except (DeliveryRefused, PackageNotReadyError) as error:
            missing = for_recipient(from_json(error.delivery.conditions)) if isinstance(error, DeliveryRefused) else ()
            return render(
                request, "disclosures/package_refused.html", {"package": package, "missing": missing}, status=403
            )
        sealed = delivery.package.built.file
        return FileResponse(
            open_file(sealed), as_attachment=True, filename=sealed.name, content_type=sealed.content_type
        )
