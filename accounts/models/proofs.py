from django.db import models
from django.utils.translation import gettext_lazy as _


class IdentityDocument(models.TextChoices):
    """The kind of document by which somebody proved who they are. Neither its number nor a copy is kept."""

    PASSPORT = "passport", _("Passport")
    DRIVER_LICENSE = "driver_license", _("Driver's license")
    STATE_ID = "state_id", _("State identity card")
    CONSULAR_ID = "consular_id", _("Consular identity card")
    OTHER = "other", _("Another government document")


class VerificationMethod(models.TextChoices):
    """How a document was looked at."""

    IN_PERSON = "in_person", _("In person")
    VIDEO = "video", _("By video call")
    CERTIFIED_COPY = "certified_copy", _("As a certified copy")
