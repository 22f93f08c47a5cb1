from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from energy.packing import DayColumns, unpack_day
from energy.units import Unit, unit_of


class ServiceKind(models.IntegerChoices):
    """What a usage point delivers: ServiceKind of ESPI 4.0."""

    ELECTRICITY = 0, _("Electricity")
    GAS = 1, _("Gas")
    WATER = 2, _("Water")
    TIME = 3, _("Time")
    HEAT = 4, _("Heat")
    REFUSE = 5, _("Refuse collection")
    SEWERAGE = 6, _("Sewerage")
    RATES = 7, _("Rates")
    TV_LICENCE = 8, _("Television licence")
    INTERNET = 9, _("Internet")


class UsagePoint(models.Model):
    """A point where an account is served: a meter, or what a feed calls one.

    `identifier` is the feed's address of it below /resource/, or the meter's number; some feeds number the points of
    each service anew, so that the service belongs to what identifies it. `attributes` keeps what else the
    feed said of it, by the names of `energy.greenbutton.UsagePoint`, so that an export says the same.
    """

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="usage_points")
    identifier = models.CharField(_("identifier"), max_length=500)
    title = models.CharField(_("title"), max_length=256, blank=True)
    service_kind = models.SmallIntegerField(_("service"), choices=ServiceKind.choices, default=ServiceKind.ELECTRICITY)
    attributes = models.JSONField(default=dict, blank=True)
    import_run = models.UUIDField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "identifier", "service_kind"], name="usage_point_once_an_account"
            ),
            models.CheckConstraint(condition=~models.Q(identifier=""), name="usage_point_has_identifier"),
        ]

    def __str__(self) -> str:
        return self.title or self.identifier

    @property
    def service_name(self) -> str:
        """Return what is delivered, in words."""
        return str(self.get_service_kind_display())


class ReadingType(models.Model):
    """What the numbers of a series mean (ReadingType of ESPI 4.0), shared by all series that mean the same.

    `digest` is the SHA-256 of all the other columns. A value is value times ten to the `power_of_ten`, in `uom`
    (72 Wh, 169 therm, 119 ft³, 42 m³); `flow_direction` 1 is from the grid, 19 to it.
    """

    id = models.BigAutoField(primary_key=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    accumulation = models.IntegerField(null=True)
    commodity = models.IntegerField(null=True)
    consumption_tier = models.IntegerField(null=True)
    currency = models.IntegerField(null=True)
    data_qualifier = models.IntegerField(null=True)
    default_quality = models.IntegerField(null=True)
    flow_direction = models.IntegerField(null=True)
    interval_length = models.BigIntegerField(null=True)
    kind = models.IntegerField(null=True)
    phase = models.IntegerField(null=True)
    power_of_ten = models.IntegerField(null=True)
    time_attribute = models.IntegerField(null=True)
    tou = models.IntegerField(null=True)
    uom = models.IntegerField(null=True)
    cpp = models.IntegerField(null=True)
    measuring_period = models.IntegerField(null=True)
    interharmonic = models.JSONField(null=True)
    argument = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(digest__regex=r"^[0-9a-f]{64}$"), name="reading_type_digest_hex"),
        ]

    def __str__(self) -> str:
        return f"{self.unit.symbol} {self.flow_direction or ''}".strip()

    @property
    def unit(self) -> Unit:
        """Return the unit in which people read the numbers, with the factor from the stored ones."""
        return unit_of(self.uom, self.power_of_ten)

    @property
    def is_reverse(self) -> bool:
        """Say whether the series is energy given to the grid (FlowDirectionType 19)."""
        return self.flow_direction == 19


class DayReading(models.Model):
    """The readings of one account, usage point, reading type and civil day, packed (see `energy.packing`).

    The day is that of an interval's start in the provider's time zone; an interval longer than a day stands in the day
    it starts. Partitioned by `day` into months; no foreign key but to accounts, nothing refers to it. `total` is the
    sum of the day's values before the reading type's power of ten. `import_run_id` is the run that last changed it.
    """

    pk = models.CompositePrimaryKey("account_id", "usage_point_id", "reading_type_id", "day")
    account = models.ForeignKey(Account, on_delete=models.DO_NOTHING, related_name="+", db_index=False)
    usage_point = models.ForeignKey(
        UsagePoint, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    reading_type = models.ForeignKey(
        ReadingType, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    start = models.DateTimeField()
    total = models.BigIntegerField()
    import_run_id = models.BigIntegerField()
    day = models.DateField()
    interval_length = models.IntegerField()
    reading_count = models.IntegerField()
    values = models.BinaryField()
    offsets = models.BinaryField(null=True)
    durations = models.BinaryField(null=True)
    qualities = models.BinaryField(null=True)
    costs = models.BinaryField(null=True)
    tous = models.BinaryField(null=True)
    tiers = models.BinaryField(null=True)
    cpps = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(reading_count__gt=0), name="day_has_readings"),
            models.CheckConstraint(condition=models.Q(interval_length__gte=0), name="day_interval_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.day}"

    def columns(self) -> DayColumns:
        """Return the day's readings, unpacked."""
        return unpack_day(self, int(self.start.timestamp()))


class Series(models.Model):
    """Readings of one meaning at one usage point, and from which day to which they are stored.

    A finding aid, so that a page need not look through every month: written with each import, trimmed as months go.
    """

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="series")
    usage_point = models.ForeignKey(UsagePoint, on_delete=models.PROTECT, related_name="series")
    reading_type = models.ForeignKey(ReadingType, on_delete=models.PROTECT, related_name="+")
    first_day = models.DateField()
    last_day = models.DateField()

    class Meta:
        verbose_name_plural = "series"
        constraints = [
            models.UniqueConstraint(fields=["account", "usage_point", "reading_type"], name="series_once"),
            models.CheckConstraint(condition=models.Q(last_day__gte=models.F("first_day")), name="series_days_ordered"),
        ]

    def __str__(self) -> str:
        return f"{self.usage_point}: {self.reading_type}"


class ReadingOverride(models.Model):
    """A reading that the customer had corrected: its value stays whatever the next feed says.

    It refers to the reading by what identifies it (usage point, reading type, start), since packed days are replaced
    and dropped. `value` is before the reading type's power of ten; `day` is the civil day of `start`.
    """

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="reading_overrides")
    usage_point = models.ForeignKey(UsagePoint, on_delete=models.PROTECT, related_name="overrides")
    reading_type = models.ForeignKey(ReadingType, on_delete=models.PROTECT, related_name="+")
    start = models.DateTimeField()
    day = models.DateField()
    value = models.BigIntegerField()
    correction = models.UUIDField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["usage_point", "reading_type", "start"], name="reading_override_once"),
        ]
        indexes = [models.Index(fields=["account", "day"], name="override_by_account_day")]

    def __str__(self) -> str:
        return f"override of {self.start}"
