"""The books as plain text, judged by other people's programs: both accept them, and refuse them by a cent."""

import datetime as dt
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection, transaction

from accounting.exports import batches, rendering
from accounting.exports.beancount import Beancount, quoted
from accounting.exports.formats import Writer
from accounting.exports.hledger import Hledger, safe
from accounting.exports.plaintext import TieOut
from accounting.exports.selecting import Range
from accounting.models import ExportBatch
from accounting.proof import export_of
from accounting.trial import balances_at
from giftcards.models import GiftCardMove
from ledger import chain, guards, subledgers
from ledger.accounts import Account
from payments.reconciliation import FetchMovements
from studio.models import Location
from tests.accounting.months import FEBRUARY, MARCH, TENTH, a_day
from tests.accounting.varied import a_varied_month
from tests.books import books_are_clean
from tests.builders import NOW, Studio, beach, of
from tests.payments.office import sold

pytestmark = pytest.mark.django_db
BEAN_CHECK = Path(sys.executable).with_name("bean-check")
NEEDS_HLEDGER = pytest.mark.skipif(shutil.which("hledger") is None, reason="hledger is not installed here")
NEEDS_BEANCOUNT = pytest.mark.skipif(not BEAN_CHECK.exists(), reason="beancount is not installed here")


def february(writer: Writer, folder: Path) -> Path:
    """The file that the writer makes of February."""
    with transaction.atomic():
        chain.link_entries(now=NOW)
    ((name, pieces),) = writer.files(export_of(writer, FEBRUARY, MARCH, now=NOW, using="default"))
    path = folder / name
    path.write_bytes(b"".join(pieces))
    return path


def hledger(path: Path) -> "subprocess.CompletedProcess[str]":
    command = ["hledger", "-f", str(path), "check", "-s", "ordereddates", "payees"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def bean_check(path: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([BEAN_CHECK, "-C", str(path)], capture_output=True, text=True, check=False)


def a_cent_more() -> None:
    """Somebody who can write into the database adds a cent to a card's move; the journal knows nothing of it."""
    move = GiftCardMove.objects.get(kind="used")
    guards.drop(connection)
    GiftCardMove.objects.filter(pk=move.pk).update(paid_cents=move.paid_cents + 1)
    guards.install(connection)


@NEEDS_HLEDGER
def test_hledger_accepts_a_varied_month_and_refuses_it_by_a_cent(studio: Studio, tmp_path: Path) -> None:
    a_varied_month(studio)

    told = hledger(february(Hledger(), tmp_path))
    assert (told.returncode, told.stderr) == (0, "")

    a_cent_more()
    told = hledger(february(Hledger(), tmp_path))
    assert told.returncode != 0
    assert "liabilities:gift cards outstanding:UPT" in told.stderr


@NEEDS_BEANCOUNT
def test_beancount_accepts_a_varied_month_and_refuses_it_by_a_cent(studio: Studio, tmp_path: Path) -> None:
    a_varied_month(studio)

    told = bean_check(february(Beancount(), tmp_path))
    assert (told.returncode, told.stderr) == (0, "")

    a_cent_more()
    told = bean_check(february(Beancount(), tmp_path))
    assert told.returncode != 0
    assert "Balance failed for 'Liabilities:GiftCardsOutstanding:UPT'" in told.stderr


@NEEDS_HLEDGER
@NEEDS_BEANCOUNT
def test_a_file_begins_with_what_was_there_before_it(studio: Studio, tmp_path: Path) -> None:
    a_day(studio, dt.datetime(2026, 1, 30, 15, 0, tzinfo=dt.UTC))
    a_varied_month(studio)

    journal, ledger = february(Hledger(), tmp_path), february(Beancount(), tmp_path)

    assert "2026-02-01 * (OPEN-2026-02-01) Brought forward\n    assets:cash safe:UPT  USD 144.00\n" in (
        journal.read_text()
    )
    assert '2026-01-31 * "Brought forward"\n  Assets:CashSafe:UPT  144.00 USD\n' in ledger.read_text()
    assert hledger(journal).returncode == bean_check(ledger).returncode == 0


@NEEDS_HLEDGER
@NEEDS_BEANCOUNT
def test_names_from_the_back_office_can_not_write_entries(studio: Studio, tmp_path: Path) -> None:
    evil = 'Up;town | "x" \\\n\n2026-02-02 * (1) Theft\n    a:b  1'
    Location.objects.filter(pk=studio.location.pk).update(name=evil[:80])
    studio.location.refresh_from_db()
    a_varied_month(studio)

    journal, ledger = february(Hledger(), tmp_path), february(Beancount(), tmp_path)

    assert "\n2026-02-02" not in journal.read_text() + ledger.read_text()
    assert hledger(journal).returncode == bean_check(ledger).returncode == 0


def exported(studio: Studio, slug: str, folder: Path) -> Path:
    """The file of a new batch with what February has that was not exported before."""
    batch = batches.export(slug, Range(FEBRUARY, MARCH), grain=ExportBatch.Grain.DAY, by=studio.owner, now=NOW)
    file = batch.files.get(position=1)
    path = folder / file.name
    path.write_bytes(b"".join(rendering.pieces_of(file)))
    return path


@NEEDS_HLEDGER
@NEEDS_BEANCOUNT
def test_a_second_batch_of_a_month_stands_for_itself_too(studio: Studio, tmp_path: Path) -> None:
    a_varied_month(studio)
    first = [exported(studio, "hledger", tmp_path), exported(studio, "beancount", tmp_path)]
    studio.desk.at(TENTH).later(hours=1).rings_up(of("massage-oil")).pays(external=25_74)

    second = [exported(studio, "hledger", tmp_path), exported(studio, "beancount", tmp_path)]

    assert [path.name for path in (*first, *second)] == [
        "HLG-2026-02-0001.journal",
        "BEAN-2026-02-0001.beancount",
        "HLG-2026-02-0002.journal",
        "BEAN-2026-02-0002.beancount",
    ]
    for journal, ledger in (first, second):
        assert (hledger(journal).stderr, bean_check(ledger).stderr) == ("", "")
    assert "25.74" in second[0].read_text()
    assert "155.74" not in second[0].read_text()


def test_text_is_made_safe_for_each_program() -> None:
    assert safe("a;b | c\n\nd  e") == "a b c d e"
    assert quoted('say "no"\\\nplease') == '"say \\"no\\"\\\\ please"'


@pytest.mark.parametrize(
    ("writer", "name", "is_fine"),
    [
        (Hledger(), "assets:cash drawer", True),
        (Hledger(), "assets::drawer", False),
        (Hledger(), "assets:cash  drawer", False),
        (Hledger(), "assets:cash ; x", False),
        (Beancount(), "Assets:CashDrawer", True),
        (Beancount(), "Assets:cash", False),
        (Beancount(), "Cash:Drawer", False),
    ],
)
def test_an_account_name_that_the_program_would_not_take_is_refused(writer: Writer, name: str, is_fine: bool) -> None:
    assert (writer.trouble_with(name) == "") is is_fine


@pytest.mark.parametrize("writer", [Hledger(), Beancount()])
def test_every_account_has_a_name_of_its_own_that_the_program_takes(writer: Writer) -> None:
    names = [writer.suggested(account) for account in Account]

    assert len(set(names)) == len(names)
    assert [name for name in names if writer.trouble_with(name)] == []


def test_what_is_kept_with_a_batch_is_what_was_counted() -> None:
    ties = TieOut({(Account.CASH_SAFE, 1): 5}, {(Account.GIFT_CARDS, 1): 0})

    assert TieOut.from_json(ties.as_json()) == ties


# What is counted is what is booked ------------------------------------------------------------------------------------


def apart(ends_on: dt.date) -> dict[str, tuple[int, int]]:
    """The accounts that the books and the sub-ledgers do not agree about."""
    booked, counted = balances_at(ends_on, using="default"), subledgers.count(ends_on=ends_on, using="default")
    return {
        f"{account.title} {place}": (booked.get((account, place), 0), cents)
        for (account, place), cents in counted.items()
        if booked.get((account, place), 0) != cents
    }


def test_the_sub_ledgers_count_what_is_booked_on_every_day(studio: Studio) -> None:
    beach()
    a_varied_month(studio)

    for day in (FEBRUARY, dt.date(2026, 2, 10), dt.date(2026, 2, 11), MARCH):
        assert apart(day) == {}
    counted = subledgers.count(ends_on=MARCH, using="default")
    here = {account.value: cents for (account, place), cents in counted.items() if place == studio.location.pk}
    assert here == {
        1010: 50_00,
        1060: 0,
        1100: 0,
        1105: 0,
        1110: 0,
        2100: -1_74,
        2200: -10_00,
        2205: 0,
        2210: -360_00,
        2220: 0,
        2225: 0,
        2230: 0,
        2250: 0,
        2300: -20_00,
    }


def test_a_drawer_that_is_open_claims_nothing(studio: Studio) -> None:
    studio.desk.opens_drawer(50_00)

    tomorrow = NOW.date() + dt.timedelta(days=1)
    claimed = {account for account, _ in subledgers.count(ends_on=tomorrow, using="default")}
    assert Account.CASH_DRAWER not in claimed


def test_card_money_is_counted_from_sales_refunds_and_stripe(studio, stripe, reader) -> None:
    basket = sold(studio.desk, stripe, reader)
    tomorrow = NOW.date() + dt.timedelta(days=1)
    assert apart(tomorrow) == {}
    FetchMovements().run(now=NOW)
    assert apart(tomorrow) == {}

    studio.managers_desk.refunds(basket, (0, 1))

    assert apart(tomorrow) == {}
    counted = subledgers.count(ends_on=tomorrow, using="default")
    assert counted[Account.REFUNDS_PAYABLE, studio.location.pk] == -24_00
    books_are_clean()
