"""Which engine an organization's runs use."""

import pytest

from allocation.engine.backends import EngineError
from allocation.engine.backends.duckdb import DuckDB
from allocation.engine.backends.spark import Spark
from allocation.engines import choices, engine_of, local_engine
from itfm.accounts.models import Organization
from itfm.core.tenancy import tenant


def choose(organization, engine):
    with tenant(organization.id):
        Organization.objects.filter(pk=organization.id).update(engine=engine)


def test_an_organization_uses_the_sites_engine_within_the_sites_limits(acme, settings, tmp_path):
    settings.ENGINE_MEMORY_BYTES, settings.ENGINE_THREADS, settings.ENGINE_SPILL_FOLDER = 512 << 20, 3, ""

    found = engine_of(acme.id, scratch=tmp_path)

    assert found == DuckDB(memory_limit="512MiB", threads=3, temp_directory=tmp_path / "spill")


def test_an_organization_with_an_engine_of_its_own_uses_that(acme, settings, tmp_path):
    settings.ENGINE_MEMORY_BYTES, settings.ENGINE_THREADS = 512 << 20, 3
    settings.SPARK_MASTER, settings.ENGINE_SPILL_FOLDER = "spark://cluster:7077", "/fast"
    choose(acme, "spark")

    found = engine_of(acme.id, scratch=tmp_path)

    assert isinstance(found, Spark)
    assert (found.master, found.executor_memory_mib, found.executor_cores) == ("spark://cluster:7077", 512, 3)
    assert found.exchange_folder == tmp_path / "exchange"
    assert found.local == local_engine(tmp_path)
    assert str(found.local.temp_directory) == "/fast"


def test_an_organization_can_stay_on_duckdb_where_the_site_is_on_spark(acme, settings, tmp_path):
    settings.ENGINE = "spark"
    choose(acme, "duckdb")

    assert isinstance(engine_of(acme.id, scratch=tmp_path), DuckDB)


def test_a_site_set_to_an_engine_that_does_not_run_says_so(acme, settings, tmp_path):
    settings.ENGINE = "trino"

    with pytest.raises(EngineError, match="Nothing can run on 'trino'"):
        engine_of(acme.id, scratch=tmp_path)


def test_only_engines_that_run_can_be_chosen(settings):
    settings.ENGINE = "duckdb"

    assert [key for key, _ in choices()] == ["", "duckdb", "spark"]
    assert choices()[0][1] == "As the site is set up: DuckDB, in this process"


def test_the_secret_of_a_cluster_is_not_shown():
    assert "s3cret" not in repr(Spark(secret="s3cret"))
