"""A varied month: many things sold and paid in many ways, some of it taken back; on 10 February 2026."""

from giftcards.models import GiftCard
from ledger.accounts import Account
from ledger.journal import balance
from tests.accounting.months import TENTH
from tests.builders import Studio, amount_off, of, tax, tip
from tests.giftcards.cards import card_for, card_of, code_of
from tests.memberships.builders import buys, client, package, visits


def a_varied_month(studio: Studio) -> GiftCard:
    """Cash, tips, tax, a discount, a card sold and used, a package used, a refund, a void; the card has $10 left."""
    tax(studio.location, "retail", ("OH-FRANKLIN", "0.0725"))
    desk = studio.desk.at(TENTH)
    session = desk.opens_drawer(50_00)
    desk.rings_up(of("ashiatsu-60", by=studio.ana), of("massage-oil"), tips=(tip(studio.ana, 20_00),)).pays(cash=155_74)
    card = card_of(desk.rings_up(card_for(120_00)).pays(cash=120_00))
    desk.rings_up(of("ashiatsu-60", by=studio.ana)).tenders("gift_card", instrument=code_of(card))
    desk.completes()
    package()
    who = client()
    buys(desk, who)
    visits(desk, studio, who)
    cheaper = desk.rings_up(of("massage-oil", discount=amount_off(4_00))).pays(external=21_45)
    mistake = desk.rings_up(of("massage-oil")).pays(cash=25_74)
    managers = studio.managers_desk.at(TENTH).later(minutes=1)
    managers.refunds(cheaper, (0, 1))
    managers.voids(mistake)
    expected_cents = balance(Account.CASH_DRAWER, drawer_session=session.pk)
    desk.later(minutes=2).closes_drawer(session, expected_cents, left_cents=50_00)
    return GiftCard.objects.get(pk=card.pk)
