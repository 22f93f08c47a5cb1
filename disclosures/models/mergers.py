"""What customers are told before a merger, sale or financing lets their data out (promise M3)."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from ledger.models import Witnessed

LEAST_WAITING_DAYS = 7


class MergerNotice(Witnessed):
    """A notice to the customers concerned that their data is to go to the counterparty of a merger. Append-only.

    Nothing of a customer may go before the notice has left for that customer and `waiting_days` have passed since.
    """

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    recipient = models.ForeignKey("accounts.Recipient", on_delete=models.PROTECT, related_name="merger_notices")
    agreement = models.ForeignKey("accounts.RecipientAgreement", on_delete=models.PROTECT, related_name="+")
    title_en = models.CharField(_("title in English"), max_length=150)
    title_es = models.CharField(_("title in Spanish"), max_length=150)
    text_en = models.TextField(_("text in English"), max_length=8000)
    text_es = models.TextField(_("text in Spanish"), max_length=8000)
    waiting_days = models.PositiveSmallIntegerField(_("days that customers have before data goes out"), default=30)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(waiting_days__gte=LEAST_WAITING_DAYS),
                name="mergernotice_leaves_time",
                violation_error_message=_("Leave customers at least seven days."),
            ),
            models.CheckConstraint(
                condition=~Q(title_en="") & ~Q(title_es="") & ~Q(text_en="") & ~Q(text_es=""),
                name="mergernotice_in_both_languages",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """Return the title in the language of the page or message."""
        return self.title_es if (get_language() or "en").startswith("es") else self.title_en

    @property
    def text(self) -> str:
        """Return the text in the language of the page or message."""
        return self.text_es if (get_language() or "en").startswith("es") else self.text_en


class MergerNoticeServed(Witnessed):
    """That one customer was written to about a merger; the message says whether and when it left. Append-only."""

    id = models.BigAutoField(primary_key=True)
    notice = models.ForeignKey(MergerNotice, on_delete=models.PROTECT, related_name="served")
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="merger_notices")
    message = models.ForeignKey("accounts.OutboxMessage", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name_plural = "merger notices served"
        constraints = [
            models.UniqueConstraint(fields=["notice", "customer"], name="mergernotice_served_once"),
        ]
        indexes = [models.Index(fields=["created_at"], name="mergernotice_served_by_age")]

    def __str__(self) -> str:
        return f"{self.notice_id}: {self.customer_id}"
