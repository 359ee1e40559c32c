"""What the worker does by itself: sales that nobody came back to (R1)."""

import datetime as dt

import pytest

from pos.models import Sale, Tender
from pos.schedule import AbandonForgottenSales
from studio.models import Staff
from tests.books import books_are_clean
from tests.builders import NOW, Studio, TestDesk, beach, of

HALF_AN_HOUR = dt.timedelta(minutes=30)
A_MOMENT = dt.timedelta(seconds=1)


def statuses() -> list[str]:
    return list(Sale.objects.order_by("opened_at").values_list("status", flat=True))


@pytest.mark.parametrize(("after", "status"), [(HALF_AN_HOUR, "open"), (HALF_AN_HOUR + A_MOMENT, "abandoned")])
def test_a_sale_is_abandoned_after_half_an_hour_and_not_before(
    desk: TestDesk, after: dt.timedelta, status: str
) -> None:
    desk.rings_up(of("massage-oil")).tenders("external", amount_cents=5_00)

    AbandonForgottenSales().run(now=NOW + after)

    assert statuses() == [status]
    assert Tender.objects.get().status == ("released" if status == "abandoned" else "held")
    books_are_clean()


@pytest.mark.parametrize("request_", ["tender", "drop", "change"])
def test_every_request_gives_a_sale_another_half_hour(desk: TestDesk, request_: str) -> None:
    desk.rings_up(of("massage-oil"))
    tender = desk.tenders("external", amount_cents=5_00).tenders[0]
    later = desk.later(minutes=20)
    {
        "tender": lambda: later.tenders("external", amount_cents=5_00),
        "drop": lambda: later.drops(tender),
        "change": lambda: later.changes(of("massage-oil", quantity=2)),
    }[request_]()

    AbandonForgottenSales().run(now=NOW + dt.timedelta(minutes=50))

    assert statuses() == ["open"]


def test_completed_sales_stay_and_all_locations_are_looked_after(studio: Studio) -> None:
    owners = studio.desk.with_(studio.owner)
    owners.rings_up(of("massage-oil")).pays(external=24_00)
    owners.later(minutes=1).rings_up(of("massage-oil"))
    owners.at_location(beach()).later(minutes=2).rings_up(of("massage-oil"))

    AbandonForgottenSales().run(now=NOW + dt.timedelta(hours=1))

    assert statuses() == ["completed", "abandoned", "abandoned"]


def test_the_sale_of_somebody_who_left_is_abandoned_too(studio: Studio) -> None:
    studio.desk.rings_up(of("massage-oil"))
    Staff.objects.filter(pk=studio.desk_person.pk).update(is_active=False)

    AbandonForgottenSales().run(now=NOW + dt.timedelta(hours=1))

    assert statuses() == ["abandoned"]
