from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from accounts.models import Customer
from consent.models.notices import NoticeText
from consent.models.offers import Offer


class ServedNotice(models.Model):
    """What was put before a person who was asked to agree: the exact text, its language and version, when, to whom.

    In the portal `text` is the whole agreement as it stood on the screen, and `terms` are what it says in the words of
    `grant_consent`. Outside, it is the text of the consent form, and `form_version` what is printed on the paper.
    Append-only; the database refuses a hash that is not that of the text.
    """

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    notice_text = models.ForeignKey(NoticeText, on_delete=models.PROTECT, related_name="+")
    offer = models.ForeignKey(Offer, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    language = models.CharField(max_length=5)
    form_version = models.CharField(max_length=60)
    channel = models.CharField(max_length=10)
    served_to = models.CharField(max_length=200)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    terms = models.JSONField(null=True, blank=True)
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["id", "customer"], name="servednotice_with_its_customer"),
            models.CheckConstraint(
                condition=models.Q(channel__in=["portal", "paper", "telephone", "in_person"]),
                name="servednotice_channel_known",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-created_at"], name="servednotice_by_customer"),
            models.Index(fields=["created_at"], name="servednotice_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.form_version} to {self.served_to}"


def sha256_of(text: str) -> str:
    """Return the SHA-256 of a served text over its UTF-8 bytes, in hexadecimal."""
    return sha256(text.encode()).hexdigest()


def form_served(customer: Customer, text: NoticeText, channel: str, served_to: str, form_version: str) -> ServedNotice:
    """Return what was served to who agreed outside the portal: the form's own text. It is not saved."""
    served = f"{text.title}\n\n{text.body}"
    return ServedNotice(
        customer=customer,
        notice_text=text,
        language=text.language,
        form_version=form_version.strip() or f"{text.notice.number}-{text.language}",
        channel=channel,
        served_to=served_to,
        text=served,
        sha256=text.sha256,
    )


def served_evidence(served: ServedNotice) -> dict[str, Any]:
    """Return what the ledger's evidence says of a served notice."""
    return {
        "uuid": UUID(str(served.uuid)),
        "sha256": served.sha256,
        "language": served.language,
        "form_version": served.form_version,
        "served_to": served.served_to,
    }
