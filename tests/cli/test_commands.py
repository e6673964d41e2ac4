"""The command line as scripts meet it: one JSON object, stable exit codes, errors that say what to do."""

import csv
import json
import re
import subprocess
import sys
import tempfile
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command

from tests.cli.commands import import_bill, itfm
from tests.ingestion.connectors.test_aws_cur import cur_2_rows
from tests.ingestion.focus_files import line, write_bill
from tests.ingestion.normalize.bills import csv_text
from tests.ingestion.test_aws_recommendations import ROW

ROOT = Path(__file__).resolve().parents[2]
RULES = """
version: 1
cost_centers: [{code: "1", name: All, children: [{code: "1.1", name: Storage}]}]
dimensions:
  - {key: team, name: Team, rules: [{when: {column: service_name, equals: Disk}, value: Storage}]}
"""


@pytest.fixture
def bill(tmp_path):
    return write_bill(tmp_path / "october.csv", line("1.5", service="Disk"), line("2.25"))


@pytest.mark.django_db
class TestImport:
    def test_an_import_tells_bills_totals_and_findings(self, bill):
        code, told = import_bill(bill, "focus")

        assert code == 0
        assert set(told) == {"status", "bills", "findings", "error"}
        (october,) = told["bills"]
        assert (told["status"], october["billing_period"], october["rows"]) == ("imported", "2026-10", 2)
        assert october["totals"]["USD"] == {
            "billed_cost": "3.75",
            "effective_cost": "3.75",
            "list_cost": "3.75",
            "contracted_cost": "3.75",
        }

    def test_the_same_file_again_is_unchanged_and_shows_the_bill_in_force(self, bill):
        _, first = import_bill(bill, "focus")
        code, second = import_bill(bill, "focus")

        assert (code, second["status"], second["bills"]) == (0, "unchanged", first["bills"])

    def test_a_broken_file_is_rejected_with_file_row_and_column(self, tmp_path):
        code, told = import_bill(write_bill(tmp_path / "bad.csv", line("1"), line("1_000")), "focus")

        assert (code, told["status"], told["bills"]) == (2, "rejected", [])
        finding = next(one for one in told["findings"] if one["severity"] == "error")
        assert (finding["file"], finding["row"], finding["column"]) == ("bad.csv", 2, "BilledCost")
        assert told["error"]["message"]

    def test_a_list_of_recommendations_comes_in_as_a_file_or_beside_the_bills_of_a_folder(self, tmp_path):
        folder = tmp_path / "aws"
        (folder / "cor" / "date=2026-10-06").mkdir(parents=True)
        (folder / "cur.csv").write_text(csv_text(cur_2_rows({})))
        (folder / "cor" / "date=2026-10-06" / "list.csv").write_text(csv_text([ROW]))
        alone = tmp_path / "cor.csv"
        alone.write_text(csv_text([ROW, {**ROW, "estimated_monthly_savings_after_discount": "0.5"}]))
        told = tmp_path / "settings.yaml"
        told.write_text("recommendations_prefix: cor\n")

        code, beside = import_bill(folder, "aws_cur", "acme", "--settings-file", told)
        assert (code, beside["status"], len(beside["bills"]), beside["findings"]) == (0, "imported", 1, [])
        code, single = import_bill(alone, "aws_cur")
        assert (code, single["status"], single["bills"]) == (0, "imported", [])
        (finding,) = single["findings"]
        assert finding["message"] == (
            "A list of 2 recommendations of 2026-10-05, estimated monthly savings 140.66 USD, was taken in."
            " The source has a newer one, of 2026-10-06, which stays the one that is shown."
        )

        alone.write_text(csv_text([{**ROW, "estimated_monthly_savings_after_discount": "1,5"}]))
        code, refused = import_bill(alone, "aws_cur")
        assert (code, refused["status"], refused["error"]["code"]) == (2, "rejected", "not_a_number")
        (finding,) = refused["findings"]
        assert (finding["file"], finding["row"]) == ("cor.csv", 1)

    def test_a_delivery_that_is_not_complete_waits(self, tmp_path):
        period = tmp_path / "reports" / "cur" / "20261001-20261101"
        period.mkdir(parents=True)
        manifest = {
            "assemblyId": "11111111-2222-3333-4444-555555555555",
            "account": "123456789012",
            "columns": [{"category": "lineItem", "name": "UnblendedCost"}],
            "charset": "UTF-8",
            "compression": "GZIP",
            "contentType": "text/csv",
            "reportName": "cur",
            "billingPeriod": {"start": "20261001T000000.000Z", "end": "20261101T000000.000Z"},
            "bucket": "bills",
            "reportKeys": ["reports/cur/20261001-20261101/cur-00001.csv.gz"],
        }
        (period / "cur-Manifest.json").write_text(json.dumps(manifest))

        code, told = import_bill(tmp_path, "aws_cur")

        assert (code, told["status"], told["bills"]) == (0, "waiting", [])
        assert "cur-00001.csv.gz" in told["error"]["message"]

    def test_a_path_with_nothing_there_is_wrong_usage(self, tmp_path):
        with pytest.raises(CommandError, match="There is nothing at"):
            import_bill(tmp_path / "none.csv", "focus")

    def test_an_unknown_organization_is_not_made_unasked(self, bill):
        with pytest.raises(CommandError, match="no organization 'acme'"):
            itfm("bills", "import", bill, "--organization", "acme", "--kind", "focus")


@pytest.mark.django_db
class TestRest:
    def test_rules_costs_and_export_tell_the_same_story(self, bill, tmp_path):
        import_bill(bill, "focus")
        (tmp_path / "rules.yaml").write_text(RULES)

        code, applied = itfm("rules", "apply", tmp_path / "rules.yaml")
        _, run = itfm("allocate", "--organization", "acme", "--period", "2026-10")
        _, costs = itfm(
            "costs", "--organization", "acme", "--period", "2026-10", "--by", "Team", "--by", "service_name"
        )

        assert (code, applied["status"], applied["version"], applied["cost_centers"]) == (0, "published", 1, 2)
        assert run["proof"]["holds"] is True
        assert {step["sums"]["USD"]["billed_cost"] for step in run["steps"]} == {"3.750000000000000000"}
        assert Decimal(run["unallocated"]["team"]["USD"]["effective_cost"]) == Decimal("2.25")
        assert [(row["Team"], row["service_name"], Decimal(row["effective_cost"])) for row in costs["rows"]] == [
            ("Storage", "Disk", Decimal("1.5")),
            (None, "Storage", Decimal("2.25")),
        ]

    def test_a_run_proves(self, bill):
        import_bill(bill, "focus")
        _, run = itfm("allocate", "--organization", "acme", "--period", "2026-10")

        code, proved = itfm("prove", run["run"])

        assert (code, proved["proof"]["holds"]) == (0, True)

    def test_exported_rules_apply_as_unchanged(self, bill, tmp_path):
        import_bill(bill, "focus")
        (tmp_path / "rules.yaml").write_text(RULES)
        itfm("rules", "apply", tmp_path / "rules.yaml")

        itfm("rules", "export", "--to", tmp_path / "again.yaml")

        assert itfm("rules", "apply", tmp_path / "again.yaml")[1]["status"] == "unchanged"

    def test_rules_are_compared_with_those_in_force_before_they_are_applied(self, bill, tmp_path):
        import_bill(bill, "focus")
        spelled = RULES + "tag_aliases: {team: [Team, squad]}\nsimilar_tag_keys: true\n"
        (tmp_path / "rules.yaml").write_text(RULES)
        (tmp_path / "spelled.yaml").write_text(spelled)
        (tmp_path / "broken.yaml").write_text(RULES + "tag_aliases: {team: [team]}\n")

        first = itfm("rules", "diff", tmp_path / "rules.yaml")[1]
        itfm("rules", "apply", tmp_path / "rules.yaml")
        same = itfm("rules", "diff", tmp_path / "rules.yaml")[1]
        code, told = itfm("rules", "diff", tmp_path / "spelled.yaml")
        itfm("rules", "apply", tmp_path / "spelled.yaml")
        itfm("rules", "export", "--to", tmp_path / "again.yaml")

        assert (first["version"], first["changes"][0]["place"]) == (None, "Dimension Team")
        assert same == {"version": 1, "changes": []}
        assert (code, told["changes"]) == (0, [
            {"sign": "added", "place": "Spellings of tag key team", "before": None, "after": "Team, squad"},
            {"sign": "changed", "place": "Similar tag keys", "before": "are different keys", "after": "count as one"},
        ])  # fmt: skip
        assert itfm("rules", "diff", tmp_path / "again.yaml")[1] == {"version": 2, "changes": []}
        assert itfm("rules", "diff", tmp_path / "broken.yaml")[1]["error"]["problems"] == [
            "tag_aliases.team: 'team' is the key itself; leave it out of its spellings"
        ]

    def test_rules_with_a_mistake_are_rejected_with_its_place(self, bill, tmp_path):
        import_bill(bill, "focus")
        (tmp_path / "rules.yaml").write_text(RULES.replace("equals", "equal"))

        code, told = itfm("rules", "apply", tmp_path / "rules.yaml")

        assert (code, told["status"]) == (2, "rejected")
        assert told["error"]["problems"][0].startswith("dimensions[0].rules[0].when")

    @pytest.mark.parametrize(
        ("written", "said"),
        [
            ("amount_colum: Net", "amount_colum: there is no such setting"),
            ("no settings", "write one 'name: value' in each line"),
            (None, "No such file or directory."),
        ],
    )
    def test_settings_that_cannot_be_read_are_told_plainly(self, bill, tmp_path, written, said):
        if written is not None:
            (tmp_path / "settings.yaml").write_text(written)

        with pytest.raises(CommandError, match=re.escape(said)):
            import_bill(bill, "invoice_file", "acme", "--settings-file", tmp_path / "settings.yaml")

    def test_charges_are_exported_under_their_focus_names(self, bill, tmp_path):
        import_bill(bill, "focus")

        code, told = itfm(
            "charges", "export", "--organization", "acme", "--period", "2026-10", "--to", tmp_path / "o.parquet"
        )

        table = pq.read_table(tmp_path / "o.parquet")
        assert (code, told["rows"]) == (0, 2)
        assert table["BilledCost"].to_pylist() == [Decimal("1.5"), Decimal("2.25")]

    @pytest.mark.parametrize(
        ("version", "has", "has_not"),
        [
            ("1.2", {"ProviderName", "PublisherName"}, {"ServiceProviderName", "AllocatedTags", "InvoiceDetailId"}),
            ("1.3", {"ProviderName", "ServiceProviderName", "HostProviderName"}, {"InvoiceDetailId"}),
            ("1.4", {"ServiceProviderName", "InvoiceDetailId"}, {"ProviderName", "PublisherName"}),
        ],
    )
    def test_an_export_in_an_earlier_version_reads_back_to_the_same_charges(
        self, bill, tmp_path, version, has, has_not
    ):
        import_bill(bill, "focus")
        asked = ("charges", "export", "--organization", "acme", "--period", "2026-10", "--focus", version, "--to")
        for name in ("o.parquet", "o.csv"):
            assert itfm(*asked, tmp_path / name)[1]["rows"] == 2
        assert sorted(path.name for path in tmp_path.glob("*o.*")) == ["o.csv", "o.parquet"]

        table = pq.read_table(tmp_path / "o.parquet")
        lines = list(csv.DictReader((tmp_path / "o.csv").read_text().splitlines()))
        assert has <= set(table.column_names)
        assert not has_not & set(table.column_names)
        assert list(lines[0]) == table.column_names
        assert [Decimal(line["BilledCost"]) for line in lines] == table["BilledCost"].to_pylist()

        import_bill(tmp_path / "o.csv", "focus", "again")
        again = tmp_path / "again.parquet"
        itfm("charges", "export", "--organization", "again", "--period", "2026-10", "--to", again)
        itfm("charges", "export", "--organization", "acme", "--period", "2026-10", "--to", tmp_path / "first.parquet")
        kept = ["BilledCost", "EffectiveCost", "ServiceName", "ServiceProviderName", "ChargePeriodStart", "Tags"]
        first, second = (pq.read_table(tmp_path / name, columns=kept) for name in ("first.parquet", "again.parquet"))
        assert first.sort_by("BilledCost").to_pylist() == second.sort_by("BilledCost").to_pylist()

    def test_the_ledger_is_exported_with_its_allocation(self, bill, tmp_path):
        import_bill(bill, "focus")
        asked = ("charges", "export", "--organization", "acme", "--period", "2026-10", "--to", tmp_path / "o.parquet")
        with pytest.raises(CommandError, match="2026-10 is not allocated"):
            itfm(*asked, "--allocated")
        itfm("allocate", "--organization", "acme", "--period", "2026-10")

        assert itfm(*asked, "--allocated")[1]["rows"] == 2
        assert sum(pq.read_table(tmp_path / "o.parquet")["BilledCost"].to_pylist()) == Decimal("3.75")
        assert itfm(*asked, "--allocated", "--is", "service_name:nothing")[1]["rows"] == 0
        with pytest.raises(CommandError, match="add --allocated"):
            itfm(*asked, "--is", "service_name:nothing")
        with pytest.raises(CommandError, match="cannot be grouped by 'planet'"):
            itfm(*asked, "--allocated", "--is", "planet:Mars")

    def test_a_period_that_is_no_month_is_wrong_usage(self, bill):
        import_bill(bill, "focus")

        with pytest.raises(CommandError, match="write it as YYYY-MM"):
            itfm("allocate", "--organization", "acme", "--period", "October")

    def test_words_for_people_name_what_a_bill_leaves_empty(self, bill):
        import_bill(bill, "focus")
        itfm("allocate", "--organization", "acme", "--period", "2026-10")
        out = StringIO()

        call_command("costs", "--organization", "acme", "--period", "2026-10", "--by", "region_id", stdout=out)

        assert out.getvalue().splitlines()[1].startswith("(none)")


def test_without_a_database_a_command_brings_its_own(tmp_path):
    import os

    unset = {"DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "ITFM_HOME"}
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    bill = write_bill(tmp_path / "october.csv", line("1.5"))
    with tempfile.TemporaryDirectory(prefix="itfm cli ") as folder:
        Path(folder).chmod(0o755)
        done = subprocess.run(
            [sys.executable, "manage.py", "bills", "import", "--home", f"{folder}/home", "--organization", "acme",
             "--create-organization", "--kind", "focus", "--json", str(bill)],
            cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["status"] == "imported"


def test_wrong_usage_exits_with_1(tmp_path):
    done = subprocess.run(
        [sys.executable, "manage.py", "bills", "import", "--no-such-option"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip

    assert done.returncode == 1
    assert "usage" in done.stderr
