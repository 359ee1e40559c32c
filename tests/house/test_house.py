"""What surrounds the code: files that people and machines read, and that must say what the code does."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.urls import resolve

from config.make_env import SECRETS, make_env

ROOT = Path(settings.BASE_DIR)
PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "SITE_URL": "https://till.example.com",
    "ALLOWED_HOSTS": "till.example.com",
    "SECRET_KEY": "made-for-this-test-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ",
    "PIN_PEPPER": "made-for-this-test-too-0123456789",
    "GIFT_CODE_KEYS": "1:made-for-this-test-as-well-0123456789",
    "HEALTH_KEYS": "1:made-for-this-test-and-for-health-0123456789",
    "STRIPE_SECRET_KEY": "sk_live_made_for_this_test",
    "STRIPE_WEBHOOK_SECRET": "whsec_made_for_this_test",
    "STRIPE_API_BASE": "",
}


def text(name):
    return (ROOT / name).read_text()


def our_files():
    """Every text file that is or will be in the repository."""
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("needs git and a clone: this is an unpacked copy, so nobody can tell our files from others")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    paths = [ROOT / name for name in names if name and (ROOT / name).is_file()]
    return [path for path in paths if path.suffix not in {".png", ".jpg", ".ico", ".woff2", ".gz", ".sqlite3"}]


# compose.yaml ---------------------------------------------------------------------------------------------------------


def services():
    return yaml.safe_load(text("compose.yaml"))["services"]


def test_compose_has_a_server_a_worker_a_database_and_tls_for_whoever_wants_it():
    found = services()

    assert set(found) == {"db", "migrate", "web", "worker", "caddy"}
    assert found["caddy"]["profiles"] == ["tls"]
    assert found["worker"]["command"] == ["python", "manage.py", "worker"]


def test_nothing_in_compose_can_write_to_its_own_image():
    assert {name: service.get("read_only") for name, service in services().items()} == dict.fromkeys(services(), True)


def test_the_image_runs_as_nobody_in_particular():
    lines = text("Dockerfile").splitlines()

    assert lines.index("USER footfall") < next(n for n, line in enumerate(lines) if line.startswith("CMD"))


def test_the_database_of_compose_keeps_its_data_and_tells_when_it_is_ready():
    db = services()["db"]

    assert (db["image"], db["volumes"]) == ("postgres:18", ["books:/var/lib/postgresql"])
    assert db["healthcheck"]["test"][1] == "pg_isready"


def test_compose_reads_no_variable_that_the_example_does_not_explain():
    asked = set(re.findall(r"\$\{([A-Z_]+)", text("compose.yaml")))

    assert asked
    assert asked <= explained()


# The environment ------------------------------------------------------------------------------------------------------


def explained():
    return set(re.findall(r"^(?:# )?([A-Z][A-Z_]+)=", text(".env.example"), re.MULTILINE))


def read_by_settings():
    return set(re.findall(r"env\.\w+\(\s*\"([A-Z_]+)\"", text("config/settings.py")))


def test_every_variable_that_settings_read_is_explained_and_in_the_readme():
    in_readme = set(re.findall(r"^\| `([A-Z_]+)` \|", text("README.md"), re.MULTILINE))

    assert {"SECRET_KEY", "DATABASE_URL", "EMAIL_URL"} <= read_by_settings()
    assert read_by_settings() - explained() == set()
    assert read_by_settings() - in_readme == set()


def test_a_made_env_has_a_secret_of_its_own_for_each_and_is_never_overwritten(tmp_path):
    (tmp_path / ".env.example").write_text(text(".env.example"))

    assert make_env(folder=tmp_path) is True
    made = (tmp_path / ".env").read_text()
    assert make_env(folder=tmp_path) is False

    assert (tmp_path / ".env").read_text() == made
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600
    values = dict(line.split("=", 1) for line in made.splitlines() if re.match(r"[A-Z]", line))
    secrets = [values[name] for name in SECRETS]
    assert {len(secret) for secret in secrets} == {64}
    assert len(set(secrets)) == len(SECRETS)


def test_production_settings_pass_djangos_own_deployment_check():
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    # The browser tests allow themselves what a deployment must not.
    ours = {name: value for name, value in os.environ.items() if name != "DJANGO_ALLOW_ASYNC_UNSAFE"}
    run = subprocess.run(command, cwd=ROOT, env={**ours, **PRODUCTION}, capture_output=True, text=True, check=False)

    assert (run.returncode, run.stderr) == (0, "")
    assert "no issues" in run.stdout


# Requirements ---------------------------------------------------------------------------------------------------------

REQUIREMENTS = ["requirements.txt", "requirements-dev.txt"]


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_requirements_are_pinned_exactly_and_by_hash(name):
    blocks = re.split(r"\n(?=[a-z])", re.sub(r"^ *#.*\n?", "", text(name), flags=re.MULTILINE).strip())

    assert len(blocks) > 20
    for block in blocks:
        assert re.match(r"[a-z0-9-]+==[\w.]+( ; [^\\]+)? \\\n", block), block.splitlines()[0]
        assert "--hash=sha256:" in block


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_requirements_name_no_server_and_no_place_on_a_machine(name):
    assert re.findall(r"://|--(?:index|extra|find|trusted)\S*|^\S*/\S*$", text(name), re.MULTILINE) == []


def test_both_requirements_name_the_same_versions():
    pins = [dict(re.findall(r"^([a-z0-9-]+)==(\S+)", text(name), re.MULTILINE)) for name in REQUIREMENTS]
    both = pins[0].keys() & pins[1].keys()

    assert "django" in both
    assert {name: pins[0][name] for name in both} == {name: pins[1][name] for name in both}


def test_what_is_asked_for_is_pinned():
    for name in REQUIREMENTS:
        asked = re.findall(r"^([A-Za-z][\w-]*)", text(name.replace(".txt", ".in")), re.MULTILINE)
        pinned = set(re.findall(r"^([a-z0-9-]+)==", text(name), re.MULTILINE))
        assert {package.lower() for package in asked} - pinned == set()


# The files themselves -------------------------------------------------------------------------------------------------


def test_no_file_of_ours_names_a_place_on_somebodys_machine_or_where_packages_came_from():
    place = re.compile(
        r"(?<![\w.~$}/-])/(?:root|home|Users|work|workspace|mnt)/\w|--(?:extra-)?index-url[ =]|PIP_\w*URL"
    )
    this = Path(__file__)

    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for path in our_files()
        if path != this
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if place.search(line)
    ]
    assert found == []


def test_links_in_our_pages_lead_somewhere():
    pages = [path for path in our_files() if path.suffix == ".md"]
    dead = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text())
        if "://" not in target and not target.startswith("mailto:") and not (page.parent / target).exists()
    ]
    assert pages
    assert dead == []


def test_the_readme_asks_the_api_at_addresses_that_it_has():
    addresses = re.findall(r"(?:`|http://127\.0\.0\.1:8000)(/api/[\w/-]*)", text("README.md"))

    assert "/api/docs/" in addresses
    for address in addresses:
        assert resolve(address).route != "^api/", address  # that one answers for whatever is not there


def test_the_licence_is_apache_2_and_complete():
    licence = text("LICENSE")

    assert "Apache License\n                           Version 2.0, January 2004" in licence
    assert all(f"\n   {number}. " in licence for number in range(1, 10))
    assert "END OF TERMS AND CONDITIONS" in licence


def test_commit_hooks_fetch_nothing():
    assert {repo["repo"] for repo in yaml.safe_load(text(".pre-commit-config.yaml"))["repos"]} == {"local"}


def test_every_target_that_the_pages_name_is_in_the_makefile():
    targets = set(re.findall(r"^([a-z][a-z-]*):", text("Makefile"), re.MULTILINE))
    named = {
        name
        for page in our_files()
        if page.suffix == ".md"
        for words in re.findall(r"(?:`|^)make ([a-z-]+(?: [a-z-]+)*)", page.read_text(), re.MULTILINE)
        for name in words.split()
        if "`" not in name
    }
    assert {"demo", "test", "check"} <= named
    assert named - targets == set()


def test_the_programs_of_the_house_have_no_syntax_error():
    for script in [".ci/run"]:
        assert subprocess.run(["bash", "-n", script], cwd=ROOT, check=False).returncode == 0
        assert os.access(ROOT / script, os.X_OK)


def test_the_palette_says_each_colour_once_by_day_and_by_night():
    """Whether the device or the page says that it is night."""
    palette = text("studio/static/studio/palette.css")
    by_default, by_device, by_page, colours = re.findall(r"\{([^{}]*)\}", palette)
    said = re.findall(r"--([\w-]+): (.+?);", colours)

    assert by_device.split() == by_page.split() == ["--by-day:", ";", "--by-night:", "initial;"]
    assert by_default.split() == ["--by-day:", "initial;", "--by-night:", ";"]
    assert len(said) == len(dict(said))
    once = {name for name, words in said if not re.fullmatch(r"var\(--by-day, .+\) var\(--by-night, .+\)", words)}
    assert once == {"r", "sans", "serif", "mono"}
    assert "light-dark(" not in palette.replace("without light-dark()", "")
