# ruff: noqa: RUF009 - the calls are dataclasses.field(), by another name
"""The parts that ESPI resources are made of: periods, measurements, bill lines, addresses."""

from __future__ import annotations

from dataclasses import dataclass

from energy.greenbutton import codes
from energy.greenbutton.schema import INT16, INT48, TIME, UINT16, UINT32, flag, nested, number, text, uri


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A half-open period: `start` in epoch seconds UTC, `duration` in seconds (DateTimeInterval)."""

    duration: int = number("duration", UINT32, is_required=True, default=0)
    start: int = number("start", TIME, is_required=True, default=0)

    @property
    def end(self) -> int:
        """Give the first second after the period."""
        return self.start + self.duration


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryMeasurement:
    """A quantity: value times ten to the `power_of_ten`, in `uom` (72 Wh, 169 therm, 119 ft³, 42 m³)."""

    power_of_ten: int | None = number("powerOfTenMultiplier", INT16, codes.MULTIPLIER)
    time_stamp: int | None = number("timeStamp", TIME)
    uom: int | None = number("uom", UINT16, codes.UNIT)
    value: int | None = number("value", INT48)
    reading_type_ref: str | None = uri("readingTypeRef")


@dataclass(frozen=True, slots=True, kw_only=True)
class LineItem:
    """A line of a bill: amounts in hundred-thousandths of the summary's currency; `item_kind` 1 to 10."""

    amount: int | None = number("amount", INT48)
    rounding: int | None = number("rounding", INT48)
    date_time: int | None = number("dateTime", TIME)
    note: str = text("note", is_required=True, default="")
    measurement: SummaryMeasurement | None = nested("measurement", SummaryMeasurement)
    item_kind: int = number("itemKind", UINT16, codes.ITEM, is_required=True, default=10)
    unit_cost: int | None = number("unitCost", INT48)
    item_period: Period | None = nested("itemPeriod", Period)


@dataclass(frozen=True, slots=True, kw_only=True)
class RationalNumber:
    """A fraction, as reading types carry it in `argument` and `interharmonic`."""

    numerator: int | None = number("numerator", (-(10**18), 10**18))
    denominator: int | None = number("denominator", (1, 10**18))


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffRider:
    """A tariff rider a customer is enrolled in (TariffRiderRef)."""

    rider_type: str = text("riderType", is_required=True, default="")
    enrollment_status: str = text(
        "enrollmentStatus",
        32,
        frozenset({"unenrolled", "enrolled", "enrolledPending"}),
        is_required=True,
        default="enrolled",
    )
    effective_date: int = number("effectiveDate", TIME, is_required=True, default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceDeliveryPoint:
    """Where and under which tariff and agreement service is delivered."""

    name: str | None = text("name")
    tariff_profile: str | None = text("tariffProfile")
    customer_agreement: str | None = text("customerAgreement")
    tariff_riders: tuple[TariffRider, ...] = nested(
        "tariffRiderRef", TariffRider, is_repeated=True, wrapper="tariffRiderRefs"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A state with its time and reason."""

    value: str | None = text("value")
    date_time: int | None = number("dateTime", TIME)
    remark: str | None = text("remark")
    reason: str | None = text("reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class StreetDetail:
    """The street part of an address; `address_general` and its two followers are free lines."""

    number: str | None = text("number")
    name: str | None = text("name")
    suffix: str | None = text("suffix")
    prefix: str | None = text("prefix")
    type: str | None = text("type")
    code: str | None = text("code")
    building_name: str | None = text("buildingName")
    suite_number: str | None = text("suiteNumber")
    address_general: str | None = text("addressGeneral")
    address_general2: str | None = text("addressGeneral2")
    address_general3: str | None = text("addressGeneral3")
    is_within_town_limits: bool | None = flag("withinTownLimits")


@dataclass(frozen=True, slots=True, kw_only=True)
class TownDetail:
    """The town part of an address."""

    code: str | None = text("code")
    section: str | None = text("section")
    name: str | None = text("name")
    county: str | None = text("county")
    state_or_province: str | None = text("stateOrProvince")
    country: str | None = text("country")


@dataclass(frozen=True, slots=True, kw_only=True)
class StreetAddress:
    """A street or postal address."""

    street: StreetDetail | None = nested("streetDetail", StreetDetail)
    town: TownDetail | None = nested("townDetail", TownDetail)
    status: Status | None = nested("status", Status)
    postal_code: str | None = text("postalCode")
    po_box: str | None = text("poBox")


@dataclass(frozen=True, slots=True, kw_only=True)
class TelephoneNumber:
    """A telephone number, in parts or whole (`itu_phone`)."""

    country_code: str | None = text("countryCode")
    area_code: str | None = text("areaCode")
    city_code: str | None = text("cityCode")
    local_number: str | None = text("localNumber")
    ext: str | None = text("ext")
    dial_out: str | None = text("dialOut")
    international_prefix: str | None = text("internationalPrefix")
    itu_phone: str | None = text("ituPhone")


@dataclass(frozen=True, slots=True, kw_only=True)
class ElectronicAddress:
    """E-mail and other electronic addresses. The schema's `password` is neither read nor written."""

    lan: str | None = text("lan")
    mac: str | None = text("mac")
    email1: str | None = text("email1")
    email2: str | None = text("email2")
    web: str | None = text("web")
    radio: str | None = text("radio")
    user_id: str | None = text("userID")


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """Name and addresses of a person or an organization."""

    name: str | None = text("name", 64)
    street_address: StreetAddress | None = nested("streetAddress", StreetAddress)
    postal_address: StreetAddress | None = nested("postalAddress", StreetAddress)
    phone1: TelephoneNumber | None = nested("phone1", TelephoneNumber)
    phone2: TelephoneNumber | None = nested("phone2", TelephoneNumber)
    electronic_address: ElectronicAddress | None = nested("electronicAddress", ElectronicAddress)
    organisation_name: str | None = text("organisationName")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountNotification:
    """A notice given to the customer about the account."""

    method_kind: str = text("methodKind", is_required=True, default="other")
    time: int = number("time", TIME, is_required=True, default=0)
    note: str = text("note", is_required=True, default="")
    notification_kind: str = text("customerNotificationKind", is_required=True, default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramDate:
    """A date of a demand-response program."""

    date: int | None = number("programDate", TIME)
    description: str | None = text("programDateDescription", 10_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandResponseProgram:
    """A demand-response program the agreement is part of."""

    name: str | None = text("programName")
    enrollment_status: str | None = text("enrollmentStatus")
    description: str | None = uri("programDescription")
    dates: tuple[ProgramDate, ...] = nested("programDate", ProgramDate, is_repeated=True)
    capacity_reservation: SummaryMeasurement | None = nested("capacityReservationLevel", SummaryMeasurement)
    nomination: SummaryMeasurement | None = nested("DRProgramNomination", SummaryMeasurement)
