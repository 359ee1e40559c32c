"""The OpenAPI file that is committed is the one that the code draws, and its page loads under the content policy."""

import re
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client
from drf_spectacular.renderers import OpenApiYamlRenderer

from api.urls import urlpatterns
from tests.api.openapi import document
from tests.api.test_rights_table import routes

COMMITTED = Path(settings.BASE_DIR) / "docs" / "openapi.yaml"


def test_the_committed_file_is_up_to_date() -> None:
    drawn = OpenApiYamlRenderer().render(document(), renderer_context={}).decode()

    assert COMMITTED.read_text() == drawn, "`make schema` draws it anew"


def test_it_is_valid_and_drawn_without_a_warning(tmp_path: Path) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "openapi.yaml"))


def test_it_is_openapi_3_1_and_names_every_address() -> None:
    named = {
        f"{method.upper()} {path.lstrip('/')}"
        for path, operations in document()["paths"].items()
        for method in operations
    }
    ours = {re.sub(r"<\w+:(\w+)>", r"{\1}", route) for route in routes(urlpatterns)}

    assert document()["openapi"].startswith("3.1")
    assert named == ours - {"GET api/docs/", "GET api/v1/schema/"}


def test_every_operation_has_a_name_of_its_own_and_a_sentence() -> None:
    operations = [operation for path in document()["paths"].values() for operation in path.values()]

    assert len({operation["operationId"] for operation in operations}) == len(operations)
    assert all(operation["description"] for operation in operations)


@pytest.mark.django_db
def test_the_file_is_served() -> None:
    response = Client().get("/api/v1/schema/")

    assert response.status_code == 200
    assert yaml.safe_load(response.content) == document()


@pytest.mark.django_db
def test_the_page_runs_no_script_and_no_style_but_from_files_of_ours() -> None:
    response = Client().get("/api/docs/")
    page = response.content.decode()
    script = Client().get("/api/docs/?script=")

    policy = response.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|https?://", page)
    files = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)
    assert len(files) == 7
    assert all(finders.find(file.removeprefix("/static/")) for file in files)
    assert 'src="/api/docs/?script="' in page
    assert script.headers["Content-Type"].startswith("application/javascript")
    assert "/api/v1/schema/" in script.content.decode()
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
