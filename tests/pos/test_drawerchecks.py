"""Each promise about drawers and their Zs, broken on purpose."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings

from ledger.checks import Problem
from pos import drawerchecks
from pos.models import DrawerMovement, DrawerSession, ZReport
from tests.builders import Studio, of, tip
from tests.pos.test_checks import found, tamper

CHECKS: list[Callable[..., Iterator[Problem]]] = [
    drawerchecks.check_z_reports,
    drawerchecks.check_z_reports_go_on,
    drawerchecks.check_cash_moved_is_in_the_books,
]


@pytest.fixture
def closed(studio: Studio) -> DrawerSession:
    """Two days, the second with everything."""
    desk = studio.managers_desk
    desk.closes_drawer(desk.opens_drawer(100_00), 100_00)
    session = desk.opens_drawer(100_00)
    desk.rings_up(of("ashiatsu-60", by=studio.ana), tips=(tip(studio.ana, 20_00),)).pays(cash=130_00)
    desk.moves_cash(session, "tip_payout", 20_00, to=studio.ana)
    desk.moves_cash(session, "no_sale", reason="look")
    return desk.closes_drawer(session, 210_00)


def all_found() -> list[str]:
    return [problem for check in CHECKS for problem in found(check)]


def test_drawers_as_they_are_pass(closed: DrawerSession) -> None:
    assert all_found() == []
    assert {f"pos.drawerchecks.{check.__name__}" for check in CHECKS} <= set(settings.BOOK_CHECKS)


def changed(z: ZReport, part: str, **values: int) -> dict[str, Any]:
    """The contents with other figures in one part."""
    contents: dict[str, Any] = {**z.contents}
    return {**contents, part: {**contents[part], **values}}


@pytest.mark.parametrize(
    ("part", "values", "sentence"),
    [
        ("money", {"tips_cents": 21_00}, "parts do not come to what was collected"),
        ("money", {"tips_cents": 21_00, "collected_cents": 131_00, "cash_cents": 131_00}, "cash_cents, collected"),
        ("cash", {"paid_in_cents": 1}, "float and movements"),
        ("cash", {"counted_cents": 209_99}, "float and movements"),
    ],
)
def test_a_z_with_other_figures_is_found(
    closed: DrawerSession, part: str, values: dict[str, int], sentence: str
) -> None:
    z = ZReport.objects.get(session=closed)

    tamper(ZReport, z.pk, contents=changed(z, part, **values))

    assert any(sentence in problem for problem in all_found()), all_found()


def test_a_grand_total_that_does_not_go_on_is_found(closed: DrawerSession) -> None:
    tamper(ZReport, closed.pk, grand_total_cents=0)

    assert found(CHECKS[1]) == ["Z: Z 2 (UPT): grand total 0, the Zs come to 11000"]


def test_a_movement_that_is_not_what_was_posted_is_found(closed: DrawerSession) -> None:
    movement = DrawerMovement.objects.get(kind="tip_payout")

    tamper(DrawerMovement, movement.pk, amount_cents=19_00)

    assert found(CHECKS[2]) == [f"drawer: drawer_movement:{movement.pk}: books -2000, written down -1900"]
