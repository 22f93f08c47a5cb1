from typing import TYPE_CHECKING
from urllib.parse import urlencode
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from accounts.models import User


class SavedSearchQuerySet(models.QuerySet["SavedSearch"]):
    """Searches of the disclosure history that auditors keep."""

    def visible_to(self, user: "User") -> "SavedSearchQuerySet":
        """Return the user's own."""
        return self.filter(owner=user)


class SavedSearch(models.Model):
    """A search of the disclosure history that an auditor keeps under a name: the filters as the address has them."""

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(_("name"), max_length=100)
    parameters = models.JSONField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = SavedSearchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "saved searches"
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "name"],
                name="search_once_a_name",
                violation_error_message=_("You have a search of this name. Choose another name."),
            ),
            models.CheckConstraint(condition=~models.Q(name=""), name="search_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def query(self) -> str:
        """Return the filters as the end of an address."""
        return urlencode(self.parameters)
