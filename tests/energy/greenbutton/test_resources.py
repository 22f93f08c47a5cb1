"""Resources as the wild has them: one test for each deviation, and for what is kept."""

from __future__ import annotations

from typing import Any

import pytest

from energy.greenbutton import (
    Customer,
    CustomerAccount,
    CustomerAgreement,
    ElectricPowerUsageSummary,
    LocalTimeParameters,
    MeterReading,
    ReadingType,
    ServiceLocation,
    UsagePoint,
    UsageSummary,
)
from energy.greenbutton.findings import Code
from tests.energy.greenbutton.building import (
    LOCAL_TIME,
    POINT,
    READING_TYPE,
    TYPE,
    Outcome,
    entry,
    feed,
    local_time,
    read,
    reading_type,
    usage_point,
)

SUMMARY = (
    "<UsageSummary><billingPeriod><duration>2592000</duration><start>1388563200</start></billingPeriod>"
    "<billLastPeriod>8450000</billLastPeriod><currency>840</currency><statusTimeStamp>1391155200</statusTimeStamp>"
    "</UsageSummary>"
)


def changed(old: str, new: str) -> Outcome:
    """Read a reading type with a change, which must be there to be changed."""
    assert old in READING_TYPE
    return read(feed(reading_type(READING_TYPE.replace(old, new))))


def first(outcome: Outcome) -> Any:
    return outcome.resources[0]


def test_a_resource_keeps_its_links_title_and_id() -> None:
    data = feed(entry("<MeterReading/>", "/m/1", "/m", "/t/1", "/b")).replace(
        "<title/>", "<id>urn:uuid:1</id><title> Solar </title>"
    )
    (resource,) = read(data).resources
    assert resource == MeterReading(href="/m/1", up="/m", related=("/t/1", "/b"), title="Solar")
    assert (resource.entry_id, resource.line) == ("urn:uuid:1", 9)


def test_an_unknown_unit_is_kept_and_reported() -> None:
    outcome = changed("<uom>72</uom>", "<uom>64000</uom>")
    assert first(outcome).uom == 64000
    assert outcome.only("unknown-code")[1] == 1


@pytest.mark.parametrize("empty", ["<uom/>", "<uom></uom>", "<uom> \n </uom>"])
def test_an_empty_code_counts_as_absent(empty: str) -> None:
    outcome = changed("<uom>72</uom>", empty)
    assert first(outcome).uom is None
    assert outcome.only("empty-value")[1] == 1


@pytest.mark.parametrize("wrong", ["kWh", "-1", "65536", "7.5", "1e9"])
def test_a_code_that_the_schema_forbids_counts_as_absent(wrong: str) -> None:
    outcome = changed("<uom>72</uom>", f"<uom>{wrong}</uom>")
    assert first(outcome).uom is None
    assert "invalid-value" in outcome.codes


def test_elements_in_another_order_are_read() -> None:
    outcome = read(feed(reading_type("<ReadingType><uom>72</uom><kind>12</kind></ReadingType>")))
    assert outcome.resources == [ReadingType(href=TYPE, up=TYPE.rpartition("/")[0], uom=72, kind=12)]
    assert outcome.only("element-order")[1] == 1


def test_an_element_in_other_letters_is_read() -> None:
    content = "<UsagePoint><ServiceDeliveryPoint><name>n</name></ServiceDeliveryPoint></UsagePoint>"
    outcome = read(feed(usage_point(content)))
    assert first(outcome).delivery_point.name == "n"
    assert outcome.only("misspelled-element")[1] == 1


def test_a_resource_inside_another_is_read_with_an_address_of_its_own() -> None:
    nested = READING_TYPE.replace("<ReadingType>", '<ReadingType xmlns="http://naesb.org/espi">')
    outcome = read(feed(entry(f"<MeterReading>{nested}</MeterReading>", "/m/1")))
    assert [(type(one), one.href) for one in outcome.resources] == [(MeterReading, "/m/1"), (ReadingType, "/m/1#2")]
    assert outcome.only("unknown-element")[1] == 1


def test_how_a_server_handled_an_item_is_no_deviation() -> None:
    assert not changed("<flowDirection>", "<batchItemInfo><name>01</name></batchItemInfo><flowDirection>").codes


def test_an_element_of_no_schema_is_reported() -> None:
    assert changed("<uom>", "<colour>red</colour><uom>").only("unknown-element")[1] == 1


def test_an_element_of_another_namespace_is_not_taken_for_ours() -> None:
    outcome = changed("<uom>72</uom>", '<uom xmlns="urn:other">72</uom>')
    assert first(outcome).uom is None
    assert outcome.only("unknown-element")[1] == 1


def test_the_first_of_repeated_elements_is_kept() -> None:
    outcome = changed("<uom>72</uom>", "<uom>72</uom><uom>169</uom>")
    assert first(outcome).uom == 72
    assert outcome.only("repeated-element")[1] == 1


@pytest.mark.parametrize("prefix", ["espi:", "ns3:", "x-y.z:"])
def test_any_prefix_of_the_namespace_will_do(prefix: str) -> None:
    name = prefix[:-1]
    prefixed = READING_TYPE.replace("<", f"<{prefix}").replace(f"<{prefix}/", f"</{prefix}")
    data = feed(entry(prefixed.replace(">", f' xmlns:{name}="http://naesb.org/espi">', 1), TYPE)).replace(
        f'<{prefix}ReadingType xmlns="http://naesb.org/espi"', f"<{prefix}ReadingType"
    )
    outcome = read(data)
    assert outcome.resources == [
        ReadingType(href=TYPE, flow_direction=1, interval_length=900, power_of_ten=0, uom=72),
    ]
    assert not outcome.codes


def test_local_time_without_a_part_is_completed() -> None:
    outcome = read(feed(local_time(LOCAL_TIME.replace("<dstOffset>3600</dstOffset>", ""))))
    (local,) = outcome.resources
    assert isinstance(local, LocalTimeParameters)
    assert (local.dst_offset, local.tz_offset, local.dst_start_rule) == (0, -28800, "360E2000")
    assert outcome.only("missing-element")[1] == 1


@pytest.mark.parametrize("zone", ["", "<tzOffset/>"])
def test_local_time_without_an_offset_is_none(zone: str) -> None:
    outcome = read(feed(usage_point(), local_time(LOCAL_TIME.replace("<tzOffset>-28800</tzOffset>", zone))))
    assert [type(resource) for resource in outcome.resources] == [UsagePoint]
    assert outcome.only("missing-local-time")[1] == 1


def test_a_rule_that_is_no_hexadecimal_number_is_replaced() -> None:
    outcome = read(feed(local_time(LOCAL_TIME.replace("B40E2000", "November"))))
    assert first(outcome).dst_end_rule == "FFFFFFFF"
    assert outcome.codes == ["invalid-value", "missing-element"]


def test_text_longer_than_the_schema_allows_is_cut() -> None:
    long = f"<UsagePoint><readRoute>{'r' * 300}</readRoute></UsagePoint>"
    outcome = read(feed(usage_point(long)))
    assert first(outcome).read_route == "r" * 256
    assert outcome.only("text-too-long")[1] == 1


def test_several_resources_in_one_content_are_all_read() -> None:
    data = feed(entry('<MeterReading/><UsagePoint xmlns="http://naesb.org/espi"/>', "/one"))
    assert [resource.href for resource in read(data).resources] == ["/one", "/one#2"]


def test_several_contents_of_one_entry_are_all_read() -> None:
    second = '<content><UsagePoint xmlns="http://naesb.org/espi"/></content></entry>'
    outcome = read(feed(entry("<MeterReading/>", "/one").replace("</entry>", second)))
    assert [type(resource) for resource in outcome.resources] == [MeterReading, UsagePoint]
    assert outcome.only("several-contents")[1] == 1


def test_resources_without_entries_are_read() -> None:
    bare = READING_TYPE.replace("<ReadingType>", '<ReadingType xmlns="http://naesb.org/espi">')
    outcome = read(f"<Download>{bare}</Download>")
    assert [type(resource) for resource in outcome.resources] == [ReadingType]
    assert outcome.only("resource-without-entry")[1] == 1


def test_a_resource_alone_in_the_file_is_read() -> None:
    outcome = read('<UsagePoint xmlns="http://naesb.org/espi"><status>1</status></UsagePoint>')
    assert first(outcome).status == 1


def test_a_resource_without_self_link_is_called_by_its_id() -> None:
    outcome = read(feed(entry("<MeterReading/>")).replace("<title/>", "<id>urn:uuid:7</id>"))
    assert outcome.resources[0].href == "urn:uuid:7"
    assert outcome.only("missing-self-link")[1] == 1


def test_other_resources_of_the_standard_are_named_as_left_out() -> None:
    outcome = read(feed(usage_point(), entry("<Authorization><status>1</status></Authorization>", "/a/1")))
    assert outcome.only("resource-not-read")[1] == 1
    assert "Authorization" in next(iter(outcome.feed.findings)).message


def test_an_entry_without_a_resource_is_reported() -> None:
    outcome = read(feed(usage_point(), "<entry><content>none</content></entry>", "<entry/>"))
    assert outcome.only("content-without-resource")[1] == 2


@pytest.mark.parametrize("cls", [UsageSummary, ElectricPowerUsageSummary])
def test_both_names_of_a_usage_summary_are_read(cls: type[UsageSummary]) -> None:
    content = SUMMARY.replace("UsageSummary", cls.ELEMENT)
    outcome = read(feed(usage_point(), entry(content, f"{POINT}/{cls.ELEMENT}/1", f"{POINT}/{cls.ELEMENT}")))
    summary = outcome.resources[1]
    assert type(summary) is cls
    assert summary.billing_period is not None
    assert (summary.billing_period.start, summary.billing_period.end) == (1388563200, 1391155200)
    assert (summary.bill_last_period, summary.currency) == (8450000, 840)
    assert outcome.feed.links.owners == {summary.href: POINT}
    assert not outcome.codes


def test_the_older_usage_summary_has_no_tariff() -> None:
    content = SUMMARY.replace("UsageSummary", "ElectricPowerUsageSummary")
    content = content.replace("</statusTimeStamp>", "</statusTimeStamp><tariffProfile>E-1</tariffProfile>")
    outcome = read(feed(usage_point(), entry(content, f"{POINT}/ElectricPowerUsageSummary/1", f"{POINT}/S")))
    assert first_summary(outcome).tariff_profile is None
    assert outcome.only("unknown-element")[1] == 1


def first_summary(outcome: Outcome) -> UsageSummary:
    return next(one for one in outcome.resources if isinstance(one, UsageSummary))


def test_bill_lines_riders_and_agency_of_a_summary_are_read() -> None:
    lines = (
        "<costAdditionalDetailLastPeriod><amount>120000</amount><note>Delivery</note><itemKind>2</itemKind>"
        "</costAdditionalDetailLastPeriod><costAdditionalDetailLastPeriod><note/><itemKind>3</itemKind>"
        "</costAdditionalDetailLastPeriod><currency>"
    )
    more = (
        "</statusTimeStamp><tariffRiderRefs><tariffRiderRef><riderType>r</riderType><enrollmentStatus>enrolled"
        "</enrollmentStatus><effectiveDate>1</effectiveDate></tariffRiderRef></tariffRiderRefs>"
        "<billingChargeSource><agencyName>Fictitious Power</agencyName></billingChargeSource>"
    )
    content = SUMMARY.replace("<currency>", lines).replace("</statusTimeStamp>", more)
    outcome = read(feed(usage_point(), entry(content, f"{POINT}/UsageSummary/1", f"{POINT}/UsageSummary")))
    summary = first_summary(outcome)
    assert [(line.amount, line.note, line.item_kind) for line in summary.cost_details] == [
        (120000, "Delivery", 2),
        (None, "", 3),
    ]
    assert summary.tariff_riders[0].rider_type == "r"
    assert summary.billing_agency == "Fictitious Power"
    assert not outcome.codes


def test_the_retail_customer_is_read_and_joined() -> None:
    space = "http://naesb.org/espi/customer"
    base = "/espi/1_1/resource/RetailCustomer/1/Customer/1"
    customer = entry("<Customer><customerName>Ada Example</customerName></Customer>", base, namespace=space)
    account = entry(
        "<CustomerAccount><contactInfo><phone1><areaCode>555</areaCode><localNumber>0100</localNumber></phone1>"
        "<electronicAddress><email1>ada@example.org</email1></electronicAddress></contactInfo>"
        "<accountId>A-1</accountId></CustomerAccount>",
        f"{base}/CustomerAccount/1",
        f"{base}/CustomerAccount",
        namespace=space,
    )
    agreement = entry(
        "<CustomerAgreement><signDate>1</signDate><validityInterval><duration>0</duration><start>1</start>"
        "</validityInterval><PricingStructures>urn:p</PricingStructures></CustomerAgreement>",
        f"{base}/CustomerAccount/1/CustomerAgreement/1",
        f"{base}/CustomerAccount/1/CustomerAgreement",
        namespace=space,
    )
    location = entry(
        "<ServiceLocation><mainAddress><streetDetail><number>1</number><name>Fictitious Street</name></streetDetail>"
        "<townDetail><name>Nowhere</name></townDetail><postalCode>00000</postalCode></mainAddress>"
        "<UsagePoints><UsagePoint>/u/1</UsagePoint><UsagePoint>/u/2</UsagePoint></UsagePoints></ServiceLocation>",
        f"{base}/CustomerAccount/1/CustomerAgreement/1/ServiceLocation/1",
        namespace=space,
    )
    outcome = read(feed(customer, account, agreement, location))
    one, two, three, four = resources = outcome.resources
    assert [type(one) for one in resources] == [Customer, CustomerAccount, CustomerAgreement, ServiceLocation]
    said: list[Any] = list(resources)
    assert said[0].customer_name == "Ada Example"
    assert (said[1].account_id, said[1].contact.phone1.local_number) == ("A-1", "0100")
    assert said[1].contact.electronic_address.email1 == "ada@example.org"
    assert (said[2].pricing_structures, said[2].validity.start) == (("urn:p",), 1)
    assert (said[3].usage_points, said[3].main_address.postal_code) == (("/u/1", "/u/2"), "00000")
    assert said[3].main_address.street.name == "Fictitious Street"
    assert outcome.feed.links.owners == {two.href: one.href, three.href: two.href, four.href: three.href}
    assert not outcome.codes


def test_a_password_in_a_customer_feed_is_not_read() -> None:
    address = "<electronicAddress><password>secret</password></electronicAddress>"
    content = f"<Customer><Organisation>{address}</Organisation></Customer>"
    outcome = read(feed(entry(content, "/c/1", namespace="http://naesb.org/espi/customer")))
    assert "secret" not in repr(outcome.items) + repr(list(outcome.feed.findings))


def test_codes_are_kebab_case_and_unique() -> None:
    assert len({code.value for code in Code}) == len(Code)
    assert all(code.value == code.name.lower().replace("_", "-") for code in Code)
