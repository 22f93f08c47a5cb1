# ruff: noqa: RUF009 - the calls are dataclasses.field(), by another name
"""The resources of a Green Button feed, as values: what the reader yields and the writer takes.

Numbers are those of the file: times in epoch seconds UTC, durations in seconds, amounts of money in
hundred-thousandths of the currency, values before their power of ten. Entries of a feed are joined by links:
`href` is an entry's own address (link rel="self"), `up` the collection it stands in, `related` what it points to.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from energy.greenbutton import codes
from energy.greenbutton.parts import (
    AccountNotification,
    DemandResponseProgram,
    ElectronicAddress,
    LineItem,
    Organisation,
    Period,
    RationalNumber,
    ServiceDeliveryPoint,
    Status,
    StreetAddress,
    SummaryMeasurement,
    TariffRider,
    TelephoneNumber,
)
from energy.greenbutton.schema import (
    CUSTOMER,
    ESPI,
    INT16,
    INT48,
    TIME,
    UINT8,
    UINT16,
    UINT32,
    flag,
    nested,
    number,
    octets,
    text,
    uri,
)

NO_DAYLIGHT_SAVING = "FFFFFFFF"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One entry of a feed; `line` and `entry_id` (urn:uuid:…) do not count when two are compared."""

    NAMESPACE: ClassVar[str] = ESPI
    ELEMENT: ClassVar[str]

    href: str
    up: str = ""
    related: tuple[str, ...] = ()
    title: str = ""
    entry_id: str = field(default="", compare=False)
    line: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class UsagePoint(Resource):
    """A point of delivery; `service_kind` 0 electricity, 1 gas, 2 water; `status` 0 off, 1 on."""

    ELEMENT: ClassVar[str] = "UsagePoint"

    role_flags: str | None = octets("roleFlags", 2)
    service_kind: int | None = number("kind", UINT16, codes.SERVICE, wrapper="ServiceCategory")
    status: int | None = number("status", UINT8)
    delivery_point: ServiceDeliveryPoint | None = nested("serviceDeliveryPoint", ServiceDeliveryPoint)
    ami_billing_ready: str | None = text(
        "amiBillingReady",
        32,
        frozenset(
            {"amiCapable", "amiDisabled", "billingApproved", "enabled", "nonAmi", "nonMetered", "operable"},
        ),
    )
    is_checked_billing: bool | None = flag("checkBilling")
    connection_state: str | None = text(
        "connectionState", 32, frozenset({"connected", "logicallyDisconnected", "physicallyDisconnected"})
    )
    estimated_load: SummaryMeasurement | None = nested("estimatedLoad", SummaryMeasurement)
    is_grounded: bool | None = flag("grounded")
    is_sdp: bool | None = flag("isSdp")
    is_virtual: bool | None = flag("isVirtual")
    is_minimal_usage_expected: bool | None = flag("minimalUsageExpected")
    nominal_voltage: SummaryMeasurement | None = nested("nominalServiceVoltage", SummaryMeasurement)
    outage_region: str | None = text("outageRegion")
    phase_code: int | None = number("phaseCode", UINT16, codes.PHASE)
    rated_current: SummaryMeasurement | None = nested("ratedCurrent", SummaryMeasurement)
    rated_power: SummaryMeasurement | None = nested("ratedPower", SummaryMeasurement)
    read_cycle: str | None = text("readCycle")
    read_route: str | None = text("readRoute")
    delivery_remark: str | None = text("serviceDeliveryRemark")
    service_priority: str | None = text("servicePriority", 32)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalTimeParameters(Resource):
    """The local time of usage points: offsets in seconds, daylight-saving rules as bit maps in hexadecimal digits."""

    ELEMENT: ClassVar[str] = "LocalTimeParameters"

    dst_end_rule: str = octets("dstEndRule", 4, is_required=True, default=NO_DAYLIGHT_SAVING)
    dst_offset: int = number("dstOffset", TIME, is_required=True, default=0)
    dst_start_rule: str = octets("dstStartRule", 4, is_required=True, default=NO_DAYLIGHT_SAVING)
    tz_offset: int = number("tzOffset", TIME, is_required=True, default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterReading(Resource):
    """A series of readings; its ReadingType is among `related`, its UsagePoint above it."""

    ELEMENT: ClassVar[str] = "MeterReading"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingType(Resource):
    """What the readings of a series mean: value times ten to the `power_of_ten`, in `uom`.

    `flow_direction` 1 from the grid, 19 to it (solar), 4 net; `interval_length` in seconds.
    """

    ELEMENT: ClassVar[str] = "ReadingType"

    accumulation: int | None = number("accumulationBehaviour", UINT16, codes.ACCUMULATION)
    commodity: int | None = number("commodity", UINT16, codes.COMMODITY)
    consumption_tier: int | None = number("consumptionTier", INT16)
    currency: int | None = number("currency", UINT16, codes.CURRENCY)
    data_qualifier: int | None = number("dataQualifier", UINT16, codes.DATA_QUALIFIER)
    default_quality: int | None = number("defaultQuality", UINT16, codes.QUALITY)
    flow_direction: int | None = number("flowDirection", UINT16, codes.FLOW_DIRECTION)
    interval_length: int | None = number("intervalLength", UINT32)
    kind: int | None = number("kind", UINT16, codes.MEASUREMENT)
    phase: int | None = number("phase", UINT16, codes.PHASE)
    power_of_ten: int | None = number("powerOfTenMultiplier", INT16, codes.MULTIPLIER)
    time_attribute: int | None = number("timeAttribute", UINT16, codes.TIME_OF_INTEREST)
    tou: int | None = number("tou", INT16)
    uom: int | None = number("uom", UINT16, codes.UNIT)
    cpp: int | None = number("cpp", INT16)
    interharmonic: RationalNumber | None = nested("interharmonic", RationalNumber)
    measuring_period: int | None = number("measuringPeriod", UINT16, codes.MEASURING_PERIOD)
    argument: RationalNumber | None = nested("argument", RationalNumber)


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageSummary(Resource):
    """A billing period: what was used and what it cost. Its UsagePoint stands above it."""

    ELEMENT: ClassVar[str] = "UsageSummary"

    billing_period: Period | None = nested("billingPeriod", Period)
    bill_last_period: int | None = number("billLastPeriod", INT48)
    bill_to_date: int | None = number("billToDate", INT48)
    cost_additional_last_period: int | None = number("costAdditionalLastPeriod", INT48)
    cost_details: tuple[LineItem, ...] = nested("costAdditionalDetailLastPeriod", LineItem, is_repeated=True)
    currency: int | None = number("currency", UINT16, codes.CURRENCY)
    consumption_last_period: SummaryMeasurement | None = nested("overallConsumptionLastPeriod", SummaryMeasurement)
    consumption_this_period: SummaryMeasurement | None = nested(
        "currentBillingPeriodOverAllConsumption", SummaryMeasurement
    )
    net_today_last_year: SummaryMeasurement | None = nested("currentDayLastYearNetConsumption", SummaryMeasurement)
    net_today: SummaryMeasurement | None = nested("currentDayNetConsumption", SummaryMeasurement)
    consumption_today: SummaryMeasurement | None = nested("currentDayOverallConsumption", SummaryMeasurement)
    peak_demand: SummaryMeasurement | None = nested("peakDemand", SummaryMeasurement)
    consumption_yesterday_last_year: SummaryMeasurement | None = nested(
        "previousDayLastYearOverallConsumption", SummaryMeasurement
    )
    net_yesterday: SummaryMeasurement | None = nested("previousDayNetConsumption", SummaryMeasurement)
    consumption_yesterday: SummaryMeasurement | None = nested("previousDayOverallConsumption", SummaryMeasurement)
    quality: int | None = number("qualityOfReading", UINT16, codes.QUALITY)
    ratchet_demand: SummaryMeasurement | None = nested("ratchetDemand", SummaryMeasurement)
    ratchet_demand_period: Period | None = nested("ratchetDemandPeriod", Period)
    status_time_stamp: int = number("statusTimeStamp", TIME, is_required=True, default=0)
    commodity: int | None = number("commodity", UINT16, codes.COMMODITY)
    tariff_profile: str | None = text("tariffProfile")
    read_cycle: str | None = text("readCycle")
    tariff_riders: tuple[TariffRider, ...] = nested(
        "tariffRiderRef", TariffRider, is_repeated=True, wrapper="tariffRiderRefs"
    )
    billing_agency: str | None = text("agencyName", wrapper="billingChargeSource")


@dataclass(frozen=True, slots=True, kw_only=True)
class ElectricPowerUsageSummary(UsageSummary):
    """The older name of UsageSummary; its element has no tariff, read cycle, riders or billing agency."""

    ELEMENT: ClassVar[str] = "ElectricPowerUsageSummary"

    tariff_profile: None = field(default=None, init=False)
    read_cycle: None = field(default=None, init=False)
    tariff_riders: tuple[()] = field(default=(), init=False)
    billing_agency: None = field(default=None, init=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ElectricPowerQualitySummary(Resource):
    """The quality of power over a period: flicker, interruptions, dips."""

    ELEMENT: ClassVar[str] = "ElectricPowerQualitySummary"

    flicker_plt: int | None = number("flickerPlt", INT48)
    flicker_pst: int | None = number("flickerPst", INT48)
    harmonic_voltage: int | None = number("harmonicVoltage", INT48)
    long_interruptions: int | None = number("longInterruptions", INT48)
    mains_voltage: int | None = number("mainsVoltage", INT48)
    measurement_protocol: int | None = number("measurementProtocol", UINT8)
    power_frequency: int | None = number("powerFrequency", INT48)
    rapid_voltage_changes: int | None = number("rapidVoltageChanges", INT48)
    short_interruptions: int | None = number("shortInterruptions", INT48)
    period: Period = nested("summaryInterval", Period, is_required=True, default=Period())
    voltage_dips: int | None = number("supplyVoltageDips", INT48)
    voltage_imbalance: int | None = number("supplyVoltageImbalance", INT48)
    voltage_variations: int | None = number("supplyVoltageVariations", INT48)
    temporary_overvoltage: int | None = number("tempOvervoltage", INT48)


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer(Resource):
    """Who is served: `customer_name`, or the name in `organisation`."""

    NAMESPACE: ClassVar[str] = CUSTOMER
    ELEMENT: ClassVar[str] = "Customer"

    name: str | None = text("name", 64)
    organisation: Organisation | None = nested("Organisation", Organisation)
    kind: str | None = text("kind")
    special_need: str | None = text("specialNeed")
    is_vip: bool | None = flag("vip")
    puc_number: str | None = text("pucNumber")
    status: Status | None = nested("status", Status)
    locale: str | None = text("locale")
    customer_name: str | None = text("customerName")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document(Resource):
    NAMESPACE: ClassVar[str] = CUSTOMER

    name: str | None = text("name", 64)
    type: str | None = text("type")
    author_name: str | None = text("authorName")
    created_at: int | None = number("createdDateTime", TIME)
    modified_at: int | None = number("lastModifiedDateTime", TIME)
    revision_number: str | None = text("revisionNumber")
    electronic_address: ElectronicAddress | None = nested("electronicAddress", ElectronicAddress)
    subject: str | None = text("subject")
    document_title: str | None = text("title")
    document_status: Status | None = nested("docStatus", Status)
    status: Status | None = nested("status", Status)
    comment: str | None = text("comment")


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerAccount(_Document):
    """An account of a Customer with the provider."""

    ELEMENT: ClassVar[str] = "CustomerAccount"

    billing_cycle: str | None = text("billingCycle")
    budget_bill: str | None = text("budgetBill")
    last_bill_amount: int | None = number("lastBillAmount", INT48)
    notifications: tuple[AccountNotification, ...] = nested("notifications", AccountNotification, is_repeated=True)
    contact: Organisation | None = nested("contactInfo", Organisation)
    account_id: str | None = text("accountId")


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerAgreement(_Document):
    """An agreement about a service, under a CustomerAccount."""

    ELEMENT: ClassVar[str] = "CustomerAgreement"

    signed_at: int | None = number("signDate", TIME)
    validity: Period | None = nested("validityInterval", Period)
    load_management: str | None = text("loadMgmt")
    is_prepay: bool | None = flag("isPrePay")
    shut_off_at: int | None = number("shutOffDateTime", TIME)
    programs: tuple[DemandResponseProgram, ...] = nested(
        "DemandResponseProgram", DemandResponseProgram, is_repeated=True
    )
    pricing_structures: tuple[str, ...] = uri("PricingStructures", is_repeated=True)
    currency: int | None = number("currency", UINT16, codes.CURRENCY)
    future_status: tuple[Status, ...] = nested("futureStatus", Status, is_repeated=True)
    agreement_id: str | None = text("agreementId")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLocation(Resource):
    """A place where service is delivered, with the addresses of its usage points."""

    NAMESPACE: ClassVar[str] = CUSTOMER
    ELEMENT: ClassVar[str] = "ServiceLocation"

    name: str | None = text("name", 64)
    type: str | None = text("type")
    main_address: StreetAddress | None = nested("mainAddress", StreetAddress)
    secondary_address: StreetAddress | None = nested("secondaryAddress", StreetAddress)
    phone1: TelephoneNumber | None = nested("phone1", TelephoneNumber)
    phone2: TelephoneNumber | None = nested("phone2", TelephoneNumber)
    electronic_address: ElectronicAddress | None = nested("electronicAddress", ElectronicAddress)
    geo_reference: str | None = text("geoInfoReference")
    direction: str | None = text("direction")
    status: Status | None = nested("status", Status)
    access_method: str | None = text("accessMethod")
    site_access_problem: str | None = text("siteAccessProblem")
    needs_inspection: bool | None = flag("needsInspection")
    usage_points: tuple[str, ...] = uri("UsagePoint", is_repeated=True, wrapper="UsagePoints")
    outage_block: str | None = text("outageBlock", 32)


RESOURCES: tuple[type[Resource], ...] = (
    UsagePoint,
    LocalTimeParameters,
    MeterReading,
    ReadingType,
    UsageSummary,
    ElectricPowerUsageSummary,
    ElectricPowerQualitySummary,
    Customer,
    CustomerAccount,
    CustomerAgreement,
    ServiceLocation,
)
