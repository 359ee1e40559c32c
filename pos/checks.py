"""What must hold between sales, drawers and the books; each function yields what does not (ACCOUNTING I27-I32)."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from ledger.accounts import Account
from ledger.checks import Problem
from ledger.models import Entry, Posting
from payments.models import Charge
from pos.credit import instrument_of
from pos.models import (
    ClientCredit,
    Counter,
    CreditHold,
    CreditMove,
    Drawer,
    DrawerSession,
    Receipt,
    Refund,
    RefundLine,
    RefundTax,
    RefundTender,
    RefundTip,
    Sale,
    SaleLine,
    SaleTax,
    Tender,
    Tip,
)

IN_THE_BOOKS = (
    Sale.Status.COMPLETED,
    Sale.Status.PARTLY_REFUNDED,
    Sale.Status.REFUNDED,
    Sale.Status.VOIDED,
)


def _sum(rows: QuerySet[Any], by: str, what: str) -> Coalesce:
    """A correlated sum that is 0 without rows."""
    total = rows.filter(**{by: OuterRef("pk")}).order_by().values(by).annotate(total=Sum(what)).values("total")
    return Coalesce(Subquery(total), 0)


def check_drawer_is_as_counted(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I27: the books hold for each drawer what was left in it at its last close, and what was posted since."""
    for drawer in Drawer.objects.using(using).all():
        sessions = list(drawer.sessions.using(using).order_by(F("z_number").asc(nulls_last=True)))
        booked = dict(
            Posting.objects.using(using)
            .filter(account=Account.CASH_DRAWER, drawer_session__in=[session.pk for session in sessions])
            .values_list("drawer_session")
            .annotate(Sum("amount_cents"))
        )
        left_cents = 0
        for session in sessions:
            left_cents += booked.get(session.pk, 0)
            if session.status == DrawerSession.Status.CLOSED and left_cents != session.left_cents:
                yield Problem("I27", f"{drawer}, Z {session.z_number}: books {left_cents}, left {session.left_cents}")
                left_cents = session.left_cents or 0


def check_tenders_pay_the_sale(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I28: the tenders of a completed sale add up to net + tax + tips + rounding."""
    live = Tender.objects.using(using).exclude(status=Tender.Status.RELEASED)
    sales = Sale.objects.using(using).filter(status__in=IN_THE_BOOKS).annotate(paid=_sum(live, "sale", "amount_cents"))
    owed = F("net_cents") + F("tax_cents") + F("tip_cents") + F("rounding_cents")
    for sale in sales.exclude(paid=owed):
        yield Problem("I28", f"{sale.pk}: paid {sale.paid}, owed {sale.total_cents + sale.rounding_cents}")


def check_lines_add_up_to_the_sale(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I29: net, tax, discount and tips of the parts add up to the sale, and a line's jurisdictions to its tax."""
    lines = SaleLine.objects.using(using)
    sales = Sale.objects.using(using).annotate(
        line_net=_sum(lines, "sale", "net_cents"),
        line_tax=_sum(lines, "sale", "tax_cents"),
        line_discount=_sum(lines, "sale", "discount_cents"),
        tips_given=_sum(Tip.objects.using(using), "sale", "amount_cents"),
    )
    same = Q(
        line_net=F("net_cents"), line_tax=F("tax_cents"), line_discount=F("discount_cents"), tips_given=F("tip_cents")
    )
    for sale in sales.exclude(same):
        yield Problem("I29", f"{sale.pk}: the parts do not add up to the sale")
    split = lines.annotate(split=_sum(SaleTax.objects.using(using), "line", "amount_cents"))
    for line in split.exclude(split=F("tax_cents")):
        yield Problem("I29", f"{line.pk}: jurisdictions {line.split}, tax {line.tax_cents}")


def check_refunds_stay_within_the_sale(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I30: never more given back than was sold, per line, tip and tender; a refund's tenders add up to it."""
    lines = (
        RefundLine.objects.using(using)
        .values("line")
        .annotate(back=Sum("quantity"), net=Sum("net_cents"), tax=Sum("tax_cents"))
    )
    beyond = Q(back__gt=F("line__quantity")) | Q(net__gt=F("line__net_cents")) | Q(tax__gt=F("line__tax_cents"))
    for row in lines.filter(beyond):
        yield Problem("I30", f"line {row['line']}: more given back than sold")
    tips = RefundTip.objects.using(using).values("tip").annotate(back=Sum("amount_cents"))
    for tip in tips.filter(back__gt=F("tip__amount_cents")):
        yield Problem("I30", f"tip {tip['tip']}: more given back than given")
    tenders = RefundTender.objects.using(using).values("tender").annotate(back=Sum("amount_cents"))
    for tender in tenders.filter(back__gt=F("tender__amount_cents")):
        yield Problem("I30", f"tender {tender['tender']}: more given back than paid")
    owed = F("net_cents") + F("tax_cents") + F("tip_cents") + F("rounding_cents")
    refunds = Refund.objects.using(using).annotate(paid=Coalesce(Sum("tenders__amount_cents"), 0))
    for refund in refunds.exclude(paid=owed):
        yield Problem("I30", f"refund {refund.pk}: paid {refund.paid}, owed {refund.total_cents}")


def check_tax_is_as_charged(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I31: 2100 per jurisdiction is the tax charged less the tax given back and voided."""
    charged = _by_jurisdiction(SaleTax.objects.using(using).filter(sale__status__in=IN_THE_BOOKS[:3]))
    back = _by_jurisdiction(RefundTax.objects.using(using))
    kinds = ("sale", "refund", "void")
    booked = _by_jurisdiction(Posting.objects.using(using).filter(account=Account.SALES_TAX, entry__kind__in=kinds))
    for place in sorted(charged.keys() | back.keys() | booked.keys()):
        owed_cents = charged.get(place, 0) - back.get(place, 0)
        if -booked.get(place, 0) != owed_cents:
            yield Problem("I31", f"{place}: books {-booked.get(place, 0)}, sales {owed_cents}")


def _by_jurisdiction(rows: QuerySet[Any]) -> dict[str, int]:
    return dict(rows.order_by().values_list("jurisdiction").annotate(Sum("amount_cents")))


def check_tips_are_as_given(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I32: 2300 per therapist is the tips given less those given back and voided."""
    given = dict(
        Tip.objects.using(using)
        .filter(sale__status__in=IN_THE_BOOKS[:3])
        .order_by()
        .values_list("therapist")
        .annotate(Sum("amount_cents"))
    )
    from_tips = F("amount_cents") - F("borne_cents")
    back = dict(RefundTip.objects.using(using).order_by().values_list("tip__therapist").annotate(sum=Sum(from_tips)))
    tips = Posting.objects.using(using).filter(account=Account.TIPS, entry__kind__in=("sale", "refund", "void"))
    booked = dict(tips.order_by().values_list("therapist").annotate(Sum("amount_cents")))
    for therapist in given.keys() | back.keys() | booked.keys():
        owed_cents = given.get(therapist, 0) - back.get(therapist, 0)
        if -booked.get(therapist, 0) != owed_cents:
            yield Problem("I32", f"therapist {therapist}: books {-booked.get(therapist, 0)}, tips {owed_cents}")


def check_every_sale_is_in_the_books(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """Each sale with an amount has its entry and each entry its sale; the same for refunds and voids."""
    sales = Sale.objects.using(using).filter(status__in=IN_THE_BOOKS)
    refunds = Refund.objects.using(using)
    nothing = Q(net_cents=0, tax_cents=0, tip_cents=0)
    # A discount is in the books even where nothing is left to pay; what is prepaid credits the price paid (rule 5).
    over_the_counter = SaleLine.objects.using(using).filter(sale=OuterRef("pk"), kind__in=["item", "custom"])
    worth = sales.filter(~nothing | Q(Exists(over_the_counter.filter(gross_cents__gt=0))))
    expected = _entry_keys(worth, refunds.exclude(nothing))
    known = _entry_keys(sales, refunds)
    entries = Entry.objects.using(using).filter(kind__in=("sale", "refund", "void"))
    booked = set(entries.values_list("key", flat=True))
    for key in sorted(expected - booked):
        yield Problem("sales", f"{key} is not in the books")
    for key in sorted(booked - known):
        yield Problem("sales", f"{key} is in the books without its row")


def _entry_keys(sales: QuerySet[Sale], refunds: QuerySet[Refund]) -> set[str]:
    """Under which keys they stand in the books, with the voids of the sales."""
    keys = {f"sale:{pk}" for pk in sales.values_list("pk", flat=True)}
    keys |= {f"refund:{pk}" for pk in refunds.values_list("pk", flat=True)}
    return keys | {f"void:{pk}" for pk in sales.filter(status=Sale.Status.VOIDED).values_list("pk", flat=True)}


def check_receipts_have_no_gaps(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """Receipt numbers run from 1 without gaps at each location, and so do Z numbers (R10, R8)."""
    receipts = (
        Receipt.objects.using(using)
        .order_by()
        .values("location__code")
        .annotate(first=Min("number"), last=Max("number"), count=Count("pk"))
    )
    for row in receipts:
        if row["first"] != 1 or row["last"] != row["count"]:
            yield Problem("receipts", f"{row['location__code']}: {row['count']} receipts up to number {row['last']}")
    closed = DrawerSession.objects.using(using).filter(status=DrawerSession.Status.CLOSED).order_by()
    for z in closed.values("location__code").annotate(last=Max("z_number"), count=Count("pk")):
        if z["last"] != z["count"]:
            yield Problem("Z", f"{z['location__code']}: {z['count']} closes up to Z {z['last']}")
    for counter in Counter.objects.using(using).filter(name="receipt").select_related("location"):
        last = Receipt.objects.using(using).filter(location=counter.location).aggregate(last=Max("number"))["last"]
        if (last or 0) != counter.value:
            yield Problem("receipts", f"{counter}: the last receipt is {last}")


def check_everything_has_its_receipt(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """Every sale in the books and every refund has its receipt (R10)."""
    receipts = Receipt.objects.using(using)
    sales = Sale.objects.using(using).filter(status__in=IN_THE_BOOKS)
    for sale in sales.exclude(pk__in=receipts.filter(refund=None).values("sale")):
        yield Problem("receipts", f"sale {sale.pk} has no receipt")
    for refund in Refund.objects.using(using).filter(receipt=None):
        yield Problem("receipts", f"refund {refund.pk} has no receipt")


def check_no_hold_outlives_its_sale(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """A held tender belongs to an open sale, a settled one to a sale in the books (DESIGN "Stored value")."""
    held = Q(status=Tender.Status.HELD) & ~Q(sale__status=Sale.Status.OPEN)
    settled = Q(status=Tender.Status.SETTLED) & ~Q(sale__status__in=IN_THE_BOOKS)
    for tender in Tender.objects.using(using).filter(held | settled).select_related("sale"):
        yield Problem("holds", f"tender {tender.pk} is {tender.status}, its sale {tender.sale.status}")


def check_cards_paid_their_sales(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """Each card tender in the books has a paid charge of its amount, and no paid charge is left with nobody (R3)."""
    cards = Tender.objects.using(using).exclude(charge=None).select_related("charge")
    paid = Q(charge__status=Charge.Status.SUCCEEDED, amount_cents=F("charge__amount_cents"))
    in_the_books = Q(status__in=[Tender.Status.SETTLED, Tender.Status.GIVEN_BACK])
    for tender in cards.filter(in_the_books).exclude(paid):
        yield Problem("R3", f"tender {tender.pk} of {tender.amount_cents} stands on a charge that did not pay so much")
    kept = Q(status=Tender.Status.RELEASED, charge__status=Charge.Status.SUCCEEDED, charge__unsold_at=None)
    for tender in cards.filter(kept, charge__finished_at__isnull=False):
        yield Problem("R3", f"charge {tender.charge_id} was paid, its tender released, and its money is nowhere")


def check_store_credit(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I14 2230 is what the credits come to, each at its location, and what is held is what open sales hold."""
    booked = Posting.objects.using(using).filter(account=Account.CLIENT_CREDIT).order_by()
    sums = booked.values_list("instrument", "location").annotate(Sum("amount_cents"))
    owed = {(who, where): -cents for who, where, cents in sums}
    credits_now = ClientCredit.objects.using(using).annotate(
        moved=_sum(CreditMove.objects.using(using), "credit", "amount_cents"),
        on_hold=_sum(CreditHold.objects.using(using), "credit", "amount_cents"),
    )
    for row in credits_now:
        in_books = owed.pop((instrument_of(row), row.location_id), 0)
        if not in_books == row.balance_cents == row.moved:
            yield Problem("I14", f"{row}: books {in_books}, balance {row.balance_cents}, moves {row.moved}")
        if row.held_cents != row.on_hold:
            yield Problem("I14", f"{row}: held {row.held_cents}, open sales hold {row.on_hold}")
    for (who, where), cents in owed.items():
        if cents:
            yield Problem("I14", f"books have {cents} of “{who}” at location {where}, which is no credit there")


def check_store_credit_is_held_by_open_sales(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """Each hold of store credit belongs to a held tender, and a tender's holds add up to it (DESIGN "Stored value")."""
    tenders = Tender.objects.using(using).filter(kind="store_credit")
    held = tenders.annotate(on_hold=_sum(CreditHold.objects.using(using), "tender", "amount_cents"))
    is_held = Q(status=Tender.Status.HELD)
    for tender in held.filter(is_held & ~Q(on_hold=F("amount_cents")) | ~is_held & ~Q(on_hold=0)):
        yield Problem("holds", f"tender {tender.pk}: {tender.status}, {tender.amount_cents}, holds {tender.on_hold}")
