"""Regions without a name, and what an organization calls them; `/outdated-bills` reads bills again for it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework import serializers

from ingestion.focus.mapped_regions import MappedRegion
from ingestion.focus.mapped_services import LONGEST
from ingestion.models import RegionMapping
from ingestion.region_catalog import region_catalog
from ingestion.services.mappings import MappingError, map_region, unmap_region
from itfm.api.fields import Day, Form, Text
from itfm.api.operations import Call, Resource, operation
from itfm.api.paging import Page, PageQuery, page_of
from itfm.api.problems import FieldProblem, ProblemError, unknown
from itfm.api.replies import Reply
from itfm.api.resources.services import CurrencyCostAnswer, told

TAG = ["Regions"]
NAMES = {"called": "region"}
"""What our fields are called here."""


class UnknownRegionAnswer(Form):
    """A region that neither its bills nor anybody here gives a name."""

    provider = Text(help_text="HostProviderName in FOCUS; empty where charges name none.")
    region = Text(source="called", help_text="RegionId as the bill has it.")
    costs = CurrencyCostAnswer(many=True)
    charge_count = serializers.IntegerField()
    bill_count = serializers.IntegerField()
    first_seen = Day()
    last_seen = Day()


class UnknownRegionsAnswer(Form):
    """All of them."""

    items = UnknownRegionAnswer(many=True)


class RegionMappingForm(Form):
    """What a region is called."""

    provider = Text(
        max_length=LONGEST, allow_blank=True, default="", help_text="HostProviderName; empty where charges name none."
    )
    region = Text(max_length=LONGEST, help_text="RegionId as the bill has it.")
    name = Text(max_length=LONGEST, help_text="RegionName from then on.")


class RegionMappingAnswer(Form):
    """What a region is said to be called."""

    id = serializers.UUIDField()
    provider = Text()
    region = Text(source="called")
    name = Text()
    mapped_by = Text()
    mapped_at = serializers.DateTimeField()


class UnknownRegions(Resource):
    """Regions without a name."""

    @operation("bills.read", answers=UnknownRegionsAnswer, operation_id="list_unknown_regions", tags=TAG)
    def get(self, call: Call) -> dict[str, list[dict[str, Any]]]:  # noqa: ARG002
        """List the regions of the bills in force that have no name, the dearest first."""
        return {"items": [told(one) for one in region_catalog().unknown]}


class RegionMappings(Resource):
    """What regions are called."""

    @operation(
        "bills.read",
        query=PageQuery,
        answers=RegionMappingAnswer,
        is_list=True,
        operation_id="list_region_mappings",
        tags=TAG,
    )
    def get(self, call: Call) -> Page[RegionMapping]:
        """List what regions are called, by provider and region."""
        return page_of(RegionMapping.objects.all(), order=("provider", "called", "id"), query=call.query)

    @operation(
        "sources.write", body=RegionMappingForm, answers=RegionMappingAnswer, operation_id="map_region", tags=TAG
    )
    def put(self, call: Call) -> RegionMapping:
        """Say what a region is called, for bills as they come in. Doing it twice changes nothing."""
        body = call.body
        region = MappedRegion(provider=body["provider"], called=body["region"], name=body["name"])
        try:
            return map_region(region, organization_id=call.organization.id, by=call.actor, at=call.at)
        except MappingError as error:
            field = FieldProblem(pointer=f"/{NAMES.get(error.field, error.field)}", detail=str(error))
            raise ProblemError("invalid", "The mapping has a field that is wrong.", errors=[field]) from error


class OneRegionMapping(Resource):
    """What one region is called."""

    @operation("sources.write", status=204, operation_id="unmap_region", tags=TAG)
    def delete(self, call: Call, region_mapping_id: UUID) -> Reply:
        """Forget what a region is called."""
        found = RegionMapping.objects.filter(pk=region_mapping_id).first()
        if found is None:
            raise unknown("mapping")
        unmap_region(found, by=call.actor)
        return Reply(None, status=204)
