"""X and Z of a drawer: what it took in since it was opened, at any time, and once for good at its close (R8)."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence

from django.db.models import F, Max, Min, Q, Sum

from ledger import chain
from ledger.accounts import Account
from ledger.models import Posting
from pos import drawer, takings, zentries
from pos.models import (
    Approval,
    DrawerMovement,
    DrawerSession,
    Receipt,
    RefundTender,
    Sale,
    Tender,
    ZEntry,
    ZReport,
)
from pos.zcontents import VERSION, Approved, Brand, Carried, Cash, Contents, Money, Moved, Pieces
from pos.zentries import Event

NOT_MOVED = ("drawer_open", "drawer_close")
WHERE = {
    "sale": "sales_cents",
    **dict.fromkeys(("refund", "void", "void_back"), "back_cents"),
    "pay_in": "paid_in_cents",
    "pay_out": "paid_out_cents",
    "drop": "dropped_cents",
    "tip_payout": "tips_paid_cents",
}
"""Which row of the drawer an event's cash belongs to; the rest is `other_cents`."""


def x_of(session: DrawerSession, *, now: dt.datetime) -> Contents:
    """What the Z of an open session would say if it were closed now; changes nothing and has no number."""
    events = zentries.events_for(session)
    parked = [_kept(sale) for sale in parked_at(session)]
    return contents(session, events, parked=parked, now=now)


def make(session: DrawerSession, *, number: int, parked: Sequence[Sale], now: dt.datetime) -> ZReport:
    """The Z of a session that is being closed; call it under the lock of the counter that gave the number."""
    events = zentries.events_for(session)
    told = contents(session, events, parked=[_kept(sale) for sale in parked], now=now)
    before = ZReport.objects.filter(location=session.location_id).order_by("-number").first()
    head = chain.head()
    net_cents = told["money"]["net_cents"]
    z = ZReport.objects.create(
        session=session,
        location=session.location,
        number=number,
        made_at=now,
        contents=told,
        net_cents=net_cents,
        grand_total_cents=net_cents + (before.grand_total_cents if before else 0),
        chain_number=head.number if head else 0,
        chain_hash=head.hash if head else chain.NO_HASH,
    )
    ZEntry.objects.bulk_create([ZEntry(z=z, entry_id=event.entry_id) for event in events])
    return z


def parked_at(session: DrawerSession) -> list[Sale]:
    """The sales that are parked at the drawer's location, the oldest first."""
    parked = Sale.objects.filter(location=session.location_id, status=Sale.Status.PARKED)
    return list(parked.select_related("client").order_by("parked_at", "pk"))


def carried(sale: Sale) -> Carried:
    """A parked sale by its name: the label, else the client's."""
    name = sale.label or (sale.client.name if sale.client else "Walk-in")
    return {"id": str(sale.pk), "name": name, "total_cents": sale.total_cents}


def _kept(sale: Sale) -> Carried:
    """The same for paper that is never changed: without the client's name, which they may want forgotten."""
    return {**carried(sale), "name": sale.label or str(sale)}


def blind(told: Contents) -> Contents:
    """The same without what would give away how much cash should be there (R8: the count is blind)."""
    money: Money = {**told["money"], "cash_cents": None, "collected_cents": None}
    cash: Cash = {
        **told["cash"],
        "sales_cents": None,
        "back_cents": None,
        "other_cents": None,
        "expected_cents": None,
    }
    return {**told, "money": money, "cash": cash}


def contents(
    session: DrawerSession, events: Sequence[Event], *, parked: Sequence[Carried], now: dt.datetime
) -> Contents:
    """All figures of the session with these events."""
    sales = [event.about for event in events if event.kind == "sale"]
    voids = [event.about for event in events if event.kind == "void"]
    money = money_of([event.entry_id for event in events])
    first, last = _receipts(session, sales)
    return {
        "version": VERSION,
        "location": session.location.code,
        "location_name": session.location.name,
        "drawer": session.drawer.name,
        "business_date": session.business_date.isoformat(),
        "opened_at": _moment(session.opened_at),
        "opened_by": session.opened_by.display_name,
        "closed_at": _moment(session.closed_at) if session.closed_at else None,
        "closed_by": session.closed_by.display_name if session.closed_by else "",
        "approver": session.approver.display_name if session.approver else "",
        "note": session.note,
        "tickets": len(sales),
        "first_receipt": first,
        "last_receipt": last,
        "refunds": sum(event.kind == "refund" for event in events),
        "voids": len(voids),
        "voided_cents": _totals(voids),
        "money": money,
        "cards": _brands(events, money["card_cents"]),
        "cash": _cash(session),
        "pieces": _pieces(session.denominations or {}),
        "movements": [_moved(movement) for movement in _movements(session)],
        "approvals": _approvals(session, now=now),
        "carried_over": list(parked),
    }


def money_of(entries: Sequence[uuid.UUID]) -> Money:
    """What these entries came to, from their postings."""
    found = takings.of_postings(Posting.objects.filter(entry__in=entries), gives=("sale",))
    names = list(Money.__annotations__)
    return {name: found[name] for name in names}  # type: ignore[return-value] # the columns are its keys


def _pieces(counted: Mapping[str, int]) -> list[Pieces]:
    """The largest notes first."""
    by_value = sorted(((int(value), pieces) for value, pieces in counted.items()), reverse=True)
    return [{"value_cents": value, "pieces": pieces} for value, pieces in by_value]


def _moment(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


def _receipts(session: DrawerSession, sales: Sequence[uuid.UUID]) -> tuple[str, str]:
    """The first and last receipt of the sales, as they are printed."""
    numbers = Receipt.objects.filter(sale__in=sales, refund=None).aggregate(first=Min("number"), last=Max("number"))
    if numbers["first"] is None:
        return "", ""
    code = session.location.code
    return f"{code}-{numbers['first']:06}", f"{code}-{numbers['last']:06}"


def _totals(sales: Sequence[uuid.UUID]) -> int:
    total = F("net_cents") + F("tax_cents") + F("tip_cents")
    return Sale.objects.filter(pk__in=sales).aggregate(cents=Sum(total, default=0))["cents"] or 0


def _brands(events: Sequence[Event], card_cents: int) -> list[Brand]:
    """By brand what cards paid less what goes back to them; what no charge explains is "other"."""
    ids = {kind: [event.about for event in events if event.kind == kind] for kind in ("sale", "void", "refund")}
    in_the_books = Q(status__in=[Tender.Status.SETTLED, Tender.Status.GIVEN_BACK])
    tenders = Tender.objects.filter(in_the_books).exclude(charge=None)
    back = RefundTender.objects.filter(refund__in=ids["refund"]).exclude(tender__charge=None)
    sums: dict[str, int] = defaultdict(int)
    for sign, rows, brand in (
        (1, tenders.filter(sale__in=ids["sale"]), "charge__card_brand"),
        (-1, tenders.filter(sale__in=ids["void"]), "charge__card_brand"),
        (-1, back, "tender__charge__card_brand"),
    ):
        for name, cents in rows.order_by().values_list(brand).annotate(cents=Sum("amount_cents")):
            sums[name or "other"] += sign * cents
    sums["other"] += card_cents - sum(sums.values())
    return [{"brand": name, "amount_cents": cents} for name, cents in sorted(sums.items()) if cents]


def _cash(session: DrawerSession) -> Cash:
    moved = _through(session)
    expected_cents = drawer.expected_cents(session) if session.expected_cents is None else session.expected_cents
    counted, left = session.counted_cents, session.left_cents
    return {
        "float_cents": session.float_cents,
        "found_cents": _found(session),
        "sales_cents": moved["sales_cents"],
        "back_cents": moved["back_cents"],
        "paid_in_cents": moved["paid_in_cents"],
        "paid_out_cents": moved["paid_out_cents"],
        "dropped_cents": moved["dropped_cents"],
        "tips_paid_cents": moved["tips_paid_cents"],
        "other_cents": moved["other_cents"],
        "expected_cents": expected_cents,
        "counted_cents": counted,
        "over_short_cents": session.over_short_cents,
        "left_cents": left,
        "to_safe_cents": None if counted is None or left is None else counted - left,
    }


def _through(session: DrawerSession) -> Mapping[str, int]:
    """What each kind of event moved through the drawer, in cents."""
    postings = Posting.objects.filter(drawer_session=session.pk, account=Account.CASH_DRAWER).order_by()
    moved: dict[str, int] = defaultdict(int)
    kinds = postings.exclude(entry__kind__in=NOT_MOVED).values_list("entry__kind")
    for kind, cents in kinds.annotate(cents=Sum("amount_cents")):
        moved[WHERE.get(kind, "other_cents")] += cents
    return moved


def _found(session: DrawerSession) -> int:
    """Float less what the last close had left: over or short at the opening."""
    at_opening = Posting.objects.filter(
        drawer_session=session.pk, account=Account.CASH_OVER_SHORT, entry__kind="drawer_open"
    )
    return -(at_opening.aggregate(cents=Sum("amount_cents", default=0))["cents"] or 0)


def _movements(session: DrawerSession) -> Sequence[DrawerMovement]:
    return list(session.movements.select_related("made_by", "approver", "therapist").order_by("number"))


def _moved(movement: DrawerMovement) -> Moved:
    return {
        "number": movement.number,
        "kind": movement.kind,
        "reason": movement.get_reason_display() if movement.reason else "",
        "note": movement.note,
        "therapist": movement.therapist.display_name if movement.therapist else "",
        "amount_cents": movement.signed_cents,
        "at": _moment(movement.made_at),
        "by": movement.made_by.display_name,
        "approver": movement.approver.display_name if movement.approver else "",
    }


def _approvals(session: DrawerSession, *, now: dt.datetime) -> list[Approved]:
    """What others said yes to while the drawer was open, on the tablets that have no other open drawer."""
    others = DrawerSession.objects.filter(location=session.location_id, status=DrawerSession.Status.OPEN)
    elsewhere = others.exclude(pk=session.pk).exclude(device=session.device_id).exclude(device=None)
    used = Approval.objects.filter(
        device__location=session.location_id, used_at__gte=session.opened_at, used_at__lte=session.closed_at or now
    ).exclude(device__in=elsewhere.values("device"))
    found: dict[str, Approved] = {}
    for action, cents in used.order_by("action").values_list("action", "amount_cents"):
        row = found.setdefault(action, {"action": action, "count": 0, "amount_cents": 0})
        row["count"] += 1
        row["amount_cents"] += abs(cents)
    return list(found.values())
