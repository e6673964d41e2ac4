"""Services without a category, what an organization says they are, and reading bills again for it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework import serializers

from ingestion.focus.mapped_services import LONGEST, MappedService
from ingestion.focus.services import SUBCATEGORIES
from ingestion.models import BillRevision, BillSource, ImportRun, ServiceMapping
from ingestion.region_catalog import outdated_bills
from ingestion.service_catalog import catalog
from ingestion.services.mappings import MappingError, map_service, unmap_service
from ingestion.services.reading_again import request_reading_again
from ingestion.unknown import Unknown
from itfm.api.fields import Choice, Day, Exact, Form, Period, Text
from itfm.api.operations import Call, Resource, operation
from itfm.api.paging import Page, PageQuery, page_of
from itfm.api.problems import FieldProblem, ProblemError, unknown
from itfm.api.replies import Reply
from itfm.api.resources.sources import ImportAnswer

TAG = ["Services"]
MOST_BILLS = 1_000
NAMES = {"called": "service"}
"""What our fields are called here."""


class CurrencyCostAnswer(Form):
    """Billed cost in one currency."""

    currency = Text()
    billed_cost = Exact()


class UnknownServiceAnswer(Form):
    """A service that neither its bills nor anybody here gives a category."""

    provider = Text(help_text="ServiceProviderName in FOCUS; empty where charges name none.")
    service = Text(source="called", help_text="ServiceName as the bill has it.")
    costs = CurrencyCostAnswer(many=True)
    charge_count = serializers.IntegerField()
    bill_count = serializers.IntegerField()
    first_seen = Day()
    last_seen = Day()


class UnknownServicesAnswer(Form):
    """All of them."""

    items = UnknownServiceAnswer(many=True)


class MappingForm(Form):
    """What a service is."""

    provider = Text(
        max_length=LONGEST,
        allow_blank=True,
        default="",
        help_text="ServiceProviderName; empty where charges name none.",
    )
    service = Text(max_length=LONGEST, help_text="ServiceName as the bill has it.")
    name = Text(max_length=LONGEST, help_text="ServiceName from then on.")
    category = Choice(choices=tuple(SUBCATEGORIES), help_text="ServiceCategory of FOCUS 1.4.")
    subcategory = Text(max_length=60, help_text="ServiceSubcategory of FOCUS 1.4, of that category.")


class MappingAnswer(Form):
    """What a service is said to be."""

    id = serializers.UUIDField()
    provider = Text()
    service = Text(source="called")
    name = Text()
    category = Text()
    subcategory = Text()
    mapped_by = Text()
    mapped_at = serializers.DateTimeField()


class OutdatedBillAnswer(Form):
    """A bill that would have other services or regions if it were read again."""

    id = serializers.UUIDField(source="bill_id")
    source = serializers.UUIDField(source="bill.source_id")  # type: ignore[assignment]  # the metaclass takes it away
    billing_period = Period(source="bill.billing_period")
    revision = serializers.UUIDField(source="id")


class OutdatedBillsAnswer(Form):
    """All of them."""

    items = OutdatedBillAnswer(many=True)


class ReadingAgainForm(Form):
    """Which bills to read again."""

    bills = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=MOST_BILLS, help_text="Of `/outdated-bills`."
    )


class ReadingAgainAnswer(Form):
    """The imports that read bills again, and the sources that are busy with another."""

    imports = ImportAnswer(many=True)
    busy_sources = serializers.ListField(child=serializers.UUIDField(), help_text="Ask for their bills again.")


class UnknownServices(Resource):
    """Services without a category."""

    @operation("bills.read", answers=UnknownServicesAnswer, operation_id="list_unknown_services", tags=TAG)
    def get(self, call: Call) -> dict[str, list[dict[str, Any]]]:  # noqa: ARG002
        """List the services of the bills in force that have no category, the dearest first."""
        return {"items": [told(one) for one in catalog().unknown]}


class ServiceMappings(Resource):
    """What services are said to be."""

    @operation(
        "bills.read",
        query=PageQuery,
        answers=MappingAnswer,
        is_list=True,
        operation_id="list_service_mappings",
        tags=TAG,
    )
    def get(self, call: Call) -> Page[ServiceMapping]:
        """List what services are said to be, by provider and service."""
        return page_of(ServiceMapping.objects.all(), order=("provider", "called", "id"), query=call.query)

    @operation("sources.write", body=MappingForm, answers=MappingAnswer, operation_id="map_service", tags=TAG)
    def put(self, call: Call) -> ServiceMapping:
        """Say what a service is, for bills as they come in. Doing it twice changes nothing."""
        service = MappedService(
            **{("called" if name == "service" else name): value for name, value in call.body.items()}
        )
        try:
            return map_service(service, organization_id=call.organization.id, by=call.actor, at=call.at)
        except MappingError as error:
            field = FieldProblem(pointer=f"/{NAMES.get(error.field, error.field)}", detail=str(error))
            raise ProblemError("invalid", "The mapping has a field that is wrong.", errors=[field]) from error


class OneServiceMapping(Resource):
    """What one service is said to be."""

    @operation("sources.write", status=204, operation_id="unmap_service", tags=TAG)
    def delete(self, call: Call, mapping_id: UUID) -> Reply:
        """Forget what a service is."""
        found = ServiceMapping.objects.filter(pk=mapping_id).first()
        if found is None:
            raise unknown("mapping")
        unmap_service(found, by=call.actor)
        return Reply(None, status=204)


class OutdatedBills(Resource):
    """Bills that came in before a mapping was made, changed or removed."""

    @operation("bills.read", answers=OutdatedBillsAnswer, operation_id="list_outdated_bills", tags=TAG)
    def get(self, call: Call) -> dict[str, tuple[BillRevision, ...]]:  # noqa: ARG002
        """List the bills that would have other services or regions if they were read again, newest first."""
        return {"items": outdated_bills()}

    @operation(
        "bills.pull",
        body=ReadingAgainForm,
        answers=ReadingAgainAnswer,
        status=202,
        operation_id="read_bills_again",
        tags=TAG,
    )
    def post(self, call: Call) -> dict[str, Any]:
        """Have the archived files of bills read again. Others than those listed here are left as they are."""
        asked = set(call.body["bills"])
        revisions = [revision for revision in outdated_bills() if revision.bill_id in asked]
        runs, busy = request_reading_again(revisions, organization_id=call.organization.id, by=call.actor, at=call.at)
        return _queued(runs, busy)


def told(one: Unknown) -> dict[str, Any]:
    """Return what an answer tells of something unknown."""
    costs = [{"currency": currency, "billed_cost": cost} for currency, cost in one.costs.items()]
    return {
        "provider": one.provider,
        "called": one.called,
        "costs": costs,
        "charge_count": one.charge_count,
        "bill_count": one.bill_count,
        "first_seen": one.first_seen,
        "last_seen": one.last_seen,
    }


def _queued(runs: list[ImportRun], busy: list[BillSource]) -> dict[str, Any]:
    return {"imports": runs, "busy_sources": [source.id for source in busy]}
