"""Somebody decides about offline sales: into the books, or settled by hand; once, and with the right to (R11)."""

import uuid

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from ledger.journal import balances
from pos.models import DrawerSession, OfflineDecision, OfflineSale, Sale
from pos.offline_checks import check_offline_sales_are_in_the_books
from studio.models import AuditRow, StaffSession
from tests.api.offline_sales import told
from tests.api.till import Till, new, till_of
from tests.books import books_are_clean
from tests.builders import NOW, Studio

PAGE = "/offline-sales/"


@pytest.fixture
def drawer(studio: Studio) -> DrawerSession:
    return studio.desk.opens_drawer(100_00)


@pytest.fixture
def office(studio: Studio) -> Client:
    """The owner's."""
    studio.owner.is_staff = True
    studio.owner.save()
    client = Client()
    client.force_login(studio.owner)
    return client


@pytest.fixture
def waiting(studio: Studio, drawer: DrawerSession) -> OfflineSale:
    """Dana sold for $120 into a drawer that nobody knows."""
    till: Till = till_of(studio.desk_person, studio.location)
    StaffSession.objects.update(started_at=NOW)
    assert till.put(f"offline-sales/{new()}", told(studio, drawer_session=new()))["status"] == "review"
    return OfflineSale.objects.get()


def test_what_waits_is_shown_with_its_reasons(office: Client, waiting: OfflineSale) -> None:
    words = office.get(PAGE).content.decode()

    assert "Deep tissue 60" in words
    assert "$120.00" in words
    assert "Nobody knows the drawer that took the cash." in words
    assert "Front, open" in words


def test_it_goes_into_the_books_with_the_cash_where_it_was_found(
    office: Client, waiting: OfflineSale, drawer: DrawerSession, studio: Studio
) -> None:
    said = {"kind": "booked", "drawer": str(drawer.pk), "note": "in the front drawer"}

    words = office.post(f"{PAGE}{waiting.pk}", said, follow=True).content.decode()

    assert "The sale of $120.00 is in the books now." in words
    waiting.refresh_from_db()
    assert (waiting.status, waiting.decision.kind, waiting.decision.by) == ("settled", "booked", studio.owner)
    assert waiting.sale is not None
    assert (waiting.sale.completed_at, waiting.sale.completed_by) == (waiting.sold_at, studio.desk_person)
    assert balances()["1010 Cash drawer"] == 220_00
    assert AuditRow.objects.get(action="offline_sale_settled").reason == "in the front drawer"
    books_are_clean(now=timezone.now())


def test_it_is_decided_once(office: Client, waiting: OfflineSale, drawer: DrawerSession) -> None:
    said = {"kind": "booked", "drawer": str(drawer.pk)}
    office.post(f"{PAGE}{waiting.pk}", said)

    again = office.post(f"{PAGE}{waiting.pk}", {**said, "kind": "by_hand", "note": "no"}, follow=True)

    assert "Somebody has decided about this sale already." in again.content.decode()
    assert OfflineDecision.objects.get().kind == "booked"
    assert Sale.objects.count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        OfflineDecision.objects.update(note="something else")


def test_settled_by_hand_wants_a_sentence_and_books_nothing(office: Client, waiting: OfflineSale) -> None:
    before = balances()
    told_why = office.post(f"{PAGE}{waiting.pk}", {"kind": "by_hand", "note": " "}, follow=True)
    assert "Say what became of the money." in told_why.content.decode()

    office.post(f"{PAGE}{waiting.pk}", {"kind": "by_hand", "note": "rung up again as UPT-000007"})

    waiting.refresh_from_db()
    assert (waiting.status, waiting.sale) == ("settled", None)
    assert balances() == before
    books_are_clean(now=timezone.now())


def test_what_does_not_add_up_can_only_be_settled_by_hand(
    office: Client, waiting: OfflineSale, drawer: DrawerSession
) -> None:
    OfflineSale.objects.update(notes=[{"code": "sums_differ", "words": "It does not add up."}])

    assert "Put into the books" not in office.get(PAGE).content.decode()
    answer = office.post(f"{PAGE}{waiting.pk}", {"kind": "booked", "drawer": str(drawer.pk)}, follow=True)

    assert "does not say enough to be booked" in answer.content.decode()
    assert not Sale.objects.exists()


def test_only_who_may_correct_drawers_sees_it(waiting: OfflineSale, studio: Studio) -> None:
    nobody, desk = Client(), Client()
    studio.desk_person.is_staff = True
    studio.desk_person.save()
    desk.force_login(studio.desk_person)

    assert nobody.get(PAGE).status_code == 302
    assert desk.get(PAGE).status_code == 403
    assert desk.post(f"{PAGE}{waiting.pk}", {"kind": "by_hand", "note": "gone"}).status_code == 403
    assert OfflineSale.objects.get().status == "review"


def test_an_unknown_one_is_not_found(office: Client, studio: Studio) -> None:
    assert office.post(f"{PAGE}{uuid.uuid4()}", {"kind": "by_hand", "note": "gone"}).status_code == 404


def test_the_checks_find_what_was_changed_behind_the_books(studio: Studio, drawer: DrawerSession) -> None:
    till = till_of(studio.desk_person, studio.location)
    StaffSession.objects.update(started_at=NOW)
    assert till.put(f"offline-sales/{new()}", told(studio, drawer_session=str(drawer.pk)))["status"] == "accepted"
    assert list(check_offline_sales_are_in_the_books(using="default", now=NOW)) == []

    OfflineSale.objects.update(total_cents=119_00)
    assert len(list(check_offline_sales_are_in_the_books(using="default", now=NOW))) == 1
    OfflineSale.objects.update(total_cents=120_00, status="settled")
    assert len(list(check_offline_sales_are_in_the_books(using="default", now=NOW))) == 1
