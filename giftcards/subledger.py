"""What gift cards come to by their own moves, for the proof of 2200 and 2205."""

import datetime as dt
from collections.abc import Iterator

from django.db.models import Sum

from giftcards.models import GiftCardMove
from ledger.accounts import Account
from ledger.subledgers import Counted, before, everywhere


class Cards:
    """Where a card was sold it is owed: its paid part (2200), and what of that was counted as income (2205)."""

    def counted(self, *, ends_on: dt.date, using: str) -> Iterator[Counted]:
        happened = before(ends_on, moment="at", place="location", using=using)
        moves = GiftCardMove.objects.using(using).filter(happened).order_by().values_list("card__location")
        owed = {where: -cents for where, cents in moves.annotate(cents=Sum("paid_cents"))}
        yield from everywhere(Account.GIFT_CARDS, owed, using=using)
        income = dict(moves.annotate(cents=Sum("breakage_cents")))
        yield from everywhere(Account.GIFT_CARD_BREAKAGE, income, using=using)
