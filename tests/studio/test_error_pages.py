"""What people read when something is not as it should be; nothing here may ask the database."""

import re

import pytest
from django.core.exceptions import SuspiciousOperation
from django.test import Client
from django.urls import path

from config.urls import handler400, handler500, urlpatterns

__all__ = ["handler400", "handler500"]


def broken(request):
    raise ZeroDivisionError


def suspicious(request):
    raise SuspiciousOperation


urlpatterns = [path("broken", broken), path("suspicious", suspicious), path("api/broken", broken), *urlpatterns]


@pytest.fixture
def client(settings) -> Client:
    settings.ROOT_URLCONF = __name__
    return Client(raise_request_exception=False, enforce_csrf_checks=True)


def words(answer) -> str:
    body = re.sub(r"<style.*?</style>", "", answer.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body)).strip()


def ways_on(answer) -> list[str]:
    return re.findall(r'<a href="([^"]*)"', answer.content.decode())


ERRORS = {
    "/suspicious": (400, "This could not be read", "Nothing was changed"),
    "/nowhere": (404, "There is nothing here", "old or mistyped"),
    "/broken": (500, "Something broke on our side", "What was confirmed before is safe"),
}


@pytest.mark.parametrize("address", ERRORS)
def test_an_error_page_says_what_happened_and_leads_on(client, address):
    status, heading, sentence = ERRORS[address]
    answer = client.get(address)

    assert answer.status_code == status
    assert heading in words(answer)
    assert sentence in words(answer)
    assert ways_on(answer) == ["/desk/", "/admin/"]


@pytest.mark.parametrize("address", ERRORS)
def test_an_error_page_needs_no_other_file_and_its_style_is_let_through(client, address):
    answer = client.get(address)
    page = answer.content.decode()

    assert re.findall(r'rel="(\w+)"|<(script|img)', page) == [("icon", "")]
    nonce = re.search(r'<style nonce="([^"]+)"', page)
    assert nonce
    assert f"'nonce-{nonce[1]}'" in answer["Content-Security-Policy"]


def test_a_form_without_its_mark_is_not_taken_and_that_is_said(client):
    answer = client.post("/accounts/login/")

    assert answer.status_code == 403
    assert "The form was not taken" in words(answer)
    assert "load the page again" in words(answer)
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize("address", ["/r/short", "/r/AAAAAAAAAAAAAAAAAAAAAA", "/r/AAAAAAAAAAAAAAAAAAAAAA.pdf"])
@pytest.mark.django_db
def test_a_wrong_link_to_a_receipt_says_so_to_the_client_and_offers_no_desk(client, address):
    answer = client.get(address)

    assert answer.status_code == 404
    assert "No receipt behind this link" in words(answer)
    assert "ask the studio for the receipt" in words(answer)
    assert ways_on(answer) == []


def test_below_the_api_a_broken_promise_stays_a_problem_for_programs(client):
    answer = client.get("/api/broken")

    assert (answer.status_code, answer["Content-Type"]) == (500, "application/problem+json")
