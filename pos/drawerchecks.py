"""What must hold of every Z: its parts add up, the books say the same, and the next one goes on from it (I38, R8)."""

import datetime as dt
from collections.abc import Iterator

from django.db.models import Q, Sum

from ledger.accounts import Account
from ledger.checks import Problem
from ledger.models import Posting
from pos import takings
from pos.models import DrawerCorrection, DrawerMovement, ZReport


def check_z_reports(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I38: net sales + tax + tips + prepaid sold - used + rounding = collected, as the books have it still."""
    for z in ZReport.objects.using(using).iterator():
        told = z.contents["money"]
        if not takings.is_whole(told):
            yield Problem("I38", f"{z}: its parts do not come to what was collected")
        booked = takings.of_postings(Posting.objects.using(using).filter(entry__z__z=z), gives=("sale",))
        if wrong := sorted(name for name, cents in told.items() if booked[name] != cents):
            yield Problem("I38", f"{z}: the books differ in {', '.join(wrong)}")
        if not _cash_adds_up(z.contents["cash"]):
            yield Problem("I38", f"{z}: float and movements do not come to what should have been there")


def _cash_adds_up(cash: dict[str, int]) -> bool:
    moved = ("sales", "back", "paid_in", "paid_out", "dropped", "tips_paid", "other")
    expected_cents = cash["float_cents"] + sum(cash[f"{name}_cents"] for name in moved)
    return (
        expected_cents == cash["expected_cents"]
        and cash["counted_cents"] - expected_cents == cash["over_short_cents"]
        and cash["counted_cents"] - cash["left_cents"] == cash["to_safe_cents"]
    )


def check_z_reports_go_on(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """R8: the grand total of a location goes on from Z to Z and is never reset."""
    totals: dict[int, int] = {}
    for z in ZReport.objects.using(using).order_by("location", "number").iterator():
        total_cents = totals.get(z.location_id, 0) + z.net_cents
        if z.grand_total_cents != total_cents or z.net_cents != z.contents["money"]["net_cents"]:
            yield Problem("Z", f"{z}: grand total {z.grand_total_cents}, the Zs come to {total_cents}")
        totals[z.location_id] = z.grand_total_cents


def check_cash_moved_is_in_the_books(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """Rules 57, 64: each drawer's movements and corrections are in the books with their amounts, and no others."""
    movements = DrawerMovement.objects.using(using).exclude(kind=DrawerMovement.Kind.NO_SALE)
    rows = {f"drawer_movement:{row.pk}": row.signed_cents for row in movements.iterator()}
    corrections = DrawerCorrection.objects.using(using).values_list("pk", "amount_cents")
    rows |= {f"drawer_correction:{pk}": -cents for pk, cents in corrections}
    of_movements = Q(entry__key__startswith="drawer_movement:", account=Account.CASH_DRAWER)
    of_corrections = Q(entry__key__startswith="drawer_correction:", account=Account.CASH_OVER_SHORT)
    postings = Posting.objects.using(using).filter(of_movements | of_corrections).order_by()
    booked = dict(postings.values_list("entry__key").annotate(cents=Sum("amount_cents")))
    for key in sorted(rows.keys() | booked.keys()):
        if rows.get(key) != booked.get(key):
            yield Problem("drawer", f"{key}: books {booked.get(key)}, written down {rows.get(key)}")
