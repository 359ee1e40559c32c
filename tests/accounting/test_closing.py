import datetime as dt
import uuid

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from accounting import closing
from accounting.checklist import Stage, State, blockers, checklist
from accounting.closing import LaterMonthClosed, MonthIsExported, NotReady, close_month, reopen, soft_close
from accounting.closingchecks import check_closings_are_as_sealed, check_months_open_as_they_closed
from accounting.correcting import correct
from accounting.exports import batches
from accounting.exports.selecting import Range
from accounting.models import Closing, ClosingBalance, ExportBatch
from ledger import guards, journal
from ledger.accounts import Account
from ledger.chain import head
from ledger.journal import balances, credit, debit
from ledger.models import Entry, Period, Posting
from ledger.periods import PeriodClosed
from payments.models import BalanceReading, Payout, SyncPoint
from studio.models import AuditRow
from studio.refusal import BadInput
from studio.rights import NotAllowed
from tests.accounting.months import FEBRUARY, LATER, MARCH, TENTH, a_day
from tests.books import books_are_clean
from tests.builders import NOW, Studio, of, person

pytestmark = pytest.mark.django_db
JANUARY_DAY = dt.datetime(2026, 1, 30, 15, 0, tzinfo=dt.UTC)


def status(month: dt.date = FEBRUARY) -> str:
    return Period.objects.get(month=month).status


def blocked(studio: Studio, stage: Stage = Stage.FINAL, *, now: dt.datetime = NOW) -> list[str]:
    """What keeps February from being closed, by name."""
    steps = checklist(closing.period_of(FEBRUARY), using="default", now=now)
    return [step.name for step in blockers(steps, stage)]


def found(check: object) -> list[str]:
    return [problem.what for problem in check(using="default", now=NOW)]


# Closing for good ----------------------------------------------------------------------------------------------------


def test_a_closing_stores_what_stood_in_the_books(studio):
    a_day(studio, JANUARY_DAY)
    close_month(dt.date(2026, 1, 5), by=studio.owner, now=NOW)
    a_day(studio)

    stored = close_month(dt.date(2026, 2, 17), by=studio.owner, now=NOW)

    assert status() == "closed"
    assert (stored.number, stored.entries) == (1, 2)
    assert (stored.chain_number, stored.chain_hash) == (head().number, head().hash)
    rows = stored.balances.values_list("account", "opening_cents", "debit_cents", "credit_cents", "closing_cents")
    assert list(rows) == [
        (1010, 0, 144_00, 144_00, 0),
        (1020, 144_00, 144_00, 0, 288_00),
        (2300, -10_00, 0, 10_00, -20_00),
        (4010, -110_00, 0, 110_00, -220_00),
        (4020, -24_00, 0, 24_00, -48_00),
    ]
    assert list(stored.moves.values_list("account", "kind", "amount_cents")) == [(2300, "sale", -10_00)]
    books_are_clean()


def test_anybody_can_hash_what_was_stored(studio):
    a_day(studio)

    stored = close_month(FEBRUARY, by=studio.owner, now=NOW)

    text = closing.sealed_text(stored)
    assert closing.sha256(text) == stored.sha256
    place = studio.location.pk
    assert text.splitlines() == [
        "footfall closing 1",
        "month\t2026-02",
        "number\t1",
        "entries\t2",
        f"chain\t2:{head().hash}",
        f"balance\t1010\t{place}\t\t0\t14400\t14400\t0",
        f"balance\t1020\t{place}\t\t0\t14400\t0\t14400",
        f"balance\t2300\t{place}\t\t0\t0\t1000\t-1000",
        f"balance\t4010\t{place}\t\t0\t0\t11000\t-11000",
        f"balance\t4020\t{place}\t\t0\t0\t2400\t-2400",
        f"move\t2300\t{place}\t\tsale\t-1000",
    ]


def test_a_closing_is_never_changed(studio):
    a_day(studio)
    stored = close_month(FEBRUARY, by=studio.owner, now=NOW)

    for change in (
        lambda: Closing.objects.filter(pk=stored.pk).update(sha256="0" * 64),
        lambda: ClosingBalance.objects.all().delete(),
        lambda: stored.moves.all().delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


def test_the_effect_is_shown_first_and_changes_nothing(studio, capsys):
    a_day(studio)

    call_command("close_month", "2026-02", "--dry-run", by="olga")

    told = capsys.readouterr().out
    assert "2 entries of February 2026" in told
    assert "  " + "4010 Services UPT".ljust(40) + "0.00".rjust(14) + "0.00".rjust(14) + "110.00".rjust(14) in told
    assert "February 2026 would be closed." in told
    assert (status(), Closing.objects.count(), AuditRow.objects.filter(action="period_closed").count()) == (
        "open",
        0,
        0,
    )


def test_the_commands_close_softly_for_good_and_reopen(studio, capsys):
    a_day(studio)

    call_command("close_month", "2026-02", "--soft", by="olga")
    assert status() == "soft"
    call_command("close_month", "2026-02", by="olga")
    assert status() == "closed"
    assert Closing.objects.get().sha256 in capsys.readouterr().out
    call_command("reopen_month", "2026-02", by="olga", reason="Forgotten invoice")
    assert status() == "open"
    with pytest.raises(CommandError, match="February 2026 is not closed"):
        call_command("reopen_month", "2026-02", by="olga", reason="again")
    with pytest.raises(CommandError, match="Nobody active is called “nobody”"):
        call_command("close_month", "2026-02", by="nobody")


def test_who_sees_the_books_closes_softly_and_the_owner_for_good(studio):
    a_day(studio)
    accountant = person("alma", role="accountant")

    for somebody in (studio.manager, person("bert", role="accountant", location=studio.location)):
        with pytest.raises(NotAllowed):
            soft_close(FEBRUARY, by=somebody, now=NOW)
    soft_close(FEBRUARY, by=accountant, now=NOW)
    with pytest.raises(NotAllowed):
        close_month(FEBRUARY, by=accountant, now=NOW)
    with pytest.raises(NotAllowed):
        reopen(FEBRUARY, by=accountant, reason="please", now=NOW)


# What keeps it open --------------------------------------------------------------------------------------------------


def test_nothing_keeps_a_quiet_month_open(studio):
    a_day(studio)

    assert blocked(studio) == []
    steps = checklist(closing.period_of(FEBRUARY), using="default", now=NOW)
    assert {step.state for step in steps} == {State.DONE, State.BY_ITSELF}


def test_a_month_that_is_not_over_stays_open(studio):
    a_day(studio)

    with pytest.raises(NotReady, match="February 2026 is not over at Uptown") as refusal:
        soft_close(FEBRUARY, by=studio.owner, now=dt.datetime(2026, 3, 1, 4, 59, tzinfo=dt.UTC))
    assert refusal.value.details == {"blockers": ["The month is over"]}
    soft_close(FEBRUARY, by=studio.owner, now=dt.datetime(2026, 3, 1, 5, 0, tzinfo=dt.UTC))


def test_an_open_drawer_keeps_its_month_open(studio):
    session = studio.desk.at(TENTH).opens_drawer()

    assert blocked(studio, Stage.SOFT) == ["Drawers are counted"]
    studio.desk.closes_drawer(session, 0)
    assert blocked(studio) == []


def test_a_drawer_of_the_next_month_keeps_nothing_open(studio):
    a_day(studio)
    studio.desk.opens_drawer(20_00)

    assert blocked(studio) == []


def test_a_sale_that_holds_money_keeps_its_month_open_parked_or_not(studio):
    desk = studio.desk.at(TENTH)
    desk.rings_up(of("massage-oil"))
    assert blocked(studio) == []
    basket = desk.tenders("external", amount_cents=10_00)

    assert blocked(studio, Stage.SOFT) == ["No sale is in flight"]
    desk.drops(basket.tenders[0])
    assert blocked(studio) == []


def test_stripe_must_be_read_past_the_end_of_the_month(studio):
    SyncPoint.objects.create(name="stripe_books", at=TENTH)
    ends_at = dt.datetime(2026, 3, 1, 5, 0, tzinfo=dt.UTC)
    second = dt.timedelta(seconds=1)

    BalanceReading.objects.create(read_at=ends_at - second, balance_cents=0, transactions_cents=0)
    assert blocked(studio, Stage.SOFT) == ["Stripe is read to the month's end"]
    BalanceReading.objects.create(read_at=ends_at, balance_cents=0, transactions_cents=0)
    assert blocked(studio) == []


def test_a_payout_that_does_not_add_up_keeps_its_month_open(studio):
    payout = Payout.objects.create(
        stripe_id="po_1", status="in_transit", amount_cents=0, is_automatic=True, created_at=TENTH, arrives_on=MARCH
    )

    assert blocked(studio, Stage.SOFT) == ["Payouts are complete"]
    Payout.objects.filter(pk=payout.pk).update(itemised_at=NOW)
    assert blocked(studio, Stage.SOFT) == []
    Payout.objects.filter(pk=payout.pk).update(arrives_on=dt.date(2026, 2, 28))
    assert blocked(studio, Stage.SOFT) == ["Payouts are complete"]
    Payout.objects.filter(pk=payout.pk).update(status="failed")
    assert "Payouts are complete" not in blocked(studio)


def posted(studio: Studio, *lines: object, key: str = "by-hand:1", kind: str = "stripe_other") -> None:
    with transaction.atomic():
        journal.post(key=key, kind=kind, location=studio.location, occurred_at=TENTH, now=TENTH, lines=lines)


def test_suspense_and_what_is_below_zero_keep_the_final_closing_only(studio):
    posted(studio, debit(Account.STRIPE_SUSPENSE, 5_00, instrument="txn_1"), credit(Account.BANK, 5_00))
    posted(studio, debit(Account.GIFT_CARDS, 5_00, instrument="gift_card:x"), credit(Account.BANK, 5_00), key="2")
    posted(studio, credit(Account.TIPS, 5_00), debit(Account.BANK, 5_00), key="3")

    names = blocked(studio)
    assert names[:3] == ["Nothing is in suspense", "Nothing owed is below zero", "Tips are assigned"]
    assert {"Check I10", "Check I15", "Check I36"} & set(names)
    assert blocked(studio, Stage.SOFT) == []
    with pytest.raises(NotReady, match=r"\$5.00 in 1190 that nobody has placed: “1190 txn_1”"):
        close_month(FEBRUARY, by=studio.owner, now=NOW)
    assert status() == "open"


def test_months_are_closed_in_their_order(studio):
    a_day(studio, JANUARY_DAY)
    a_day(studio)

    with pytest.raises(NotReady, match="January 2026 is not closed"):
        close_month(FEBRUARY, by=studio.owner, now=NOW)
    soft_close(FEBRUARY, by=studio.owner, now=NOW)
    close_month(JANUARY_DAY.date(), by=studio.owner, now=NOW)
    close_month(FEBRUARY, by=studio.owner, now=NOW)
    with pytest.raises(LaterMonthClosed, match="February 2026 is closed and stands on this month"):
        reopen(JANUARY_DAY.date(), by=studio.owner, reason="too early", now=NOW)


# Opened again --------------------------------------------------------------------------------------------------------


def test_a_month_closed_again_has_a_second_closing_and_keeps_the_first(studio):
    a_day(studio)
    close_month(FEBRUARY, by=studio.owner, now=NOW)
    with pytest.raises(BadInput):
        reopen(FEBRUARY, by=studio.owner, reason=" ", now=NOW)
    reopen(FEBRUARY, by=studio.owner, reason="Forgotten day", now=NOW)
    a_day(studio, TENTH + dt.timedelta(days=1))

    close_month(FEBRUARY, by=studio.owner, now=LATER)

    assert list(Closing.objects.values_list("number", "entries")) == [(2, 4), (1, 2)]
    trail = AuditRow.objects.filter(object_type="ledger.period").order_by("at", "id")
    assert list(trail.values_list("action", "reason")) == [
        ("period_closed", ""),
        ("period_reopened", "Forgotten day"),
        ("period_closed", ""),
    ]
    books_are_clean(now=LATER)


def test_a_month_that_a_live_export_has_is_not_opened_again(studio):
    a_day(studio)
    close_month(FEBRUARY, by=studio.owner, now=NOW)
    batch = batches.export("hledger", Range(FEBRUARY, MARCH), grain=ExportBatch.Grain.DAY, by=studio.owner, now=NOW)

    with pytest.raises(MonthIsExported, match="February 2026 was exported: HLG-2026-02-0001"):
        reopen(FEBRUARY, by=studio.owner, reason="Forgotten day", now=NOW)
    batches.void(batch, reason="Deleted there", by=studio.owner, now=NOW)
    reopen(FEBRUARY, by=studio.owner, reason="Forgotten day", now=NOW)

    assert status() == "open"


# What was reported stays true (I19) ----------------------------------------------------------------------------------


def test_a_closed_month_that_the_books_no_longer_come_to_is_found(studio):
    a_day(studio)
    close_month(FEBRUARY, by=studio.owner, now=NOW)

    guards.drop(connection)
    Posting.objects.filter(account=Account.RETAIL).update(amount_cents=-23_99)
    Posting.objects.filter(account=Account.SERVICES).update(amount_cents=-110_01)
    guards.install(connection)

    assert found(check_months_open_as_they_closed) == [
        f"4010 Services at location {studio.location.pk} came to -110.00 in the closing 1 of February 2026, "
        "the books now say -110.01.",
        f"4020 Retail at location {studio.location.pk} came to -24.00 in the closing 1 of February 2026, "
        "the books now say -23.99.",
    ]


def test_a_closing_that_was_tampered_with_is_found(studio):
    a_day(studio)
    close_month(FEBRUARY, by=studio.owner, now=NOW)
    assert found(check_closings_are_as_sealed) == []

    guards.drop(connection)
    ClosingBalance.objects.filter(account=Account.RETAIL).update(credit_cents=23_99, closing_cents=-23_99)
    guards.install(connection)

    assert found(check_closings_are_as_sealed) == ["The closing 1 of February 2026 is not what was sealed."]
    assert len(found(check_months_open_as_they_closed)) == 1


def test_a_month_opens_with_what_the_one_before_ended_with(studio):
    a_day(studio, JANUARY_DAY)
    a_day(studio)
    close_month(JANUARY_DAY.date(), by=studio.owner, now=NOW)
    close_month(FEBRUARY, by=studio.owner, now=NOW)
    assert found(check_months_open_as_they_closed) == []

    guards.drop(connection)
    rows = ClosingBalance.objects.filter(account=Account.TIPS, closing__month=FEBRUARY)
    rows.update(opening_cents=-9_00, credit_cents=11_00)
    guards.install(connection)

    assert found(check_months_open_as_they_closed) == [
        f"2300 Tips payable at location {studio.location.pk} opens the closing 1 of February 2026 "
        "with something else than the closing 1 of January 2026 ended with."
    ]


# Corrections (T37) ---------------------------------------------------------------------------------------------------


def oil_as_service(studio: Studio) -> Entry:
    """T37: a bottle of oil for $24 that stands among the services."""
    with transaction.atomic():
        entry = journal.post(
            key="correction:opening",
            kind="correction",
            location=studio.location,
            occurred_at=JANUARY_DAY,
            now=JANUARY_DAY,
            lines=[debit(Account.BANK, 24_00), credit(Account.SERVICES, 24_00, category="treatment")],
        )
    assert entry is not None
    return entry


OIL = [debit(Account.BANK, 24_00), credit(Account.RETAIL, 24_00, category="retail")]


@transaction.atomic
def corrected(studio: Studio, entry: Entry, **more: object) -> Entry | None:
    asked = {"lines": OIL, "reason": "Oil, not a service", "correction_id": uuid.uuid4(), "by": studio.owner}
    return correct(entry, **{**asked, "now": NOW, **more})


def dates() -> list[tuple[object, ...]]:
    rows = Entry.objects.filter(memo="Oil, not a service").order_by("created_at", "key")
    return list(rows.values_list("business_date", "original_date"))


def test_t37_a_correction_after_the_closing_falls_on_the_first_open_day(studio):
    entry = oil_as_service(studio)
    close_month(JANUARY_DAY.date(), by=studio.owner, now=NOW)
    before = closing.sealed_text(Closing.objects.get())

    corrected(studio, entry)

    assert dates() == [(FEBRUARY, JANUARY_DAY.date())] * 2
    assert balances() == {"1050 Bank operating": 24_00, "4020 Retail": -24_00}
    assert closing.sealed_text(Closing.objects.get()) == before
    books_are_clean()


def test_a_soft_closed_month_takes_the_correction_on_its_own_day(studio):
    entry = oil_as_service(studio)
    soft_close(JANUARY_DAY.date(), by=studio.owner, now=NOW)

    corrected(studio, entry, by=person("alma", role="accountant"))

    assert dates() == [(JANUARY_DAY.date(), None)] * 2
    close_month(JANUARY_DAY.date(), by=studio.owner, now=NOW)
    books_are_clean()


def test_the_same_correction_again_changes_nothing_and_a_reason_is_needed(studio):
    entry = oil_as_service(studio)
    asked = {"correction_id": uuid.uuid4()}

    first = corrected(studio, entry, **asked)

    assert corrected(studio, entry, **asked) == first
    assert Entry.objects.count() == 3
    with pytest.raises(BadInput):
        corrected(studio, entry, reason=" ")
    with pytest.raises(NotAllowed):
        corrected(studio, entry, by=studio.manager)


def test_nothing_but_a_correction_comes_into_a_soft_closed_month(studio):
    soft_close(FEBRUARY, by=studio.owner, now=NOW)

    with pytest.raises(PeriodClosed):
        posted(studio, debit(Account.BANK, 1), credit(Account.CASH_SAFE, 1))
    posted(studio, debit(Account.BANK, 1), credit(Account.CASH_SAFE, 1), kind="correction")
