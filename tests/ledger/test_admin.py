import pytest
from django.urls import reverse as url

from ledger.chain import link_entries
from ledger.models import Entry, Link, Period
from studio.models import Staff
from tests.ledger.books import JANUARY, massage, sell

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(client):
    client.force_login(Staff.objects.create_superuser("boss", password=None, display_name="Boss"))
    return client


@pytest.fixture
def sale(place, anna) -> Entry:
    entry = sell(place, lines=massage(anna.pk))
    link_entries(now=JANUARY)
    return entry


@pytest.mark.parametrize("model", ["entry", "link", "period"])
def test_the_books_are_listed(office, sale, model):
    answer = office.get(url(f"admin:ledger_{model}_changelist"))

    assert answer.status_code == 200
    assert b"1 " in answer.content


def test_an_entry_shows_its_postings_in_two_columns(office, sale):
    page = office.get(url("admin:ledger_entry_change", args=[sale.pk])).content.decode()

    assert all(text in page for text in ("Cash drawer", "155.74", "OH-FRANKLIN", "Anna"))
    assert '<input type="text"' not in page


@pytest.mark.parametrize("model", [Entry, Link, Period])
def test_nothing_is_added_changed_or_deleted(office, sale, model):
    name, row = model._meta.model_name, model.objects.get()

    assert office.get(url(f"admin:ledger_{name}_add")).status_code == 403
    assert office.post(url(f"admin:ledger_{name}_change", args=[row.pk]), {"memo": "x"}).status_code == 403
    assert office.post(url(f"admin:ledger_{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403


def test_a_list_of_entries_costs_the_same_however_long_it_is(office, place, django_assert_max_num_queries):
    for n in range(30):
        sell(place, key=str(n))

    with django_assert_max_num_queries(11):  # of them the name of the studio, and the person's second factor
        office.get(url("admin:ledger_entry_changelist"))
