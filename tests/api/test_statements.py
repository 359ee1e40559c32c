"""How many SQL statements the busy requests take: the same for one row as for many (PERFORMANCE, no N+1)."""

import re

from django.db import connection
from django.utils import timezone

from pos.finding import keep_words
from pos.models import Client
from tests.api.till import Till, new, pair, statements
from tests.builders import Studio, item, person, tax
from tests.memberships.builders import package, plan

SALE_IN_ONE_REQUEST = {"postgresql": 11, "sqlite": 15}  # PostgreSQL writes all rows of a sale in one statement
GET_SALE = 6
GET_OPEN_SALE = 3
ONE_LINE_MORE = {"postgresql": 5, "sqlite": 8}
SALE_LIST = 5
CLIENT_SEARCH = 4
CATALOG = 5


def shown(found: list[str]) -> str:
    """One line for each statement, as long as it takes to know it."""
    return "\n".join(
        f"{number:2} {re.sub(r'SELECT .* FROM', 'SELECT … FROM', sql)[:150]}" for number, sql in enumerate(found, 1)
    )


def ring_up(till: Till, studio: Studio, *, lines: int) -> list[str]:
    services = [
        {"item": "ashiatsu-60", "therapist": studio.ana.pk},
        {"item": "deep-tissue-60", "therapist": studio.bo.pk},
    ]
    goods = [{"item": "massage-oil", "quantity": 2}] * (lines - 2)
    tenders = [
        {"id": new(), "kind": "external", "amount_cents": 50_00},
        {"id": new(), "kind": "cash", "tendered_cents": 2_000_00},
    ]
    with statements() as found:
        answer = till.sells(*services, *goods, tip_cents=40_00, tenders=tenders)
    assert answer.status == 201
    return found


def test_a_sale_in_one_request(till: Till, studio: Studio) -> None:
    tax(studio.location, "retail", ("OH", "0.0575"), ("OH-FRANKLIN", "0.0175"))
    till.opens_drawer()
    ring_up(till, studio, lines=3)  # the first of a month makes its period, the first of a location its counter

    few, many = ring_up(till, studio, lines=3), ring_up(till, studio, lines=20)

    assert len(few) == len(many) == SALE_IN_ONE_REQUEST[connection.vendor], shown(many)


def test_reading_a_sale(till: Till, studio: Studio) -> None:
    service = {"item": "ashiatsu-60", "therapist": studio.ana.pk}
    short = till.sells(service, tip_cents=20_00)["id"]
    long = till.sells(service, *[{"item": "massage-oil"}] * 20, tip_cents=20_00)["id"]
    counts = []

    for sale in (short, long):
        with statements() as found:
            assert till.get(f"sales/{sale}").status == 200
        counts.append(len(found))

    assert counts == [GET_SALE, GET_SALE], shown(found)


def test_one_line_more_on_an_open_sale(till: Till, studio: Studio) -> None:
    tax(studio.location, "retail", ("OH", "0.0575"), ("OH-FRANKLIN", "0.0175"))
    sale, oil = f"sales/{new()}", {"item": "massage-oil"}
    revision, looks, puts = till.put(sale, {"lines": [oil]})["revision"], [], []

    for lines in (3, 20):
        with statements() as put:
            revision = till.put(sale, {"lines": [oil] * lines, "revision": revision})["revision"]
        with statements() as look:
            assert len(till.get(sale)["lines"]) == lines
        looks.append(len(look))
        puts.append(len(put))

    assert looks == [GET_OPEN_SALE] * 2, shown(look)
    assert puts == [ONE_LINE_MORE[connection.vendor]] * 2, shown(put)


def test_reading_a_sale_with_many_refunds(till: Till) -> None:
    sale = till.sells({"item": "massage-oil", "quantity": 9})
    counts = []

    for _ in range(2):
        body = {"lines": [{"line": sale["lines"][0]["id"], "quantity": 1}], "reason": "returned"}
        assert till.put(f"sales/{sale['id']}/refunds/{new()}", body).status == 201
        with statements() as found:
            assert till.get(f"sales/{sale['id']}").status == 200
        counts.append(len(found))

    assert counts[0] == counts[1], shown(found)


def test_the_list_of_sales(till: Till) -> None:
    counts = []

    for _ in range(2):
        client = new()
        till.put(f"clients/{client}", {"name": "Maya"})
        till.sells({"item": "massage-oil"}, client=client)
        with statements() as found:
            assert till.get("sales/").status == 200
        counts.append(len(found))

    assert counts == [SALE_LIST, SALE_LIST], shown(found)


def test_a_search_for_clients(till: Till) -> None:
    now = timezone.now()
    mayas = [Client(id=new(), name=f"Maya {number}", created_at=now) for number in range(60)]
    keep_words(Client.objects.bulk_create(mayas))

    with statements() as found:
        answer = till.get("clients/?search=maya")

    assert len(answer["results"]) == 50
    assert len(found) == CLIENT_SEARCH, shown(found)


def test_the_catalogue(till: Till, studio: Studio) -> None:
    tablet = pair(studio.device)
    with statements() as few:
        tablet.get("catalog")
    for number in range(20):
        item(f"balm-{number}", 5_00, kind="retail", tax="retail", needs=studio.ashiatsu)
        person(f"therapist{number}", is_therapist=True).qualifications.add(studio.ashiatsu)
        package(f"package-{number}")
        plan(f"plan-{number}")
    with statements() as many:
        tablet.get("catalog")

    assert len(few) == len(many) == CATALOG, shown(many)


def test_the_tablet_itself(till: Till, studio: Studio) -> None:
    with statements() as few:
        till.get("device")
    till.opens_drawer()
    with statements() as many:
        till.get("device")

    assert len(few) == len(many) == 4, shown(many)
