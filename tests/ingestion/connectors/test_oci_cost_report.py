"""What lines of Oracle Cloud's cost reports and FOCUS reports become, worked by hand."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal

import pytest
from pydantic import ValidationError

from ingestion.amortization import calendar
from ingestion.connectors.oci_cost_report import KIND
from ingestion.focus.findings import RejectedBillError
from ingestion.focus.services import SUBCATEGORIES
from ingestion.oci.services import SERVICES
from ingestion.oci.settings import OciSettings
from tests.ingestion.normalize.bills import Bench, csv_text, decimals, gzipped, values
from tests.ingestion.oci_rows import COST_ROW, FOCUS_ROW, TENANCY, USAGE_ROW, cost_report, cost_rows, focus_report


def read(bench: Bench, *texts: str, **settings: str):
    files = [bench.archived(text, name=f"{number:04}.csv") for number, text in enumerate(texts)]
    return bench.normalized("oci_cost_report", *files, **settings)


def refused(bench: Bench, *texts: str, **settings: str):
    with pytest.raises(RejectedBillError) as error:
        read(bench, *texts, **settings)
    return error.value.findings


def test_a_line_is_use_at_the_price_of_the_contract(bench: Bench):
    # 4 GB hours at 0.00034021 are 0.00136084.
    delivery = read(bench, cost_report({}))

    assert values(delivery, "billed_cost, effective_cost, list_cost, contracted_cost, contracted_unit_price") == [
        (*(Decimal("0.00136084"),) * 4, Decimal("0.00034021"))
    ]
    assert values(delivery, "charge_category, charge_class, charge_frequency, pricing_category, list_unit_price") == [
        ("Usage", None, "Usage-Based", "Standard", None)
    ]
    assert values(delivery, "consumed_quantity, consumed_unit, pricing_quantity, pricing_unit") == [
        (Decimal(4), "GB Hours", Decimal(4), "GB Hours")
    ]
    assert values(delivery, "charge_period_start, charge_period_end, billing_period_start, billing_period_end") == [
        (datetime(2026, 10, 5, 10), datetime(2026, 10, 5, 11), datetime(2026, 10, 1), datetime(2026, 11, 1))
    ]
    assert delivery.findings == ()


def test_a_compartment_is_the_sub_account_and_the_subscription_the_billing_account(bench: Bench):
    delivery = read(bench, cost_report({}, {"cost/subscriptionId": "", "product/compartmentId": ""}))

    assert values(delivery, "billing_account_id, sub_account_id, sub_account_name, sub_account_type") == [
        ("ocid1.organizationssubscription.oc1..s1", "ocid1.compartment.oc1..shop", "shop", "Compartment"),
        (TENANCY, None, "shop", None),
    ]
    assert values(delivery, "DISTINCT invoice_issuer_name, service_provider_name, host_provider_name", bill=0) == [
        ("Oracle Corporation", "Oracle Corporation", "Oracle")
    ]
    assert values(delivery, "region_id, availability_zone, resource_id, sku_id, charge_description")[0] == (
        "eu-frankfurt-1",
        "fra-1",
        "ocid1.instance.oc1.eu-frankfurt-1.front",
        "B93114",
        "Standard - E4 - Memory",
    )


def test_overage_is_part_of_the_cost_and_not_added_to_it(bench: Bench):
    # Of 10 the last 4 went beyond the commitment: 10 are billed, not 14.
    overage = {"usage/billedQuantityOverage": "4", "cost/myCostOverage": "4", "cost/overageFlag": "true"}

    delivery = read(bench, cost_report({"cost": "10", **overage}))

    assert values(delivery, "billed_cost, x_cost_my_cost_overage, x_usage_billed_quantity_overage") == [
        (Decimal(10), "4", "4")
    ]
    assert delivery.bills[0].totals["EUR"].source == Decimal(10)


def test_costs_with_exponents_keep_every_digit(bench: Bench):
    # 2.32376e-9 + 6.26609e-12 = 0.00000000233002609
    delivery = read(bench, cost_report({"cost": "2.323760000E-9"}, {"cost": "6.266090E-12"}))

    assert values(delivery, "billed_cost") == decimals("0.00000000232376", "0.00000000000626609")
    assert delivery.bills[0].totals["EUR"].billed_cost == Decimal("0.00000000233002609")


def test_a_correction_is_told_by_its_flag_and_not_by_a_back_reference(bench: Bench):
    correction = {"cost": "-3", "lineItem/isCorrection": "true", "lineItem/backreferenceNo": "r-1"}

    delivery = read(bench, cost_report({"no": "r-1", "cost": "5"}, correction, {"lineItem/isCorrection": "TRUE"}))

    assert values(delivery, "billed_cost, charge_category, charge_class, x_line_item_backreference_no") == [
        (Decimal(5), "Usage", None, "17043"),
        (Decimal(-3), "Usage", "Correction", "r-1"),
        (Decimal("0.00136084"), "Usage", "Correction", "17043"),
    ]


def test_tags_of_oracle_and_of_the_customer_are_kept_by_namespace_and_key(bench: Bench):
    tagged = {"tags/Oracle-Tags.CreatedBy": 'default/"ann"', "tags/orcl-cloud.free-tier-retained": "true"}

    delivery = read(bench, cost_report({**tagged, "tags/Ops.Team": "pay"}, {}))

    (tags, none) = values(delivery, "tags")
    assert json.loads(str(tags[0])) == {
        "Oracle-Tags.CreatedBy": 'default/"ann"',
        "orcl-cloud.free-tier-retained": "true",
        "Ops.Team": "pay",
    }
    assert none == (None,)


def test_files_of_one_bill_may_have_other_tags_and_other_spellings_of_titles(bench: Bench):
    spelled = {
        {"lineItem/tenantId": "lineItem/TenantId", "product/Description": "product/description"}.get(name, name): value
        for name, value in COST_ROW.items()
        if not name.startswith("tags/")
    }
    delivery = read(bench, cost_report({"tags/Ops.Team": "pay"}), csv_text([{**spelled, "tags/stage": "test"}]))

    assert values(delivery, "tags, charge_description, x_line_item_tenant_id") == [
        ('{"Ops.Team":"pay"}', "Standard - E4 - Memory", TENANCY),
        ('{"stage":"test"}', "Standard - E4 - Memory", TENANCY),
    ]


def test_a_month_is_all_lines_of_all_files_that_start_in_it(bench: Bench):
    # The first file runs into November; the second, of November, still has an hour of October.
    into = {"start": "2026-10-31T23:00Z", "end": "2026-11-01T00:00Z", "cost": "1"}
    november = {"start": "2026-11-01T00:00Z", "end": "2026-11-01T01:00Z", "cost": "10"}
    late = {"start": "2026-10-30T00:00Z", "end": "2026-10-30T01:00Z", "cost": "100"}

    delivery = read(bench, cost_report(into, november), cost_report(november, late))

    assert [(bill.billing_period, bill.totals["EUR"].billed_cost) for bill in delivery.bills] == [
        (date(2026, 10, 1), Decimal(101)),
        (date(2026, 11, 1), Decimal(20)),
    ]
    assert delivery.row_counts == (2, 2)


def test_a_start_with_an_offset_is_of_the_month_in_utc(bench: Bench):
    delivery = read(bench, cost_report({"start": "2026-11-01T00:30:00+01:00", "end": "2026-11-01T01:30:00+01:00"}))

    assert [bill.billing_period for bill in delivery.bills] == [date(2026, 10, 1)]
    assert values(delivery, "charge_period_start") == [(datetime(2026, 10, 31, 23, 30),)]


def test_months_before_the_first_that_counts_are_left_out_and_told(bench: Bench):
    october = {"cost": "1"}
    november = {"start": "2026-11-05T10:00Z", "end": "2026-11-05T11:00Z", "cost": "10"}

    delivery = read(bench, cost_report(october, november, october), first_month="2026-11")

    assert [(bill.billing_period, bill.totals["EUR"].source) for bill in delivery.bills] == [
        (date(2026, 11, 1), Decimal(10))
    ]
    assert values(delivery, "x_row_number, billed_cost, charge_period_start") == [
        (2, Decimal(10), datetime(2026, 11, 5, 10))
    ]
    assert [(finding.code, finding.severity) for finding in delivery.findings] == [("month_left_out", "info")]
    assert delivery.findings[0].message == (
        "0000.csv has charges of '2026-10', before the first month that counts, 2026-11; they were left out."
    )


def test_when_no_month_counts_the_setting_is_named(bench: Bench):
    (finding,) = refused(bench, cost_report({}), first_month="2026-11")

    assert finding.message == (
        "0000.csv, row 1: all reports are of months before 2026-11, such as '2026-10'. Set the source's first month to"
        " an earlier one."
    )


@pytest.mark.parametrize(
    ("told", "first"),
    [
        ({"path": "/bills"}, None),
        ({"path": "/bills", "first_month": "2025-02"}, "2025-02"),
        ({"bucket": "bills"}, "2025-12"),
        ({"bucket": "bills", "first_month": "2024-01"}, "2024-01"),
    ],
)
def test_of_a_bucket_the_twelve_months_count_of_which_oracle_keeps_all_reports(monkeypatch, told, first):
    monkeypatch.setattr(calendar, "today", lambda: date(2026, 11, 28))

    settings = OciSettings.model_validate(told)

    assert settings.counted_from() == first
    assert KIND.basis(settings) == (f"charges from {first}" if first else "")


def test_a_bucket_may_have_the_ocid_of_a_tenancy_for_a_name():
    ocid = "ocid1.tenancy.oc1..aaaaaaaadsyhydp66mjpsohqocfcgzaabtrit47ex2igzu2j6lhuadrrglca"

    assert OciSettings(bucket=ocid).bucket == ocid
    with pytest.raises(ValidationError):
        OciSettings(bucket="a/b")


@pytest.mark.parametrize(
    ("word", "name", "category", "subcategory"),
    [
        ("COMPUTE", "Compute", "Compute", "Virtual Machines"),
        ("OBJECTSTORE", "Object Storage", "Storage", "Object Storage"),
        ("Object Storage", "Object Storage", "Storage", "Object Storage"),
        ("TELEMETRY", "Monitoring", "Management and Governance", "Observability"),
        ("ORACLE_STREAMING_SERVICE", "Streaming", "Integration", "Messaging"),
    ],
)
def test_services_are_known_by_their_words(bench: Bench, word, name, category, subcategory):
    delivery = read(bench, cost_report({"service": word}))

    assert values(delivery, "service_name, service_category, service_subcategory, x_service_code") == [
        (name, category, subcategory, word)
    ]
    assert delivery.findings == ()


def test_a_service_nobody_knows_imports_under_its_name(bench: Bench):
    delivery = read(bench, cost_report({}, {"service": "MOON_BASE"}, {"service": ""}))

    assert values(delivery, "service_name, service_category")[1:] == [
        ("MOON_BASE", "Other"),
        ("Oracle Cloud Infrastructure", "Other"),
    ]
    assert [(finding.code, finding.row) for finding in delivery.findings] == [
        ("service_unknown", 2),
        ("service_unknown", 3),
    ]


def test_every_known_service_is_of_a_category_that_focus_allows():
    assert [word for word, one in SERVICES.items() if one.subcategory not in SUBCATEGORIES[one.category]] == []


def test_the_same_files_give_the_same_bytes(bench: Bench):
    texts = [cost_report({"tags/Ops.Team": "pay"}, {"start": "2026-11-01T00:00Z"}), cost_report({"cost": "7"})]

    first, second = read(bench, *texts), read(bench, *texts)

    for one, other in zip(first.bills, second.bills, strict=True):
        for name in ("charges", "attribute_sets", "daily"):
            assert (one.folder / f"{name}.parquet").read_bytes() == (other.folder / f"{name}.parquet").read_bytes()


def test_a_report_comes_packed(bench: Bench):
    packed = bench.archived(gzipped(cost_report({})), name="0001.csv.gz")

    assert values(bench.normalized("oci_cost_report", packed), "billed_cost") == decimals("0.00136084")


@pytest.mark.parametrize(
    "title", ["cost/myCost", "cost/currencyCode", "product/service", "lineItem/intervalUsageStart"]
)
def test_a_file_without_a_column_it_needs_is_refused_by_name(bench: Bench, title):
    rows = [{name: value for name, value in row.items() if name != title} for row in cost_rows({})]

    (finding,) = refused(bench, cost_report({}), csv_text(rows))

    assert (finding.code, finding.column) == ("column_missing", title)
    assert finding.message == (
        f"0001.csv has no column {title}. Is it a cost report or a FOCUS report of Oracle Cloud?"
    )


def test_a_usage_report_is_refused_in_one_sentence(bench: Bench):
    (finding,) = refused(bench, cost_report({}), csv_text([USAGE_ROW]))

    assert finding.code == "usage_report"
    assert finding.message == (
        "0001.csv is a usage report, which carries no cost. Take the cost reports (reports/cost-csv) instead."
    )


def test_a_cost_report_and_a_focus_report_are_not_added_up(bench: Bench):
    (finding,) = refused(bench, cost_report({}), focus_report({}))

    assert finding.message == (
        "0000.csv is a cost report and 0001.csv a FOCUS report, which tell the same costs. Leave only one of both."
    )


@pytest.mark.parametrize(
    ("change", "code", "column"),
    [
        ({"cost": "1,5"}, "not_a_number", "cost/myCost"),
        ({"cost": ""}, "value_missing", "cost/myCost"),
        ({"start": "October"}, "not_a_moment", "lineItem/intervalUsageStart"),
        ({"cost/currencyCode": "euro"}, "currency_unknown", "cost/currencyCode"),
    ],
)
def test_what_cannot_be_read_is_named_by_row_and_column(bench: Bench, change, code, column):
    findings = refused(bench, cost_report({}, change))

    assert (findings[0].code, findings[0].row, findings[0].column) == (code, 2, column)


def test_a_focus_report_is_known_by_its_header_and_read_as_focus(bench: Bench):
    delivery = read(bench, focus_report({}))

    assert values(delivery, "billed_cost, effective_cost, list_cost, contracted_cost, list_unit_price") == [
        (Decimal("1.25"), Decimal("1.25"), Decimal("2.5"), Decimal("1.25"), Decimal("0.625"))
    ]
    assert values(delivery, "invoice_issuer_name, service_provider_name, host_provider_name, region_id") == [
        ("Oracle", "Oracle", "Oracle", "eu-frankfurt-1")
    ]
    assert values(delivery, "consumed_quantity, consumed_unit, charge_frequency, tags, x_oci_reference_number") == [
        (Decimal(4), "GB Hours", "Usage-Based", '{"Ops.Team":"pay"}', "7108a1f83bdbad70")
    ]
    assert values(delivery, "billing_period_start, charge_period_start, charge_period_end") == [
        (datetime(2026, 10, 1), datetime(2026, 10, 5, 10), datetime(2026, 10, 5, 11))
    ]
    assert delivery.findings == ()


def test_both_reports_tell_accounts_alike(bench: Bench):
    told = "sub_account_id, sub_account_name, region_id, availability_zone, resource_id, sku_id, consumed_unit"

    assert values(read(bench, focus_report({})), told) == values(read(bench, cost_report({})), told)
    assert values(read(bench, focus_report({})), "x_tenancy_id, x_tenancy_name") == [(TENANCY, "acme")]


def test_a_sub_account_of_no_compartment_is_the_tenancy(bench: Bench):
    delivery = read(bench, focus_report({"oci_CompartmentId": "", "oci_CompartmentName": ""}))

    assert values(delivery, "sub_account_id, sub_account_name") == [(TENANCY, "acme")]


def test_an_adjustment_of_a_focus_report_is_a_correction_whatever_it_refers_to(bench: Bench):
    delivery = read(bench, focus_report({}, {"ChargeCategory": "Adjustment", "BilledCost": "-1"}))

    assert values(delivery, "billed_cost, charge_category, charge_class, x_oci_back_reference_number") == [
        (Decimal("1.25"), "Usage", None, "17043"),
        (Decimal(-1), "Adjustment", "Correction", "17043"),
    ]


def test_a_publisher_of_the_marketplace_provides_the_service(bench: Bench):
    delivery = read(bench, focus_report({"Publisher": "Example Software"}))

    assert values(delivery, "service_provider_name, host_provider_name") == [("Example Software", "Oracle")]


def test_what_a_focus_report_leaves_empty_is_filled_as_in_a_cost_report(bench: Bench):
    delivery = read(bench, focus_report({"ListCost": "", "ServiceCategory": "", "Provider": "", "Publisher": ""}))

    assert values(delivery, "list_cost, service_category, service_provider_name, host_provider_name") == [
        (Decimal("1.25"), "Compute", "Oracle Corporation", "Oracle")
    ]


def test_titles_that_oracle_may_correct_are_taken_as_focus_writes_them(bench: Bench):
    newer = {"InvoiceIssuer": "InvoiceIssuerName", "Provider": "ProviderName", "Publisher": "PublisherName"}
    newer |= {"Region": "RegionId", "UsageQuantity": "ConsumedQuantity", "UsageUnit": "ConsumedUnit"}
    row = {newer.get(name, name): value for name, value in FOCUS_ROW.items()}
    columns = "invoice_issuer_name, service_provider_name, host_provider_name, region_id, consumed_quantity"

    delivery = read(bench, focus_report({}), csv_text([{**row, "ContractedCost": "1.5"}]))

    assert len(set(values(delivery, f"{columns}, consumed_unit"))) == 1
    assert values(delivery, "contracted_cost") == decimals("1.25", "1.5")


def test_the_kind_focus_reads_these_reports_too_and_misses_what_is_named_otherwise(bench: Bench):
    delivery = bench.normalized("focus", bench.archived(focus_report({})))

    assert values(delivery, "billed_cost, service_name, sub_account_id, invoice_issuer_name, x_region") == [
        (Decimal("1.25"), "COMPUTE", TENANCY, None, "eu-frankfurt-1")
    ]
    assert sorted(finding.column for finding in delivery.findings) == ["ContractedCost", "InvoiceIssuerName"]
