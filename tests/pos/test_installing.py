"""The desk on a home screen: what the tablet reads, and that all it names is there."""

import struct
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.urls import resolve

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
