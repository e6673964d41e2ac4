"""The files that deploy the platform, checked as far as possible without a container engine."""

import json
import os
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
SPARK = [name for name, service in SERVICES.items() if service.get("profiles") == ["spark"]]
OURS = [name for name, service in SERVICES.items() if "build" in service and name not in SPARK]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
VARIABLE = r"((?:ITFM|DATABASE|REDIS)_[A-Z_]+)"


def variables_read():
    """Every variable that settings and the embedded stack take from the environment."""
    settings = (ROOT / "itfm" / "settings.py").read_text(encoding="utf-8")
    found = set(re.findall(rf'(?:env\.\w+|_database)\(\s*"{VARIABLE}"', settings))
    for module in (ROOT / "itfm" / "embedded").glob("*.py"):
        text = module.read_text(encoding="utf-8")
        found |= set(re.findall(rf'(?:environ(?:\.get\(|\[)|\.of\(environ, )"{VARIABLE}"', text))
    return found


def instructions(name):
    joined = DOCKERFILE.replace("\\\n", " ")
    return [line.split(maxsplit=1)[1] for line in joined.splitlines() if line.startswith(f"{name} ")]


def is_sent_to_the_engine(path):
    rules = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    is_ignored = False
    for rule in (rule for rule in rules if rule and not rule.startswith("#")):
        if fnmatch(path, rule.removeprefix("!")):
            is_ignored = not rule.startswith("!")
    return not is_ignored


def test_the_stack_has_web_worker_beat_postgres_redis_and_what_prepares_them():
    assert set(SERVICES) - set(SPARK) == {"web", "worker", "beat", "roles", "migrate", "postgres", "redis"}


def test_spark_has_a_master_and_workers_of_the_same_image_and_lake_and_waits_to_be_asked_for():
    assert SPARK == ["spark-master", "spark-worker"]
    for name in SPARK:
        service = SERVICES[name]
        assert (service["image"], service["build"]) == (SERVICES["worker"]["image"], SERVICES["worker"]["build"])
        assert service["volumes"] == SERVICES["worker"]["volumes"]
    assert SERVICES["worker"]["build"]["args"] == {"WITH_SPARK": "${ITFM_WITH_SPARK:-}"}
    assert DOCKERFILE.count("ARG WITH_SPARK=\n") == 2
    for service in ("web", "worker", "beat"):
        assert not set(SERVICES[service]["depends_on"]) & set(SPARK)


@pytest.mark.parametrize("name", SPARK)
def test_a_part_of_the_cluster_does_not_start_without_its_secret(name):
    (shell, option, script) = SERVICES[name]["command"]
    until = script.partition("exec ")[0].replace("$$", "$")
    environ = {"PATH": os.environ["PATH"]}

    without = subprocess.run(
        [shell, option, until], env={**environ, "SPARK_SECRET": ""}, capture_output=True, check=False
    )
    with_one = subprocess.run(
        [shell, option, f'{until} echo "$SPARK_DAEMON_JAVA_OPTS"'], env={**environ, "SPARK_SECRET": "s3"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert without.returncode != 0
    assert with_one.stdout.strip() == "-Dspark.authenticate=true -Dspark.authenticate.secret=s3"
    assert SERVICES[name]["environment"]["SPARK_SECRET"] == SERVICES["worker"]["environment"]["ITFM_SPARK_SECRET"]


def test_the_lock_file_of_spark_holds_what_the_extra_asks_for_and_no_other_file_does():
    locked = (ROOT / "requirements-spark.lock").read_text(encoding="utf-8")

    assert re.findall(r"^(\w+)==", locked, flags=re.MULTILINE) == ["py4j", "pyspark"]
    assert locked.count("--hash=sha256:") >= 2
    for name in ("requirements.lock", "requirements-dev.lock"):
        assert "pyspark" not in (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["web", "worker", "beat", "postgres", "redis", *SPARK])
def test_what_keeps_running_is_restarted_and_watched(name):
    assert SERVICES[name]["restart"] == "unless-stopped"
    assert SERVICES[name]["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")


def test_nothing_serves_before_the_schema_is_there():
    for name in ("web", "worker", "beat"):
        assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert SERVICES["migrate"]["depends_on"]["roles"] == {"condition": "service_completed_successfully"}
    assert SERVICES["roles"]["depends_on"]["postgres"] == {"condition": "service_healthy"}


@pytest.mark.parametrize("name", SERVICES)
def test_services_wait_for_services_that_exist_and_can_meet_the_condition(name):
    for other, wanted in SERVICES[name].get("depends_on", {}).items():
        assert other in SERVICES
        if wanted["condition"] == "service_healthy":
            assert "healthcheck" in SERVICES[other]


@pytest.mark.parametrize("name", SERVICES)
def test_volumes_are_declared(name):
    for volume in SERVICES[name].get("volumes", []):
        assert volume.split(":")[0] in COMPOSE["volumes"]


@pytest.mark.parametrize("name", OURS)
def test_every_variable_given_to_a_service_of_ours_is_one_it_reads(name):
    assert set(SERVICES[name]["environment"]) <= variables_read()


def test_only_preparation_can_change_the_schema():
    holders = {name for name in OURS if "DATABASE_OWNER_URL" in SERVICES[name]["environment"]}

    assert holders == {"roles", "migrate"}


def test_no_secret_stands_in_the_file():
    for name, service in SERVICES.items():
        for variable, value in service["environment"].items():
            if re.search("PASSWORD|SECRET|_URL|AUTH", variable) and variable != "ITFM_SITE_URL":
                assert re.search(r"\$\{\w+:[?-]", value), f"{name}: {variable}"


def test_only_the_web_server_is_published_and_on_loopback_unless_told_otherwise():
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}

    assert published == {"web": ["${ITFM_PUBLISH:-127.0.0.1:8000}:8000"]}


def commands():
    """Each command of an image of ours, as words."""
    given = {name: SERVICES[name].get("command") for name in OURS}
    default = json.loads(instructions("CMD")[0])
    return [pytest.param(words or default, id=name) for name, words in given.items()]


@pytest.mark.parametrize("words", commands())
def test_every_command_names_a_program_and_modules_that_exist(words):
    program, *arguments = words
    if program == "python":
        program = arguments[1] if arguments[0] == "-m" else arguments[0]
        assert (ROOT / program).is_file() if program.endswith(".py") else find_spec(program)
    else:
        assert (Path(sys.executable).parent / program).exists()
    for module in (word.partition(":")[0] for word in arguments if re.fullmatch(r"itfm\.[a-z.]+(:\w+)?", word)):
        assert find_spec(module)


@pytest.mark.parametrize(
    ("service", "option_source"),
    [
        ("web", ["granian", "--help"]),
        ("worker", ["celery", "worker", "--help"]),
        ("beat", ["celery", "beat", "--help"]),
    ],
)
def test_every_option_is_one_the_program_knows(service, option_source):
    words = SERVICES[service].get("command") or json.loads(instructions("CMD")[0])
    folder = Path(sys.executable).parent

    told = subprocess.run(
        [folder / option_source[0], *option_source[1:]], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout

    for option in (word.partition("=")[0] for word in words if word.startswith("--")):
        assert re.search(rf"{option}\b", told), option


def test_what_the_image_copies_exists_and_is_sent_to_the_engine():
    copied = [line.split() for line in instructions("COPY") if not line.startswith("--from")]
    sources = [source for words in copied for source in words[:-1]]

    assert {"itfm", "templates", "requirements.lock"} <= set(sources)
    for source in sources:
        assert (ROOT / source).exists(), source
        assert is_sent_to_the_engine(source), source


def test_the_image_holds_every_package_of_the_project():
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    copied = {word for line in instructions("COPY") for word in line.split()}

    assert packages <= copied


@pytest.mark.skipif(not (ROOT / "node_modules").is_dir(), reason="the npm packages are not installed")
def test_what_the_image_holds_is_enough_to_collect_static_files_and_to_serve(tmp_path):
    for words in (line.split() for line in instructions("COPY") if not line.startswith("--from")):
        for source in words[:-1]:
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, tmp_path / source, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / source, tmp_path / source)
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    environ = {"PATH": os.environ["PATH"], "ITFM_HOME": str(tmp_path / "data"), "ITFM_STATIC": str(tmp_path / "static")}
    environ |= {"ITFM_SECRET_KEY": "build", "PYTHONDONTWRITEBYTECODE": "1"}

    for command in (["manage.py", "collectstatic", "--noinput"], ["-c", "import itfm.wsgi, itfm.celery"]):
        done = subprocess.run(
            [sys.executable, *command], cwd=tmp_path, env=environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    names = {path.name for path in (tmp_path / "static").rglob("*")}
    assert "staticfiles.json" in names
    assert any(re.fullmatch(r"htmx\.min\.[0-9a-f]+\.js", name) for name in names)


def test_neither_git_nor_local_data_is_sent_to_the_engine():
    assert not any(is_sent_to_the_engine(path) for path in (".git", ".itfm", ".venv", ".env", "node_modules", "tests"))


def test_the_image_does_not_run_as_root():
    assert instructions("USER") == ["itfm"]
    assert DOCKERFILE.index("\nUSER ") < DOCKERFILE.index("\nCMD ")


def test_stages_that_files_come_from_are_defined():
    defined = set(re.findall(r"^FROM \S+ AS (\w+)", DOCKERFILE, flags=re.MULTILINE))

    assert set(re.findall(r"--from=(\w+)", DOCKERFILE)) == defined


def test_the_lock_file_of_the_image_names_every_package_with_hashes():
    requirements = re.split(r"\n(?=\S)", (ROOT / "requirements.lock").read_text(encoding="utf-8").strip())

    named = [block for block in requirements if not block.startswith("#")]
    assert len(named) > 50
    assert [block for block in named if "--hash=sha256:" not in block] == []


def test_operations_lists_every_variable_and_no_other():
    listed = set(re.findall(rf"^\| `{VARIABLE}` \|", OPERATIONS, flags=re.MULTILINE))

    assert listed == variables_read()


def test_the_navigation_of_the_documentation_holds_every_page():
    navigation = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]

    assert {page for entry in navigation for page in entry.values()} == {
        str(path.relative_to(ROOT / "docs")) for path in (ROOT / "docs").rglob("*.md")
    }


def test_the_documentation_builds_and_fetches_nothing_from_elsewhere(tmp_path):
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )

    assert built.returncode == 0, built.stderr
    pages = list((tmp_path / "site").rglob("*.html"))
    assert pages
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert re.findall(r'<(?:script|img|iframe)[^>]+src="?(?:https?:)?//[^"> ]+', text) == [], page.name
        assert re.findall(r'<link[^>]+rel="?(?:stylesheet|preconnect|icon)"?[^>]+href="?(?:https?:)?//', text) == []
