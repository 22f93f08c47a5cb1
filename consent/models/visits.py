from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class VisitCount(models.Model):
    """How often one page or document was opened within one hour, by browsers of one family; nobody is in it.

    No address, no user, no id of anything: only the name of the route. `visits` counts the views that began a visit,
    which is known of browsers alone whose owner allowed the cookie for statistics.
    """

    class Kind(models.TextChoices):
        PAGE = "page", _("Page")
        DOCUMENT = "document", _("Document")

    class Browser(models.TextChoices):
        CHROME = "chrome", "Chrome"
        EDGE = "edge", "Edge"
        FIREFOX = "firefox", "Firefox"
        OPERA = "opera", "Opera"
        SAFARI = "safari", "Safari"
        OTHER = "other", _("Other")

    id = models.BigAutoField(primary_key=True)
    hour = models.DateTimeField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    page = models.CharField(max_length=80)
    browser = models.CharField(max_length=10, choices=Browser.choices)
    views = models.PositiveBigIntegerField()
    visits = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["hour", "kind", "page", "browser"], name="visit_count_once_an_hour"),
            models.CheckConstraint(condition=Q(kind__in=["page", "document"]), name="visit_kind_known"),
            models.CheckConstraint(
                condition=Q(browser__in=["chrome", "edge", "firefox", "opera", "safari", "other"]),
                name="visit_browser_is_a_family",
            ),
            models.CheckConstraint(condition=Q(page__regex=r"^[a-z_]+(:[a-z_]+)*$"), name="visit_page_is_a_route"),
        ]

    def __str__(self) -> str:
        return f"{self.page} at {self.hour:%Y-%m-%d %H}"
