"""A card says no: asked again by the group of the no, told once; two skipped months end it (R28; faults 21, 22)."""

import datetime as dt

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from jobs.models import OutboxMail
from memberships import dues, dunning, paying
from memberships.models import Due, Membership
from payments import cards
from payments.models import Charge
from tests.builders import of
from tests.memberships import builders
from tests.memberships.members import House, again, counts, credits_of, dues_of, month, saves_card
from tests.payments.pages import taken_cents

APRIL = dt.datetime(2026, 4, 2, 10, 0, tzinfo=dt.UTC)
MAY = dt.datetime(2026, 5, 2, 10, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def morning(days: int, of_day: dt.datetime = APRIL) -> dt.datetime:
    """Nine o'clock in Columbus, so many days later (daylight saving)."""
    return of_day.replace(hour=13) + dt.timedelta(days=days)


def mails() -> list[str]:
    return list(OutboxMail.objects.filter(dedupe__startswith="due:").order_by("pk").values_list("subject", flat=True))


def tried_at(house: House, *, until: dt.datetime, start: dt.datetime = APRIL) -> list[dt.datetime]:
    """When cards were asked, if the billing runs as soon as anything is due."""
    when = start
    while when <= until:
        house.bills(when)
        later = Due.objects.filter(status="due", run_at__gt=when).order_by("run_at").first()
        when = min(later.run_at, when + DAY) if later is not None else when + DAY
    return list(
        Charge.objects.filter(owner__startswith="due:").order_by("created_at").values_list("created_at", flat=True)
    )


# The groups ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "group"),
    [
        ("insufficient_funds", "later"),
        ("do_not_honor", "later"),
        ("stolen_card", "never"),
        ("expired_card", "customer"),
        ("authentication_required", "customer"),
        ("processing_error", "soon"),
    ],
)
def test_a_no_makes_the_member_past_due_and_is_counted_by_its_group(house: House, outcome: str, group: str) -> None:
    ada = house.member(outcome=outcome)

    run = house.bills(APRIL)

    assert counts(run) == {f"declined_{group}": 1}
    due = Due.objects.get(status="due")
    assert (due.decline_group, due.tries, due.first_declined_at) == (group, 1, APRIL)
    assert again(ada).status == Membership.Status.PAST_DUE
    assert mails() == ["Your payment to Massage Escape did not go through"]
    house.books_are_clean()


def test_later_is_after_1_3_5_7_and_14_days_in_the_morning_and_then_the_month_is_skipped(house: House) -> None:
    ada = house.member(outcome="insufficient_funds")

    found = tried_at(house, until=morning(16))

    assert found == [APRIL, *(morning(days) for days in (1, 3, 5, 7, 14))]
    assert dues_of(ada) == [("2026-03-02", "paid"), ("2026-04-02", "skipped")]
    assert (again(ada).status, again(ada).skipped_in_a_row) == ("past_due", 1)
    assert mails() == ["Your payment to Massage Escape did not go through", "Your month at Massage Escape was skipped"]


def test_soon_is_after_an_hour_and_a_day_and_goes_on_like_later(house: House) -> None:
    house.member(outcome="processing_error")

    found = tried_at(house, until=morning(16))

    hour = APRIL + dt.timedelta(hours=1)
    assert found == [APRIL, hour, hour + DAY, morning(3), morning(5), morning(7)]
    assert Due.objects.filter(status="skipped").get().tries == dunning.MOST_TRIES


@pytest.mark.parametrize("outcome", ["stolen_card", "expired_card", "authentication_required"])
def test_a_card_that_can_not_pay_is_not_asked_again_and_the_month_is_skipped_all_the_same(
    house: House, outcome: str
) -> None:
    ada = house.member(outcome=outcome)

    found = tried_at(house, until=morning(16))

    assert found == [APRIL]
    assert dues_of(ada)[1] == ("2026-04-02", "skipped")


def test_a_no_and_then_a_yes_pay_the_month_and_end_being_past_due(house: House) -> None:
    ada = house.member()
    card = cards.default_card(ada.client_id)
    assert card is not None
    house.says(card, "insufficient_funds")
    house.bills(APRIL)
    house.says(card, "approved")

    run = house.bills(morning(1))

    assert counts(run) == {"charged": 1, "charged_cents": 79_00}
    assert (again(ada).status, again(ada).paid_until) == ("active", dt.date(2026, 5, 2))
    assert credits_of(ada.client) == [(1, 79_00), (1, 79_00)]


def test_two_skipped_months_in_a_row_end_the_membership_and_its_credits_stay_for_a_while(house: House) -> None:
    ada = house.member(outcome="insufficient_funds")
    tried_at(house, until=morning(16))

    tried_at(house, until=morning(16, MAY), start=MAY)

    found = again(ada)
    assert (found.status, found.end_reason, found.ends_on) == ("ended", "unpaid", dt.date(2026, 5, 16))
    assert credits_of(ada.client) == [(1, 79_00)]
    assert mails()[-1] == "Your membership at Massage Escape has ended"
    assert counts(house.bills(MAY + 60 * DAY)) == {}


def test_a_month_that_is_paid_between_two_skipped_ones_lets_it_go_on(house: House) -> None:
    ada = house.member(outcome="insufficient_funds")
    tried_at(house, until=morning(16))
    card = cards.default_card(ada.client_id)
    assert card is not None
    house.says(card, "approved")
    house.bills(MAY)
    assert (again(ada).status, again(ada).skipped_in_a_row) == ("active", 0)

    house.says(card, "insufficient_funds")
    june = MAY + 31 * DAY
    tried_at(house, until=morning(16, june), start=june)

    assert (again(ada).status, again(ada).skipped_in_a_row) == ("past_due", 1)


def test_where_the_studio_wants_it_an_unpaid_month_stays_owed(house: House, settings: Settings) -> None:
    settings.MEMBERSHIPS_UNPAID = "owe"
    ada = house.member(outcome="insufficient_funds")

    tried_at(house, until=MAY + 20 * DAY)

    assert dues_of(ada) == [("2026-03-02", "paid"), ("2026-04-02", "due")]
    assert again(ada).status == "past_due"
    house.pays_at_desk(Due.objects.get(status="due"))
    assert again(ada).status == "active"


# A new card ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", ["insufficient_funds", "stolen_card", "expired_card"])
def test_a_new_card_is_asked_at_once_and_no_other(house: House, outcome: str) -> None:
    """Fault 22."""
    ada = house.member(outcome=outcome)
    house.bills(APRIL)
    house.goes_to(APRIL + dt.timedelta(hours=5))
    new = saves_card(ada, "mastercard")

    dunning.UseNewCards().run(now=timezone.now())
    run = house.bills()

    assert counts(run) == {"charged": 1, "charged_cents": 79_00}
    asked = Charge.objects.filter(owner__startswith="due:").order_by("n")
    assert [charge.saved_card_id == new.pk for charge in asked] == [False, True]
    assert again(ada).status == "active"


def test_a_new_card_that_says_no_begins_the_schedule_anew_up_to_eight_tries_in_all(house: House) -> None:
    ada = house.member(outcome="insufficient_funds")
    tried_at(house, until=morning(5))
    house.goes_to(morning(5) + dt.timedelta(hours=2))
    house.says(saves_card(ada, "mastercard"), "insufficient_funds")
    dunning.UseNewCards().run(now=timezone.now())

    start = timezone.now()
    found = tried_at(house, until=morning(25), start=start)

    due = Due.objects.get(starts_on=dt.date(2026, 4, 2))
    assert (due.first_declined_at, due.tries) == (start, 6)
    assert found == [APRIL, morning(1), morning(3), morning(5), start, morning(6)]
    assert due.status == "skipped"


def test_another_of_the_clients_cards_is_asked_when_they_choose_it(house: House) -> None:
    ada = house.member(outcome="insufficient_funds")
    old = cards.default_card(ada.client_id)
    second = saves_card(ada, "mastercard")
    assert old is not None
    with transaction.atomic():
        cards.make_default(old, now=timezone.now())
    house.bills(APRIL)

    with transaction.atomic():
        cards.make_default(second, now=timezone.now())
    assert dunning.card_changed(ada.client_id, now=timezone.now() + dt.timedelta(seconds=1)) == 1

    assert counts(house.bills(APRIL + dt.timedelta(seconds=2))) == {"charged": 1, "charged_cents": 79_00}


def test_a_card_that_is_changed_while_its_charge_waits_is_not_asked(house: House) -> None:
    """Fault 22: a retry is queued and not asked yet."""
    ada = house.member()
    house.goes_to(APRIL)
    dues.make(now=APRIL)
    card = cards.default_card(ada.client_id)
    assert card is not None
    house.says(card, "stolen_card")
    new = saves_card(ada, "mastercard")

    run = house.bills(APRIL)

    assert counts(run) == {"charged": 1, "charged_cents": 79_00}
    assert Charge.objects.get(owner__startswith="due:").saved_card_id == new.pk


def test_without_a_card_the_client_gets_a_link_and_a_card_that_comes_is_asked(house: House) -> None:
    ada = house.member(card="")

    assert counts(house.bills(APRIL)) == {}
    assert (again(ada).status, mails()) == ("past_due", ["Your payment to Massage Escape did not go through"])
    assert "no card of yours is saved" in OutboxMail.objects.get(dedupe__startswith="due:").text
    house.goes_to(APRIL + DAY)
    saves_card(ada)
    dunning.UseNewCards().run(now=timezone.now())

    assert counts(house.bills()) == {"charged": 1, "charged_cents": 79_00}
    assert again(ada).status == "active"


def test_a_removed_card_is_asked_for_nothing(house: House) -> None:
    ada = house.member()
    card = cards.default_card(ada.client_id)
    assert card is not None
    with transaction.atomic():
        cards.remove(card, now=timezone.now())

    assert counts(house.bills(APRIL)) == {}
    assert (again(ada).status, taken_cents(house.stripe)) == ("past_due", 0)


# Nothing that was paid is locked away --------------------------------------------------------------------------------


def test_who_is_past_due_uses_what_is_paid_and_pays_at_the_desk(house: House) -> None:
    ada = house.member(outcome="insufficient_funds")
    house.bills(APRIL)
    covered = builders.covered("deep-tissue-60", by=house.studio.ana, kind="credit")
    house.desk().rings_up(covered, client_id=ada.client_id).pays()

    (owed,) = paying.owed_by(ada.client, now=timezone.now())
    due = Due.objects.get(status="due")
    assert (owed.instrument, owed.name, owed.amount_cents) == (due.key, "Monthly", 79_00)
    basket = house.pays_at_desk(due)

    assert basket.lines[0].name == "Monthly, Apr 2 to May 2"
    assert (again(due).status, again(ada).status) == ("paid", "active")
    assert paying.owed_by(ada.client, now=timezone.now()) == []
    assert counts(house.bills(morning(1))) == {}
    house.books_are_clean()


def test_a_skipped_month_can_be_paid_after_all(house: House) -> None:
    ada = house.member(outcome="insufficient_funds")
    tried_at(house, until=morning(16))
    due = Due.objects.get(status="skipped")

    house.pays_at_desk(due)

    found = again(ada)
    assert (again(due).status, found.status, found.skipped_in_a_row) == ("paid", "active", 0)
    assert found.paid_until == dt.date(2026, 5, 2)
    assert len(credits_of(ada.client)) == 2
    with pytest.raises(dues.NothingOwed):
        house.desk().rings_up(month(due), client_id=ada.client_id)


def test_the_first_no_is_told_once_for_the_whole_schedule(house: House) -> None:
    house.member(outcome="insufficient_funds")
    tried_at(house, until=morning(8))
    assert mails() == ["Your payment to Massage Escape did not go through"]


def test_who_is_past_due_pays_the_list_price(house: House) -> None:
    house.plan.treatment_percent = 20
    house.plan.save()
    ada = house.member(outcome="insufficient_funds")
    line = of("ashiatsu-60", by=house.studio.ana)
    before = house.desk().rings_up(line, client_id=ada.client_id).last
    assert before is not None
    assert before.due_cents == 88_00

    house.bills(APRIL)

    after = house.desk().rings_up(line, client_id=ada.client_id).last
    assert after is not None
    assert after.due_cents == 110_00
