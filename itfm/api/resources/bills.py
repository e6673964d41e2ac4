"""Bills, their revisions, and what was found in them."""

from __future__ import annotations

from typing import Any, get_args
from uuid import UUID

from rest_framework import serializers

from ingestion.comparison import Comparison, comparison
from ingestion.ledger.elsewhere import Match
from ingestion.models import Bill, BillRevision, Finding
from ingestion.payables.bill_states import BillState
from ingestion.selectors import current_revisions
from ingestion.tie_out import bill_states
from itfm.api.fields import Choice, Day, Exact, Form, Period, Query, Text, Totals
from itfm.api.operations import Call, Resource, operation
from itfm.api.paging import Page, PageQuery, page_of
from itfm.api.problems import ProblemError, unknown

SEVERITIES = ("error", "warning", "info")
TAG = ["Bills"]


class BillsQuery(PageQuery):
    """Which bills."""

    period = Period(required=False, help_text="Only bills of this billing period.")
    source = serializers.UUIDField(required=False, help_text="Only bills of this source.")  # type: ignore[assignment]  # the metaclass takes it away


class FileAnswer(Form):
    """A delivered file."""

    name = Text()
    size = serializers.IntegerField(help_text="Bytes.")
    sha256 = Text()
    row_count = serializers.IntegerField()


class MappedServiceAnswer(Form):
    """What a service was said to be."""

    provider = Text()
    service = Text(source="called")
    name = Text()
    category = Text()
    subcategory = Text()


class MappedRegionAnswer(Form):
    """What a region was called."""

    provider = Text()
    region = Text(source="called")
    name = Text()


class InOtherSourceAnswer(Form):
    """Postings that another source of the same book has too."""

    source = Text(help_text="Key of the source.")  # type: ignore[assignment]  # the metaclass takes it away
    match = Choice(
        choices=get_args(Match),
        help_text="`same` by their ids; `different`: the id is the same, but not the day, account or amount; `alike` in"
        " day, account and amount, where no ids tell.",
    )
    is_left_out = serializers.BooleanField(help_text="Whether they count in the other source only.")
    currency = Text()
    count = serializers.IntegerField()
    amount = Exact()


class RevisionAnswer(Form):
    """One delivered state of a bill."""

    id = serializers.UUIDField()
    bill = serializers.UUIDField(source="bill_id")
    number = serializers.IntegerField()
    is_in_force = serializers.SerializerMethodField(help_text="Whether charges come from this revision now.")
    delivery = Text()
    delivered_as = serializers.IntegerField(
        allow_null=True, help_text="Number of the revision whose files were read again for this one."
    )
    mapped_services = MappedServiceAnswer(many=True, help_text="What services were said to be when it was read.")
    mapped_regions = MappedRegionAnswer(many=True, help_text="What regions were called when it was read.")
    fingerprint = Text(help_text="SHA-256 over the delivered files.")
    rows = serializers.IntegerField(source="row_count")
    totals = Totals()
    charges_through = Day(allow_null=True)
    imported_at = serializers.DateTimeField()
    files = FileAnswer(many=True)
    in_other_sources = InOtherSourceAnswer(many=True, help_text="Postings of a general ledger that others have too.")

    def get_is_in_force(self, revision: BillRevision) -> bool:
        """Return whether charges come from this revision now."""
        return bool(revision.bill.current_revision_id == revision.id)


class BillAnswer(Form):
    """What one source bills for one period."""

    id = serializers.UUIDField()
    source = serializers.UUIDField(source="source_id")  # type: ignore[assignment]  # the metaclass takes it away
    source_name = Text(source="source.name")
    billing_period = Period()
    revision = serializers.UUIDField(source="current_revision_id", allow_null=True)
    rows = serializers.IntegerField(source="current_revision.row_count", default=None, allow_null=True)
    totals = Totals(source="current_revision.totals", default=None, allow_null=True)


class OneBillAnswer(BillAnswer):
    """A bill, and how final its total is."""

    invoice_state = Choice(
        choices=get_args(BillState),
        allow_null=True,
        help_text="`estimated` until issued invoices cover it, then `invoiced`; `trued_up` once it was delivered again"
        " or corrected since and ties out. Null where no revision is in force.",
    )


class ComparisonQuery(Query):
    """Which revisions, by their numbers."""

    older = serializers.IntegerField(min_value=1, max_value=999_999_999)
    newer = serializers.IntegerField(min_value=1, max_value=999_999_999)


class ComparedAnswer(Form):
    """Billed cost and number of charges in two revisions, in one currency."""

    currency = Text()
    older_cost = Exact()
    newer_cost = Exact()
    change = Exact(help_text="What the newer revision has more.")
    older_charges = serializers.IntegerField()
    newer_charges = serializers.IntegerField()
    charges_change = serializers.IntegerField()


class DifferenceAnswer(ComparedAnswer):
    """Charges of an account and a service that differ; null is charges that name none."""

    account_id = Text(allow_null=True)
    account_name = Text(allow_null=True)
    service_name = Text(allow_null=True)


class ComparisonAnswer(Form):
    """Where two revisions differ. The changes of the differences add up to those of the totals."""

    older = serializers.IntegerField()
    newer = serializers.IntegerField()
    differences = DifferenceAnswer(many=True, help_text="The largest change in cost first.")
    totals = ComparedAnswer(many=True, help_text="Of all charges, by currency.")


class FindingAnswer(Form):
    """Something a reader of the bill should know."""

    id = serializers.UUIDField()
    run = serializers.UUIDField(source="run_id", help_text="The import that found it.")
    revision = serializers.UUIDField(source="revision_id", allow_null=True)
    code = Text()
    severity = Choice(choices=SEVERITIES)
    file = Text()
    row = serializers.IntegerField(allow_null=True)
    column = Text()
    message = Text()


class FindingsQuery(PageQuery):
    """Which findings."""

    bill = serializers.UUIDField(required=False)
    revision = serializers.UUIDField(required=False)
    run = serializers.UUIDField(required=False, help_text="An import.")
    source = serializers.UUIDField(required=False)  # type: ignore[assignment]  # the metaclass takes it away
    severity = Choice(choices=SEVERITIES, required=False)
    code = Text(required=False, max_length=60)


class Bills(Resource):
    """All bills."""

    @operation("bills.read", query=BillsQuery, answers=BillAnswer, is_list=True, operation_id="list_bills", tags=TAG)
    def get(self, call: Call) -> Page[Bill]:
        """List bills, newest billing period first."""
        bills = Bill.objects.select_related("source", "current_revision")
        if "period" in call.query:
            bills = bills.filter(billing_period=call.query["period"])
        if "source" in call.query:
            bills = bills.filter(source_id=call.query["source"])
        return page_of(bills, order=("-billing_period", "id"), query=call.query)


class OneBill(Resource):
    """One bill."""

    @operation("bills.read", answers=OneBillAnswer, operation_id="read_bill", tags=TAG)
    def get(self, call: Call, bill_id: UUID) -> Bill:
        """Tell of one bill, and how final its total is."""
        bill = _bill(bill_id)
        in_force = current_revisions(bill.billing_period).filter(bill=bill)
        bill.invoice_state = bill_states(in_force, at=call.at).get(bill.id)  # type: ignore[attr-defined]
        return bill


class Revisions(Resource):
    """The revisions of a bill."""

    @operation("bills.read", answers=RevisionAnswer, is_list=True, operation_id="list_revisions", tags=TAG)
    def get(self, call: Call, bill_id: UUID) -> Page[BillRevision]:
        """List the revisions of a bill, newest first."""
        revisions = BillRevision.objects.filter(bill=_bill(bill_id)).select_related("bill")
        return page_of(revisions, order=("-number",), query=call.query)


class RevisionComparison(Resource):
    """Two revisions of a bill, compared."""

    @operation(
        "bills.read", query=ComparisonQuery, answers=ComparisonAnswer, operation_id="compare_revisions", tags=TAG
    )
    def get(self, call: Call, bill_id: UUID) -> Comparison:
        """Tell what changed from one revision of a bill to another, by account and service."""
        numbered = {one.number: one for one in BillRevision.objects.filter(bill=_bill(bill_id))}
        older, newer = numbered.get(call.query["older"]), numbered.get(call.query["newer"])
        if older is None or newer is None:
            raise unknown("revision")
        found = comparison(older, newer)
        if found is None:
            raise ProblemError("conflict", "The stored charges of one of them are not there.")
        return found


class OneRevision(Resource):
    """One revision."""

    @operation("bills.read", answers=RevisionAnswer, operation_id="read_revision", tags=TAG)
    def get(self, call: Call, revision_id: UUID) -> BillRevision:  # noqa: ARG002
        """Tell of one revision."""
        found = BillRevision.objects.select_related("bill").filter(pk=revision_id).first()
        if found is None:
            raise unknown("revision")
        return found


class Findings(Resource):
    """Findings."""

    @operation(
        "bills.read", query=FindingsQuery, answers=FindingAnswer, is_list=True, operation_id="list_findings", tags=TAG
    )
    def get(self, call: Call) -> Page[Finding]:
        """List what was found in bills, in the order of each import's files."""
        columns = {
            "bill": "revision__bill_id",
            "revision": "revision_id",
            "run": "run_id",
            "source": "run__source_id",
            "severity": "severity",
            "code": "code",
        }
        filters: dict[str, Any] = {column: call.query[name] for name, column in columns.items() if name in call.query}
        return page_of(Finding.objects.filter(**filters), order=("run_id", "number"), query=call.query)


def _bill(bill_id: UUID) -> Bill:
    found = Bill.objects.select_related("source", "current_revision").filter(pk=bill_id).first()
    if found is None:
        raise unknown("bill")
    return found
