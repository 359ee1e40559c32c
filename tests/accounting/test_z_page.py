"""The cash log by what moved, and the Z behind each of its lines, for who sees the books."""

import pytest

from pos.models import Approval
from studio.ids import new_id
from tests.accounting.office import DAY, Books, signed_on
from tests.builders import Studio, of, person, tip


@pytest.fixture
def books(studio: Studio) -> Books:
    return signed_on(person("axel", role="accountant"))


def a_day(studio: Studio) -> str:
    """The address of the Z of a day on which cash moved in every way."""
    desk, opening = studio.desk, new_id()
    session = desk.opens_drawer(200_00)
    desk.rings_up(of("ashiatsu-60", by=studio.ana), tips=(tip(studio.ana, 22_00),)).pays(cash=132_00)
    desk.moves_cash(session, "pay_in", 20_00, reason="bank")
    desk.moves_cash(session, "pay_out", 5_00, reason="postage")
    desk.moves_cash(session, "tip_payout", 22_00, to=studio.ana)
    desk.moves_cash(session, "drop", 100_00)
    yes = studio.manager_approves(Approval.Action.NO_SALE, opening, 0)
    desk.moves_cash(session, "no_sale", reason="look", movement_id=opening, approval_id=yes.pk)
    desk.closes_drawer(session, 225_00, left_cents=200_00)
    return f"/reports/z/{session.pk}/"


def test_the_cash_log_tells_what_moved_apart_and_leads_to_the_z(studio: Studio, books: Books) -> None:
    z = a_day(studio)

    books.opens(f"/reports/cash-log/{DAY}")
    row = books.named()[0]

    names = ("Cash from sales", "Tips paid", "Paid in", "Paid out", "Drops", "Should hold", "To the safe")
    assert [row[name] for name in names] == [
        "132.00",
        "−22.00",
        "20.00",
        "−5.00",
        "−100.00",
        "225.00",
        "25.00",
    ]
    assert z in books.links()


def test_a_z_is_a_page_and_two_papers_for_who_sees_the_books(studio: Studio, books: Books) -> None:
    z = a_day(studio)

    assert books.opens(z) == 200
    told = books.says()
    assert "Z 1 · Front" in told
    assert "No. 3 Tips paid out: Ana (by Dana)" in told
    for size in ("roll", "letter"):
        assert books.opens(f"{z}{size}.pdf") == 200
        assert books.answer.content.startswith(b"%PDF-")
    assert books.opens(f"/reports/z/{new_id()}/") == 404
    assert signed_on(person("dora", role="desk", location=studio.location)).opens(z) in (302, 403)


def test_a_drawer_opened_for_nothing_is_an_exception(studio: Studio, books: Books) -> None:
    a_day(studio)

    books.opens(f"/reports/exceptions/{DAY}&exception=by_hand")

    assert "Drawer opened without a sale" in books.says()
    assert "Paid out of the drawer" in books.says()
