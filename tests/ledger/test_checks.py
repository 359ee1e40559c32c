import datetime as dt
import uuid

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, models, transaction
from django.utils.module_loading import import_string

from ledger import checks, guards
from ledger.accounts import Account
from ledger.chain import head, link_entries
from ledger.checks import Problem
from ledger.journal import credit, debit, post, reverse
from ledger.models import Entry, Period, Posting
from ledger.periods import close
from tests.ledger.books import JANUARY, loose, massage, oil, postings, sell, without_guards

pytestmark = pytest.mark.django_db

BOOK_CHECKS = [
    f"ledger.checks.{name}" for name, member in vars(checks).items() if name.startswith("check_") and callable(member)
]
LATER = JANUARY + dt.timedelta(hours=1)


@pytest.fixture
def sale(place, anna) -> Entry:
    """A sealed sale, and a sealed void of another one."""
    entry = sell(place, lines=massage(anna.pk))
    other = sell(place, key="sale:2", lines=massage(anna.pk))
    with transaction.atomic():
        reverse(other, key="void:2", kind="void", occurred_at=JANUARY, now=JANUARY)
    link_entries(now=JANUARY)
    connection.check_constraints()
    return entry


def found() -> list[Problem]:
    """What all checks find, an hour after the sales."""
    return [problem for path in BOOK_CHECKS for problem in import_string(path)(using="default", now=LATER)]


def broken() -> set[str]:
    return {problem.check for problem in found()}


def raw(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def of(model: models.Model) -> object:
    """Its key as raw SQL compares it."""
    field = model._meta.pk
    return field.get_db_prep_value(model.pk, connection)


@pytest.fixture
def unguarded():
    """The test may tamper; what it leaves broken is rolled back before the foreign keys are looked at."""
    with without_guards():
        point = transaction.savepoint()
        yield
        transaction.savepoint_rollback(point)


def test_books_in_order_have_no_problem(sale):
    assert found() == []


def test_every_check_says_its_number_and_what_it_holds():
    for path in BOOK_CHECKS:
        assert import_string(path).__doc__.startswith("I")


def test_every_check_is_plugged_in(settings):
    assert set(settings.BOOK_CHECKS) >= set(BOOK_CHECKS)


def test_an_entry_out_of_balance_is_found(sale, unguarded):
    raw("UPDATE ledger_posting SET amount_cents = amount_cents + 1 WHERE entry_id = %s AND position = 1", of(sale))

    assert Problem("I1", f"Entry {sale.pk} is out by 0.01.") in found()
    assert Problem("I2", f"Entry {sale.pk} is out by 0.01 at location {sale.location_id}.") in found()
    assert Problem("I4", "2026-01-30 is out by 0.01.") in found()
    assert broken() == {"I1", "I2", "I4", "I41", "I42"}


def test_an_entry_out_of_balance_between_locations_is_found(sale, beach, unguarded):
    raw("UPDATE ledger_posting SET location_id = %s WHERE entry_id = %s AND position = 1", beach.pk, of(sale))

    assert Problem("I2", f"Entry {sale.pk} is out by 155.74 at location {beach.pk}.") in found()
    assert broken() == {"I2", "I41", "I42"}


def test_an_entry_without_postings_is_found(sale, place, unguarded):
    empty = loose(place)
    empty.save(force_insert=True)

    assert Problem("I3", f"Entry {empty.pk} has 0 postings.") in found()


def test_a_posting_without_its_entry_is_found(sale, place, unguarded):
    entry = loose(place)
    Posting.objects.bulk_create(postings(entry, 5, -5))

    assert [problem.what for problem in found() if problem.check == "I3"] == [
        f"Posting {posting.pk} belongs to entry {entry.pk}, which is gone."
        for posting in Posting.objects.filter(entry_id=entry.pk).order_by("pk")
    ]


def test_a_zero_posting_is_found(sale, place, unguarded):
    entry = loose(place)
    if connection.vendor == "postgresql":
        raw("ALTER TABLE ledger_posting DROP CONSTRAINT posting_never_zero")
    else:
        raw("PRAGMA ignore_check_constraints = ON")
    Posting.objects.bulk_create(postings(entry, 5, -5, 0))
    entry.save(force_insert=True)
    if connection.vendor == "sqlite":
        raw("PRAGMA ignore_check_constraints = OFF")

    zero = Posting.objects.get(amount_cents=0)
    assert Problem("I3", f"Posting {zero.pk} of entry {entry.pk} is zero.") in found()


@pytest.mark.django_db(transaction=True)
def test_an_event_posted_twice_is_found(place):
    """The unique key must go first, which takes a transaction of its own on SQLite."""
    once, twice = Entry._meta.get_field("key"), models.CharField(max_length=120)
    twice.set_attributes_from_name("key")
    twice.model = Entry
    guards.drop(connection)
    with connection.schema_editor() as editor:
        editor.alter_field(Entry, once, twice)
    try:
        sell(place)
        sell(place)

        assert Problem("I5", "“sale:1” is in the books 2 times.") in found()
    finally:
        Posting.objects.all()._raw_delete("default")
        Entry.objects.all()._raw_delete("default")
        with connection.schema_editor() as editor:
            editor.alter_field(Entry, twice, once)


@pytest.mark.parametrize(("number", "says"), [(1, "2 numbers run from 2 to 3."), (2, "2 numbers run from 1 to 3.")])
def test_a_gap_in_the_numbers_is_found(sale, unguarded, number, says):
    raw("DELETE FROM ledger_link WHERE number = %s", number)

    assert Problem("I6", says) in found()


def test_an_entry_smuggled_into_a_closed_month_is_found(sale, owner, february, unguarded):
    close(dt.date(2026, 1, 1), by=owner, now=february)
    smuggled = loose(sale.location, key="smuggled")
    Posting.objects.bulk_create(postings(smuggled, 5, -5))
    smuggled.save(force_insert=True)

    problem = Problem("I7", "“smuggled” was posted into January 2026 after it was closed.")
    assert problem in found()
    link_entries(now=february + dt.timedelta(days=1))
    assert problem in found()


def test_what_was_linked_just_after_the_close_by_another_clock_is_no_problem(sale, owner, february):
    close(dt.date(2026, 1, 1), by=owner, now=february)
    Period.objects.update(closed_at=JANUARY - dt.timedelta(minutes=4))

    assert found() == []


def test_an_entry_outside_the_months_of_the_books_is_found(sale, unguarded):
    raw("DELETE FROM ledger_period")

    assert Problem("I8", "There are entries of January 2026, which is no month of the books.") in found()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("account", 1020),
        ("tender", "check"),
        ("category", "other"),
        ("jurisdiction", "XX"),
        ("instrument", "card:1"),
        ("client", uuid.UUID(int=1)),
        ("drawer_session", uuid.UUID(int=1)),
        ("therapist_id", None),
    ],
)
def test_a_reversal_that_is_no_mirror_is_found(sale, unguarded, column, value):
    void = Entry.objects.get(key="void:2")
    changed = Posting.objects.filter(entry=void).exclude(**{column: value})
    changed.filter(pk=changed.order_by("position")[0].pk).update(**{column: value})

    assert Problem("I9", "“void:2” is not the mirror of the entry that it reverses.") in found()


def test_a_reversal_of_part_of_an_entry_is_found(sale, unguarded):
    raw(
        "UPDATE ledger_posting SET amount_cents = amount_cents / 2 WHERE entry_id = %s",
        of(Entry.objects.get(key="void:2")),
    )

    assert "I9" in broken()


@pytest.mark.django_db(transaction=True)
def test_an_entry_reversed_twice_is_found(place):
    once, often = Entry._meta.get_field("reverses"), models.ForeignKey(Entry, models.PROTECT, null=True)
    often.set_attributes_from_name("reverses")
    often.model = Entry
    sale = sell(place)
    with transaction.atomic():
        reverse(sale, key="void:1", kind="void", occurred_at=JANUARY, now=JANUARY)
    again = sell(place, key="void:2", kind="void", lines=oil(-24_00))
    guards.drop(connection)
    with connection.schema_editor() as editor:
        editor.alter_field(Entry, once, often)
    try:
        raw("UPDATE ledger_entry SET reverses_id = %s WHERE id = %s", of(sale), of(again))

        assert Problem("I9", f"Entry {sale.pk} is reversed 2 times.") in found()
    finally:
        raw("UPDATE ledger_entry SET reverses_id = NULL")
        with connection.schema_editor() as editor:
            editor.alter_field(Entry, often, once)


def test_tax_given_back_that_was_never_collected_is_found(place, anna):
    tax = [debit(Account.SALES_TAX, 2_00, jurisdiction="OH-FRANKLIN"), credit(Account.CASH_DRAWER, 2_00)]
    sell(place, key="refund:1", kind="refund", lines=tax)

    assert Problem("I31", "2.00 more tax was given back than collected for “OH-FRANKLIN”.") in found()


def test_tax_that_was_sent_to_the_state_may_still_be_refunded(place, anna):
    sell(place, lines=massage(anna.pk))
    remittance = [debit(Account.SALES_TAX, 1_74, jurisdiction="OH-FRANKLIN"), credit(Account.BANK, 1_74)]
    sell(place, key="remittance:1", kind="remittance", lines=remittance)
    back = [debit(Account.SALES_TAX, 1_74, jurisdiction="OH-FRANKLIN"), credit(Account.CASH_DRAWER, 1_74)]
    sell(place, key="refund:1", kind="refund", lines=back)

    assert "I31" not in broken()


@pytest.mark.parametrize("account", [Account.TIPS, Account.COMMISSION])
def test_a_therapist_who_was_paid_too_much_is_found(place, anna, account):
    sell(place, lines=massage(anna.pk))
    paid = [debit(account, 20_01, therapist_id=anna.pk), credit(Account.CASH_DRAWER, 20_01)]
    sell(place, key="tips:1", kind="tips", lines=paid)

    over = "0.01" if account == Account.TIPS else "20.01"
    assert Problem("I32", f"{account.title} of therapist {anna.pk} is overpaid by {over}.") in found()


def test_a_therapist_who_was_paid_all_tips_is_no_problem(place, anna):
    sell(place, lines=massage(anna.pk))
    paid = [debit(Account.TIPS, 20_00, therapist_id=anna.pk), credit(Account.CASH_DRAWER, 20_00)]
    sell(place, key="tips:1", kind="tips", lines=paid)

    assert "I32" not in broken()


@pytest.mark.parametrize(
    "account", [Account.SERVICES, Account.RETAIL, Account.SALES_TAX, Account.TIPS, Account.COMMISSION]
)
def test_a_posting_that_does_not_say_what_for_is_found(place, account):
    sell(place, lines=[debit(Account.CASH_DRAWER, 5), credit(account, 5)])

    assert Problem("I36", f"A posting of “sale:1” on {account.title} does not say what for.") in found()


@pytest.mark.parametrize("kind", ["drawer_close", "package_sold"])
def test_income_from_elsewhere_is_found(place, kind):
    sell(place, kind=kind, lines=oil())

    assert Problem("I37", f"“sale:1”, a {kind}, touches 4020 Retail.") in found()


def test_a_changed_entry_is_found_in_the_chain(sale, unguarded):
    raw("UPDATE ledger_entry SET memo = 'x' WHERE id = %s", of(sale))

    assert Problem("I41", f"Number 1 (entry {sale.pk}) does not have the contents it was sealed with.") in found()


def test_an_entry_that_waits_too_long_for_its_number_is_found(place):
    sell(place, at=LATER - dt.timedelta(minutes=5, seconds=1))
    sell(place, key="sale:2", at=LATER - dt.timedelta(minutes=5))

    assert [problem for problem in found() if problem.check == "I41"] == [
        Problem("I41", "1 entries are older than five minutes and have no number.")
    ]


def test_a_missing_guard_is_found(sale):
    with without_guards():
        assert Problem("I42", "posting_insert is missing or off.") in found()
    assert found() == []


# The command ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def all_checks(settings):
    settings.BOOK_CHECKS = BOOK_CHECKS


def test_the_command_prints_a_line_for_each_check(sale, all_checks, capsys):
    call_command("check_books")

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "ledger.checks.check_entries_balance: I1 Every entry comes to zero. ok"
    assert [line.split(":")[0] for line in lines[:-2]] == BOOK_CHECKS
    assert all(line.endswith(" ok") for line in lines[:-2])
    assert lines[-2:] == [
        f"Head of the chain: 3:{head().hash}",
        f"The books are in order: {len(BOOK_CHECKS)} checks, 0 problems.",
    ]


def test_the_command_fails_and_names_what_is_wrong(place, all_checks, capsys):
    sell(place, kind="package_sold")
    link_entries(now=JANUARY)

    with pytest.raises(CommandError, match=r"NOT in order: 1 problems"):
        call_command("check_books")

    lines = capsys.readouterr().out.splitlines()
    line = lines.index("ledger.checks.check_income_comes_from_sales: I37 Only sales, voids, refunds and corrections "
                       "touch income accounts. PROBLEM")  # fmt: skip
    assert lines[line + 1] == "    I37: “sale:1”, a package_sold, touches 4020 Retail."


def test_the_command_counts_what_it_does_not_show(place, all_checks, capsys):
    for n in range(23):
        sell(place, key=f"pack:{n}", kind="package_sold")
    link_entries(now=JANUARY)

    with pytest.raises(CommandError, match=r"NOT in order: 23 problems"):
        call_command("check_books")

    assert "    … and 3 more" in capsys.readouterr().out.splitlines()


def test_the_command_compares_a_printed_head(sale, all_checks, capsys, unguarded):
    last = head()
    printed = f"{last.number}:{last.hash}"
    guards.install(connection)
    call_command("check_books", head=(last.number, last.hash))
    guards.drop(connection)
    raw("DELETE FROM ledger_link WHERE number = 3")
    guards.install(connection)

    with pytest.raises(CommandError, match="NOT in order"):
        call_command("check_books", "--head", printed)

    assert "printed head: The printed number 3 is not in the chain." in capsys.readouterr().out


@pytest.mark.parametrize("head", ["12", "12:abc", "x:" + 64 * "0"])
def test_a_head_that_can_not_be_one_is_refused(head):
    with pytest.raises(CommandError, match="--head"):
        call_command("check_books", "--head", head)


@pytest.mark.django_db(transaction=True, databases=["default", "reports"])
def test_the_command_reads_one_snapshot(place, anna, all_checks, capsys):
    sell(place, lines=massage(anna.pk))
    with transaction.atomic():
        link_entries(now=JANUARY)
        post(key="e", kind="sale", location=place, occurred_at=JANUARY, now=JANUARY, lines=oil(0))

    call_command("check_books")

    assert "0 problems" in capsys.readouterr().out
