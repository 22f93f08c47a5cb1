from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Channel, Customer
from consent.models.notices import Notice
from ledger.models import Witnessed


class ContactChoice(Witnessed):
    """What a customer chose to be written to about, and how: the whole table as it stood from one act on. Append-only.

    `channels` maps each topic that customers are written to about to its approved channels; the row with the highest
    number counts. `refused` are the topics that a link in a mail refused, so that the same link can take it back.
    """

    class Method(models.TextChoices):
        PORTAL = "portal", _("On the website, signed in")
        LINK = "link", _("By the link in a message")
        TELEPHONE = "telephone", _("By telephone")
        IN_PERSON = "in_person", _("In person")
        LETTER = "letter", _("By letter")

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="contact_choices")
    number = models.PositiveIntegerField()
    channels = models.JSONField()
    refused = models.JSONField(default=list)
    method = models.CharField(max_length=10, choices=Method.choices)
    reason = models.CharField(max_length=500, blank=True)
    notice = models.ForeignKey(Notice, null=True, on_delete=models.PROTECT, related_name="+")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    actor_kind = models.CharField(max_length=20)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "number"], name="contact_choice_number_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="contact_choice_numbered_from_one"),
            models.CheckConstraint(
                condition=Q(method__in=["portal", "link", "telephone", "in_person", "letter"]),
                name="contact_choice_method_known",
            ),
            models.CheckConstraint(
                condition=Q(method__in=["portal", "link"]) | (~Q(reason="") & Q(recorded_by__isnull=False)),
                name="contact_choice_told_has_a_reason",
            ),
            models.CheckConstraint(
                condition=~Q(method="portal") | Q(recorded_by__isnull=False),
                name="contact_choice_signed_in_by_one",
            ),
        ]

    def __str__(self) -> str:
        return f"choice {self.number} ({self.method})"

    def channels_for(self, topic: str) -> list[Channel]:
        """Return the channels approved for a topic, in the order in which they are tried."""
        approved = self.channels.get(topic, ())
        return [channel for channel in Channel if channel in approved]
