"""Cards that come in files: of another system, of plastic, and orders for many (R14, R17, rule 78)."""

import uuid

import pytest
from django.db import transaction

from giftcards import bulk, codes, finding, imports
from giftcards.models import CardBatch, GiftCard
from giftcards.sheets import BadRows
from ledger.journal import balances
from pos.checkout import SameIdOtherContents
from pos.models import Sale
from studio.models import AuditRow
from studio.refusal import BadInput
from studio.rights import NotAllowed
from tests.books import books_are_clean
from tests.builders import NOW, Studio, custom
from tests.giftcards.cards import card_for, code_of

BATCH = uuid.UUID("00000000-0000-4000-8000-000000000078")
OLD = """code,balance,issued_on,expires_on
6011-0000-1111-2222,25.00,2024-05-01,
SPA-77,"1,250.50",2025-12-31,2031-01-01
"""


def takes_over(studio: Studio, text: str, batch: uuid.UUID = BATCH) -> imports.TakenOver:
    with transaction.atomic():
        return imports.take_over(text, batch_id=batch, name="Old till", desk=studio.managers_desk.desk, now=NOW)


def test_old_cards_come_in_against_opening_balances_and_are_no_sales(studio: Studio) -> None:
    taken = takes_over(studio, OLD)

    assert (taken.count, taken.total_cents) == (2, 1_275_50)
    assert balances() == {"2200 Gift cards outstanding": -1_275_50, "3900 Opening balances": 1_275_50}
    assert not Sale.objects.exists()
    card = finding.by_code("spa 77")
    assert card is not None
    assert (card.balance_cents, card.issued_on.isoformat(), card.expires_on.isoformat()) == (
        1_250_50,
        "2025-12-31",
        "2031-01-01",
    )
    books_are_clean()


def test_an_old_card_pays_with_its_old_code(studio: Studio) -> None:
    takes_over(studio, OLD)

    desk = studio.desk.rings_up(custom("Mat", 20_00))
    desk.tenders("gift_card", instrument="6011 0000 1111 2222")
    desk.completes()

    assert finding.by_code("6011000011112222").balance_cents == 5_00
    books_are_clean()


def test_the_same_file_again_takes_nothing_over_and_another_one_under_its_id_is_refused(studio: Studio) -> None:
    first = takes_over(studio, OLD)

    assert takes_over(studio, OLD) == first
    assert GiftCard.objects.count() == 2
    with pytest.raises(SameIdOtherContents):
        takes_over(studio, OLD + "X-100,1.00,2025-01-01,\n")


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("SPA-1,ten,2024-05-01,", "“ten” is no amount in dollars."),
        ("SPA-1,-5.00,2024-05-01,", "“-5.00” is no amount in dollars."),
        ("SPA-1,0.00,2024-05-01,", "A balance is above zero and at most $2,000."),
        ("SPA-1,2000.01,2024-05-01,", "A balance is above zero and at most $2,000."),
        ("SPA-1,5.00,01.05.2024,", "“01.05.2024” is no date like 2026-03-02."),
        ("SPA-1,5.00,2026-03-03,", "The day of issue is in the past, and not before 1990."),
        ("SPA-1,5.00,2024-05-01,2025-01-01", "The card has expired already."),
        ("SPA-1,5.00,2024-05-01,2028-01-01", "A gift card lasts at least 5 years here."),
        ("A,5.00,2024-05-01,", "A code has 4 to 40 characters."),
        ("SPA-77,5.00,2024-05-01,", "This code is in the file twice."),
        ("7K4M-9XQP-2TRW-8HVC,5.00,2024-05-01,", "This code looks like one of ours, with a wrong character."),
        ("SPA-1,5.00,2024-05-01,,more", "The row has more cells than the first line."),
    ],
)
def test_one_bad_row_and_nothing_is_taken_over(studio: Studio, law: None, row: str, sentence: str) -> None:
    with pytest.raises(BadRows) as refusal:
        takes_over(studio, OLD + row + "\n")

    assert {"row": 4, "sentence": sentence} in refusal.value.details["rows"]
    assert not GiftCard.objects.exists()
    assert not CardBatch.objects.exists()
    assert balances() == {}


@pytest.mark.parametrize(
    "text", ["", "code,balance\nX,1\n", "code,balance,issued_on\n", "code,code,balance,issued_on\n"]
)
def test_a_file_without_its_columns_or_rows_is_refused(studio: Studio, text: str) -> None:
    with pytest.raises(BadRows):
        takes_over(studio, text)


def test_a_code_that_is_known_already_is_refused(studio: Studio) -> None:
    takes_over(studio, OLD)

    with pytest.raises(BadRows):
        takes_over(studio, OLD, batch=uuid.uuid4())


def test_the_desk_takes_nothing_over(studio: Studio) -> None:
    with pytest.raises(NotAllowed):
        imports.take_over(OLD, batch_id=BATCH, name="Old till", desk=studio.desk.desk, now=NOW)


def test_plastic_cards_come_in_inactive_and_their_codes_are_told_to_the_printer_with_a_note(studio: Studio) -> None:
    desk = studio.managers_desk.desk
    made = imports.make_plastic(3, batch_id=BATCH, name="Spring", desk=desk, now=NOW)
    again = imports.make_plastic(3, batch_id=BATCH, name="Spring", desk=desk, now=NOW)

    told = imports.codes_for_printer(made.batch, desk=desk, now=NOW)

    assert again == made
    assert len({code for _, code in told}) == 3
    assert AuditRow.objects.filter(action="gift_card_code_revealed", reason="printer").count() == 3
    assert set(GiftCard.objects.values_list("status", "balance_cents")) == {("inactive", 0)}
    studio.desk.rings_up(card_for(20_00, instrument=told[0][1])).pays(external=20_00)
    assert len(imports.codes_for_printer(made.batch, desk=desk, now=NOW)) == 2
    with pytest.raises(BadInput):
        imports.make_plastic(0, batch_id=uuid.uuid4(), name="None", desk=desk, now=NOW)


def test_plastic_cards_of_a_printer_keep_their_codes(studio: Studio) -> None:
    ours = codes.grouped(codes.new_code())
    text = f"code\n{ours}\n5000111122223333\n"

    imports.import_plastic(text, batch_id=BATCH, name="Printer", desk=studio.managers_desk.desk, now=NOW)

    found = [finding.by_code(code) for code in (ours.lower(), "5000-1111-2222-3333")]
    assert [card.status for card in found] == ["inactive", "inactive"]
    assert code_of(found[0]) == ours


def recipients(count: int, extra: str = "") -> str:
    rows = "".join(f"Guest {n},{20 + n % 2 * 5}.00,guest{n}@example.com,\n" for n in range(count))
    return f"name,amount,email,message\n{rows}{extra}"


def test_an_order_for_many_is_one_sale_and_everybody_has_their_card(studio: Studio) -> None:
    people = bulk.read_csv(recipients(12))
    desk = studio.desk.rings_up(*bulk.lines(people))
    sale = desk.pays(external=desk.last.due_cents)

    pairs = bulk.match(sale.sale, people)

    assert [person.name for person, _ in pairs] == [f"Guest {n}" for n in range(12)]
    assert all(person.amount_cents == card.balance_cents for person, card in pairs)
    assert len({card.pk for _, card in pairs}) == 12
    assert bulk.match(sale.sale, people) == pairs
    assert balances() == {"1120 External terminal clearing": 270_00, "2200 Gift cards outstanding": -270_00}
    books_are_clean()


@pytest.mark.parametrize(
    "text",
    [
        recipients(9),
        recipients(501),
        recipients(10, ",20.00,,\n"),
        recipients(10, "Kim,20.00,no address,\n"),
        recipients(10, "Kim,2000.00,,\n"),
        recipients(10, f"Kim,20.00,,{'x' * 301}\n"),
    ],
)
def test_an_order_for_many_with_a_mistake_is_refused_whole(text: str) -> None:
    with pytest.raises(BadRows):
        bulk.read_csv(text)
