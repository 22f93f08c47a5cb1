from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class CookieChoice(models.Model):
    """Which optional cookies a signed-in person allowed, under which version of the statement. Append-only.

    An anonymous visitor's choice is in a cookie alone; here is kept what somebody known chose on some device.
    """

    class Method(models.TextChoices):
        BANNER = "banner", _("On the banner")
        PAGE = "page", _("On the page about cookies")

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="cookie_choices")
    purposes = ArrayField(models.CharField(max_length=20), default=list)
    statement_version = models.PositiveSmallIntegerField()
    method = models.CharField(max_length=10, choices=Method.choices)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(method__in=["banner", "page"]), name="cookie_choice_method_known"),
            models.CheckConstraint(
                condition=Q(purposes__contained_by=["statistics"]), name="cookie_choice_purposes_known"
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-id"], name="cookie_choice_by_user"),
            models.Index(fields=["created_at"], name="cookie_choice_by_age"),
        ]

    def __str__(self) -> str:
        return ", ".join(self.purposes) or "none"


class PrivacySignal(models.Model):
    """That a signed-in person's browser began or ceased to ask for privacy (Sec-GPC, DNT). Append-only.

    One row a change; the latest says what the last browser sent.
    """

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="privacy_signals")
    has_gpc = models.BooleanField()
    has_dnt = models.BooleanField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["user", "-id"], name="privacy_signal_by_user"),
            models.Index(fields=["created_at"], name="privacy_signal_by_age"),
        ]

    def __str__(self) -> str:
        return f"GPC {self.has_gpc}, DNT {self.has_dnt}"
