"""Row-level security as the application's role meets it."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import ProgrammingError

from ingestion.models import Bill, BillSource
from itfm.accounts.models import Membership, Organization
from itfm.core.policy import Role
from itfm.core.tenancy import NoTenantError, acting_user, current_organization_id, system, tenant
from tests.conftest import member


def source(organization, key="aws"):
    return BillSource.objects.create(organization=organization, key=key, name=key, kind="aws_cur")


def test_a_tenant_sees_only_its_own_rows(acme, globex):
    with tenant(acme.id):
        source(acme)
    with tenant(globex.id):
        source(globex, "azure")

        assert [found.key for found in BillSource.objects.all()] == ["azure"]


def test_outside_of_a_tenant_nothing_is_seen(acme):
    with tenant(acme.id):
        source(acme)

    assert not BillSource.objects.exists()
    assert not Organization.objects.exists()


def test_a_row_of_another_tenant_cannot_be_written(acme, globex):
    with tenant(acme.id), pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        source(globex)


def test_a_row_cannot_point_at_another_tenants_row(acme, globex):
    with tenant(globex.id):
        foreign = source(globex)
    with pytest.raises(IntegrityError), tenant(acme.id):
        Bill.objects.create(organization=acme, source_id=foreign.id, billing_period="2026-10-01")
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_the_tenant_is_restored_after_an_inner_one(acme, globex):
    with tenant(acme.id):
        with tenant(globex.id):
            assert current_organization_id() == globex.id

        assert current_organization_id() == acme.id


def test_the_tenant_is_restored_after_an_error_in_an_inner_one(acme, globex):
    with tenant(acme.id):
        with pytest.raises(ValueError, match="planted"), tenant(globex.id):
            raise ValueError("planted")

        assert current_organization_id() == acme.id


def test_no_tenant_is_an_error_to_code_that_needs_one(db):
    with pytest.raises(NoTenantError):
        current_organization_id()


def test_people_see_their_own_memberships_in_every_organization(acme, globex):
    user = member(acme, Role.OWNER, "both@example.com")
    member(globex, Role.VIEWER)
    with tenant(globex.id):
        Membership.objects.create(organization=globex, user=user, role=Role.VIEWER)

    with acting_user(user.pk):
        found = {place.organization.slug: place.role for place in Membership.objects.select_related("organization")}

    assert found == {"acme": "owner", "globex": "viewer"}


def test_a_round_over_all_tenants_sees_their_ids_but_not_their_rows(acme, globex):
    with tenant(acme.id):
        source(acme)

    with system():
        assert Organization.objects.count() == 2
        assert not BillSource.objects.exists()


def test_the_application_role_owns_nothing_and_bypasses_nothing(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls OR rolcreaterole FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False,)
        cursor.execute(
            "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND pg_get_userbyid(relowner) = current_user"
        )
        assert cursor.fetchone() == (0,)


def test_a_partition_of_the_mart_cannot_be_read_by_its_own_name(acme):
    with tenant(acme.id), connection.cursor() as cursor:
        cursor.execute("SELECT itfm_mart_partition('2026-10-01')")
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            cursor.execute("SELECT * FROM allocation_allocatedcost_202610")
