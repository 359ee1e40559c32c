"""The desk on a home screen: what the tablet reads, and that all it names is there."""

import re
import struct
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.urls import resolve

from pos import installing
from studio.models import Business

ADDRESS = "/desk/manifest.webmanifest"

pytestmark = pytest.mark.django_db


def file_of(address: str) -> Path:
    return Path(finders.find(address.removeprefix("/static/")) or "not there")


def test_the_app_is_named_after_the_studio(client):
    Business.objects.create(name="Massage Escape")
    answer = client.get(ADDRESS)

    assert answer["Content-Type"] == "application/manifest+json"
    assert answer.json()["name"] == "Massage Escape · Desk"
    assert answer.json()["short_name"] == "Desk"


def test_before_there_is_a_studio_the_app_has_our_name(client):
    assert client.get(ADDRESS).json()["name"] == "Footfall · Desk"


def test_the_app_starts_at_the_desk_and_stays_there(client):
    manifest = client.get(ADDRESS).json()

    assert manifest["id"] == manifest["start_url"] == manifest["scope"] == "/desk/"
    assert resolve(manifest["start_url"]).url_name == "desk"
    assert all(way["url"].startswith("/desk/#") for way in manifest["shortcuts"])


def test_every_icon_is_there_in_the_size_that_it_is_said_to_have(client):
    icons = client.get(ADDRESS).json()["icons"]

    assert {icon["purpose"] for icon in icons} == {"any", "maskable"}
    for icon in icons:
        file = file_of(icon["src"])
        if icon["type"] == "image/png":
            assert "{}x{}".format(*struct.unpack(">II", file.read_bytes()[16:24])) == icon["sizes"]
        else:
            assert 'viewBox="0 0 512 512"' in file.read_text()


def test_the_desk_names_its_manifest_and_the_policy_lets_it_through(client):
    answer = client.get("/desk/")

    assert f'<link rel="manifest" href="{ADDRESS}">' in answer.content.decode()
    assert '<link rel="apple-touch-icon" href="/static/pos/app-icon-180.png">' in answer.content.decode()
    assert file_of("/static/pos/app-icon-180.png").exists()
    assert "manifest-src 'self'" in answer["Content-Security-Policy"]


def test_the_worker_keeps_the_page_and_every_module_that_another_one_names(client):
    answer = client.get("/desk/sw.js")
    words = answer.content.decode()

    assert answer["Content-Type"].startswith("text/javascript")
    assert 'const PAGE = "/desk/"' in words
    kept = set(re.findall(r'"(/static/[^"]+)"', words))
    for address in kept:
        for name in re.findall(r'(?:from|import)[ (]"\./([a-z]+\.js)"', file_of(address).read_text()):
            assert f"/static/pos/{name}" in kept
    assert {"/static/pos/desk.js", "/static/pos/offlinedesk.js", "/static/studio/palette.css"} <= kept
    assert not any("/api/" in address for address in kept)


def test_the_workers_version_changes_with_the_files_and_with_nothing_else(client, monkeypatch, tmp_path):
    def version():
        return re.search(r"footfall-desk-([0-9a-f]{16})", client.get("/desk/sw.js").content.decode())[1]

    before = version()
    assert version() == before
    file = tmp_path / "desk.js"
    file.write_text("// another one")
    monkeypatch.setattr(installing, "_files", lambda: {"pos/desk.js": file})
    assert version() != before
