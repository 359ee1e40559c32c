"""The promises that gift cards keep with the books (I10, I15, I16, I17, I34) and with their own rows."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from giftcards import balance_check
from giftcards.models import GiftCard, GiftCardHold, GiftCardMove
from ledger.accounts import Account
from ledger.checks import Problem
from ledger.models import Posting
from pos.models import Tender

PAYS = ("gift_card", "treatment_card")


def check_cards_are_as_booked(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I10, I15: 2200 is the sum of what was paid for and is left on the cards, card by card, where they were sold."""
    yield from _as_booked("I15", Account.GIFT_CARDS, "paid_cents", sign=-1, using=using)
    booked = Posting.objects.using(using).filter(account=Account.GIFT_CARDS).order_by()
    by_location = dict(booked.values_list("location").annotate(Sum("amount_cents")))
    cards = dict(GiftCard.objects.using(using).order_by().values_list("location").annotate(Sum("paid_cents")))
    for place in sorted(by_location.keys() | cards.keys()):
        if -by_location.get(place, 0) != cards.get(place, 0):
            yield Problem("I10", f"location {place}: books {-by_location.get(place, 0)}, cards {cards.get(place, 0)}")


def check_breakage_is_as_booked(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I15, I17: 2205 is what the cards say was counted as income, and never more than is left on them."""
    yield from _as_booked("I17", Account.GIFT_CARD_BREAKAGE, "breakage_cents", sign=1, using=using)
    both = Posting.objects.using(using).filter(account__in=[Account.GIFT_CARDS, Account.GIFT_CARD_BREAKAGE])
    for place, cents in both.order_by().values_list("location").annotate(cents=Sum("amount_cents")).filter(cents__gt=0):
        yield Problem("I17", f"location {place}: {cents} more was counted as income than is owed on cards")


def check_cards_are_as_moved(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I16: no card below zero, and each is the sum of its moves."""
    cards = GiftCard.objects.using(using)
    below = Q(paid_cents__lt=0) | Q(balance_cents__lt=F("paid_cents")) | Q(breakage_cents__gt=F("paid_cents"))
    for card in cards.filter(below):
        yield Problem("I16", f"{card.serial}: balance {card.balance_cents}, paid for {card.paid_cents}")
    moves = GiftCardMove.objects.using(using)
    moved = cards.annotate(
        paid=_sum(moves, "paid_cents"), promo=_sum(moves, "promo_cents"), income=_sum(moves, "breakage_cents")
    )
    same = Q(paid_cents=F("paid"), balance_cents=F("paid") + F("promo"), breakage_cents=F("income"))
    for card in moved.exclude(same):
        yield Problem("I16", f"{card.serial}: {card.balance_cents} on it, its moves come to something else")


def check_cards_are_held_by_open_sales(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """What is held of a card is what the holds of open sales come to, each of a held tender of that amount."""
    holds = GiftCardHold.objects.using(using)
    held = GiftCard.objects.using(using).annotate(face=_sum(holds, "face_cents"), paid=_sum(holds, "paid_cents"))
    for card in held.exclude(held_cents=F("face"), held_paid_cents=F("paid")):
        yield Problem("holds", f"{card.serial}: {card.held_cents} held, open sales hold something else")
    tenders = Tender.objects.using(using).filter(kind__in=PAYS)
    is_held = Q(status=Tender.Status.HELD)
    same = Q(gift_card_hold__face_cents=F("amount_cents"))
    for tender in tenders.filter(is_held).exclude(same) | tenders.exclude(is_held).exclude(gift_card_hold=None):
        yield Problem("holds", f"tender {tender.pk}: {tender.status}, {tender.amount_cents}, and what it holds differs")


def check_cards_paid_their_sales(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """Each gift-card tender in the books took its amount off a card, once (R3)."""
    used = GiftCardMove.objects.using(using).filter(kind=GiftCardMove.Kind.USED, tender=OuterRef("pk"))
    face = used.order_by().values("tender").annotate(sum=Sum(F("paid_cents") + F("promo_cents"))).values("sum")
    done = Tender.objects.using(using).filter(kind__in=PAYS, status__in=["settled", "given_back"])
    for tender in done.annotate(face=Coalesce(Subquery(face), 0)).exclude(face=-F("amount_cents")):
        yield Problem("R3", f"tender {tender.pk} of {tender.amount_cents} took {-tender.face} off a card")


def check_locations_owe_each_other_the_same(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I34: what one location owes another is what the other has to get, pair by pair."""
    between = Posting.objects.using(using).filter(account__in=[Account.DUE_FROM_LOCATIONS, Account.DUE_TO_LOCATIONS])
    for pair, cents in between.order_by().values_list("instrument").annotate(cents=Sum("amount_cents")):
        if cents:
            yield Problem("I34", f"“{pair}” is out by {cents}")


def check_nobody_guesses_codes(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """R19: so many wrong codes were tried within the hour that the public balance check is off."""
    if balance_check.is_off(now=now, using=using):
        yield Problem("R19", "Somebody is guessing gift-card codes: the public balance check is off for this hour.")


def _as_booked(number: str, account: Account, column: str, *, sign: int, using: str) -> Iterator[Problem]:
    booked = Posting.objects.using(using).filter(account=account).order_by()
    sums: dict[tuple[str, int], int] = defaultdict(int)
    for instrument, place, cents in booked.values_list("instrument", "location").annotate(Sum("amount_cents")):
        sums[instrument, place] += sign * cents
    for card in GiftCard.objects.using(using).only("id", "location_id", "serial", column).iterator():
        in_books = sums.pop((card.instrument, card.location_id), 0)
        if in_books != getattr(card, column):
            yield Problem(number, f"{card.serial}: books {in_books}, card {getattr(card, column)}")
    for (instrument, place), cents in sums.items():
        if cents:
            yield Problem(number, f"books have {cents} of “{instrument}” at location {place}, which is no card there")


def _sum(rows: QuerySet[Any], column: str) -> Coalesce:
    mine = rows.filter(card=OuterRef("pk")).order_by().values("card").annotate(sum=Sum(column))
    return Coalesce(Subquery(mine.values("sum")), 0)
