"""Standing feeds: a file every night to one recipient, and since when which customer's data goes out in it."""

from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from disclosures.models.proposals import ReleaseProposal
from disclosures.models.releases import Format, labels_of
from ledger.models import Witnessed


class StandingFeedQuerySet(models.QuerySet["StandingFeed"]):
    """Standing feeds."""

    def with_state(self) -> "StandingFeedQuerySet":
        """Annotate `is_paused`: the last step about the whole feed paused it."""
        last = FeedStep.objects.filter(feed=OuterRef("pk"), customer=None).order_by("-pk").values("what")[:1]
        return self.annotate(is_paused=Exact(Coalesce(Subquery(last), Value("")), Value("pause")))

    def running(self) -> "StandingFeedQuerySet":
        """Return those that have neither ended nor been paused."""
        return self.with_state().filter(models.Q(is_paused=False), ended_at=None)


class StandingFeed(models.Model):
    """A release that is made anew every night, as two persons agreed in `proposal`. Written once.

    Each night the gate decides again, and what goes out is a `Release` that names the feed: one row a delivery, with
    the cohort's hash. It covers the `period_days` civil days before the night. What was agreed to is repeated here,
    held equal by the database, since the customers concerned may read it and the proposal not.
    `ended_at` alone is written later, once.
    """

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    proposal = models.OneToOneField(ReleaseProposal, on_delete=models.PROTECT, related_name="feed")
    recipient = models.ForeignKey("accounts.Recipient", on_delete=models.PROTECT, related_name="feeds")
    purpose = models.ForeignKey("consent.Purpose", on_delete=models.PROTECT, related_name="+")
    basis = models.ForeignKey("disclosures.LegalBasis", on_delete=models.PROTECT, related_name="+")
    field_ids = ArrayField(models.CharField(max_length=80))
    format = models.CharField(max_length=12, choices=Format.choices)
    period_days = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=500)
    started_at = models.DateTimeField(db_default=TransactionNow(), editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)

    objects = StandingFeedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(period_days__gt=0), name="feed_covers_a_day"),
            models.CheckConstraint(condition=~models.Q(reason=""), name="feed_states_a_reason"),
        ]
        indexes = [models.Index(fields=["ended_at"], name="feed_by_age")]

    def __str__(self) -> str:
        return f"{self.recipient}: {self.purpose}"

    @property
    def field_labels(self) -> list[str]:
        """Return what people call the fields."""
        return labels_of(self.field_ids)


class FeedStep(Witnessed):
    """Somebody paused, resumed or ended a feed, or stopped it for one customer. Append-only.

    The last step that names no customer says whether the feed runs. Who is named by one never comes into it again.
    """

    class What(models.TextChoices):
        PAUSE = "pause", _("Paused")
        RESUME = "resume", _("Resumed")
        END = "end", _("Ended")
        STOP = "stop", _("Stopped for one customer")

    id = models.BigAutoField(primary_key=True)
    feed = models.ForeignKey(StandingFeed, on_delete=models.PROTECT, related_name="steps")
    what = models.CharField(max_length=10, choices=What.choices)
    customer = models.ForeignKey("accounts.Customer", null=True, on_delete=models.PROTECT, related_name="feed_steps")
    reason = models.CharField(max_length=500)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    actor_name = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=TransactionNow(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(what__in=["pause", "resume", "end"], customer__isnull=True)
                | models.Q(what="stop", customer__isnull=False),
                name="feedstep_what_known",
            ),
            models.UniqueConstraint(
                fields=["feed", "customer"], condition=models.Q(what="stop"), name="feedstep_stops_once"
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="feedstep_states_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.feed_id}: {self.what}"


class FeedLine(models.Model):
    """One customer's data goes out by a feed night after night, `[opened_on, closed_on)`. Written once, then closed.

    A line is open as long as the last night's delivery contained the customer. Each night has its own release line with
    its entry in the ledger; this row is what people read instead of hundreds of those.
    """

    class Closed(models.TextChoices):
        LEFT = "left", _("Is not among the customers of the feed any more")
        LACKS = "lacks", _("The conditions are not met any more")
        REFUSED = "refused", _("The delivery was refused")
        PAUSED = "paused", _("The feed was paused")
        ENDED = "ended", _("The feed has ended")
        STOPPED = "stopped", _("Stopped for this customer")

    id = models.BigAutoField(primary_key=True)
    feed = models.ForeignKey(StandingFeed, db_index=False, on_delete=models.PROTECT, related_name="lines")
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="feed_lines")
    opened_on = models.DateField()
    closed_on = models.DateField(null=True)
    closed_code = models.CharField(max_length=10, blank=True, choices=Closed.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["feed", "customer"], condition=models.Q(closed_on__isnull=True), name="feedline_open_once"
            ),
            models.CheckConstraint(
                condition=models.Q(closed_on__isnull=True, closed_code="")
                | models.Q(
                    closed_on__isnull=False, closed_code__in=["left", "lacks", "refused", "paused", "ended", "stopped"]
                ),
                name="feedline_closed_for_a_reason",
            ),
            models.CheckConstraint(
                condition=models.Q(closed_on__isnull=True) | models.Q(closed_on__gte=models.F("opened_on")),
                name="feedline_ordered",
            ),
        ]
        indexes = [
            models.Index(fields=["feed", "customer"], name="feedline_by_feed"),
            models.Index(fields=["closed_on"], name="feedline_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.feed_id}: {self.opened_on}"

    @property
    def closed_label(self) -> str | Promise:
        """Return why it was closed, in words; nothing where it is open."""
        return self.Closed(self.closed_code).label if self.closed_code else ""
