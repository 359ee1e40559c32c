"""A copy of all that is kept of a client and is theirs; without what staff noted for themselves. Amounts are cents."""

import datetime as dt
from typing import Any

from memberships.models import LotMove, Membership, SessionLot
from memberships.portal import account
from payments import cards
from pos import receipts
from pos.models import Client, CreditMove, Receipt, Refund, Sale

Row = dict[str, Any]


def copy_of(client: Client, *, now: dt.datetime) -> Row:
    """Everything, the oldest first, as plain words and numbers."""
    return {
        "made_at": now.isoformat(),
        "client": {
            "name": client.name,
            "email": client.email,
            "phone": str(client.phone),
            "since": client.created_at.isoformat(),
        },
        "what_is_left": [_offer(one) for one in account.what_is_left(client, now=now)],
        "memberships": [_membership(one) for one in account.memberships_of(client).reverse()],
        "sessions": [_lot(one) for one in client.session_lots.prefetch_related("moves__item").order_by("opened_at")],
        "used_from_others": [_used(one) for one in _from_others(client)],
        "store_credit": [_credit_move(one) for one in _credit_moves(client)],
        "sales": [_sale(one) for one in _sales(client)],
        "saved_cards": [
            {"card": str(one), "saved_at": one.saved_at.isoformat(), "is_charged": one.is_default}
            for one in cards.cards_of(client.pk)
        ],
        "agreements": [_agreement(one) for one in client.consents.select_related("plan").order_by("at")],
        "household": [one.name for one in account.sharers(client)],
        "in_households_of": [one.name for one in account.shared_by(client)],
    }


def _offer(left: account.Left) -> Row:
    return {"name": left.name, "left": left.left, "last_day": left.last_day}


# Members -------------------------------------------------------------------------------------------------------------


def _membership(membership: Membership) -> Row:
    return {
        "id": str(membership.pk),
        "plan": f"{membership.plan.name}, version {membership.plan.version}",
        "location": membership.location.name,
        "status": membership.status,
        "joined_at": membership.joined_at.isoformat(),
        "paid_until": membership.paid_until.isoformat(),
        "ends_on": _day(membership.ends_on),
        "months": [_fields(due, "starts_on ends_on amount_cents units status") for due in membership.dues.all()],
        "freezes": [
            _fields(one, "starts_on ends_on months fee_cents asked_at undone_at") for one in membership.freezes.all()
        ],
        "changes": [
            {"from": one.from_plan.name, "to": one.to_plan.name, **_fields(one, "effective_on status asked_at")}
            for one in membership.changes.select_related("from_plan", "to_plan")
        ],
        "cancellations": [
            _fields(one, "number asked_at ends_on fee_cents refunded_cents undone_at")
            for one in membership.cancellations.all()
        ],
    }


def _agreement(consent: Any) -> Row:
    return {"plan": consent.plan.name, **_fields(consent, "at how address signature text_hash text")}


# What was paid ahead -------------------------------------------------------------------------------------------------


def _lot(lot: SessionLot) -> Row:
    told = _fields(lot, "name kind status granted_units units paid_cents value_cents opened_at expires_on")
    return {**told, "moves": [_move(move) for move in lot.moves.all()]}


def _move(move: LotMove) -> Row:
    return {**_fields(move, "at kind units value_cents"), "for": move.item.name if move.item is not None else ""}


def _from_others(client: Client) -> list[LotMove]:
    moves = LotMove.objects.filter(used_by=client).exclude(lot__client=client).select_related("item", "lot")
    return list(moves.order_by("at"))


def _used(move: LotMove) -> Row:
    return {**_move(move), "session": move.lot.name}


def _credit_moves(client: Client) -> list[CreditMove]:
    return list(CreditMove.objects.filter(credit__client=client).order_by("at", "id"))


def _credit_move(move: CreditMove) -> Row:
    return _fields(move, "at kind amount_cents")


# What was bought -----------------------------------------------------------------------------------------------------


def _sales(client: Client) -> list[Sale]:
    done = Sale.objects.filter(client=client).exclude(completed_at=None).select_related("location")
    around = ("lines", "tips", "tenders", "refunds__lines", "receipts__location")
    return list(done.prefetch_related(*around).order_by("completed_at"))


def _sale(sale: Sale) -> Row:
    told = _fields(sale, "completed_at status net_cents tax_cents tip_cents")
    return {
        **told,
        "location": sale.location.name,
        "lines": [_fields(line, "name quantity net_cents tax_cents") for line in sale.lines.all()],
        "paid_by": [_fields(tender, "kind amount_cents") for tender in sale.tenders.all()],
        "refunds": [_refund(refund) for refund in sale.refunds.all()],
        "receipts": [_receipt(receipt) for receipt in sale.receipts.all()],
    }


def _refund(refund: Refund) -> Row:
    return _fields(refund, "net_cents tax_cents tip_cents")


def _receipt(receipt: Receipt) -> Row:
    return {"number": receipt.title, "url": receipts.address(receipt)}


# In plain words ------------------------------------------------------------------------------------------------------


def _fields(row: object, names: str) -> Row:
    return {name: _plain(getattr(row, name)) for name in names.split()}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def _day(on: dt.date | None) -> str | None:
    return on.isoformat() if on is not None else None
