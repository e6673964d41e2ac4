"""What import-linter cannot see: sizes, names, policies, the direction of foreign keys."""

import ast
from pathlib import Path

import pytest
from django.apps import apps
from django.urls import URLPattern, get_resolver

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("itfm", "ingestion", "allocation", "showback", "forecasting", "governance")
MODULES = sorted(
    path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "migrations" not in path.parts
)
LINE = ("core", "audit", "accounts", "notify", "ingestion", "allocation", "showback", "web", "api", "cli")
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc"}
MOST_LINES = 400
MOST_LINES_OF_A_FUNCTION = 40


def name(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_a_module_is_short_named_for_its_content_and_says_what_it_is_for(module):
    text = module.read_text(encoding="utf-8")
    tree = ast.parse(text)

    assert len(text.splitlines()) <= MOST_LINES
    assert module.stem not in FORBIDDEN_NAMES
    assert ast.get_docstring(tree), "a module opens with one sentence: what for"


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_functions_fit_on_a_screen(module):
    tree = ast.parse(module.read_text(encoding="utf-8"))

    long = [
        f"{node.name}: {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno - node.lineno + 1 > MOST_LINES_OF_A_FUNCTION
    ]

    assert long == []


def patterns(resolver, prefix=""):
    for entry in resolver.url_patterns:
        address = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield address, entry.callback
        else:
            yield from patterns(entry, address)


def own_views():
    return [(address, view) for address, view in patterns(get_resolver()) if not address.startswith("account/")]


@pytest.mark.parametrize(("address", "view"), own_views(), ids=lambda value: value if isinstance(value, str) else "")
def test_every_view_declares_who_may_enter(address, view):
    assert getattr(view, "policy", None), f"{address} declares no policy"


def test_foreign_keys_point_down_the_line():
    upward = [
        f"{model._meta.label}.{field.name} -> {field.related_model._meta.label}"
        for model in apps.get_models()
        if model._meta.app_label in LINE
        for field in model._meta.local_fields
        if field.related_model is not None
        and field.related_model._meta.app_label in LINE
        and LINE.index(field.related_model._meta.app_label) > LINE.index(model._meta.app_label)
        and field.related_model._meta.label != "accounts.User"
        and field.name != "organization"
    ]

    assert upward == []


def test_top_level_holds_what_it_should():
    import subprocess

    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    if not listed:
        pytest.skip("not a git checkout")
    top = {line.split("/")[0] for line in listed.splitlines()}

    assert {entry for entry in top if not entry.startswith(".")} <= {
        "manage.py", "itfm", "ingestion", "allocation", "showback", "forecasting", "governance", "templates", "tests",
        "docker-compose.yml", "Dockerfile", "pyproject.toml", "README.md", "LICENSE", "Makefile", "docs", "benchmarks",
        "package.json", "package-lock.json", "requirements.lock", "requirements-dev.lock", "requirements-focus-validator.lock", "requirements-spark.lock",
        "mkdocs.yml",
    }  # fmt: skip


def test_no_file_names_a_machine_or_a_package_registry():
    import subprocess

    hosts = "|".join(
        ["files[.]python" + "hosted", "registry[.]npm" + "js", "py" + "pi[.]org/simple", "deb[.]deb" + "ian"]
    )
    found = subprocess.run(["git", "grep", "-lE", hosts], cwd=ROOT, capture_output=True, text=True, check=False).stdout

    assert found == ""
