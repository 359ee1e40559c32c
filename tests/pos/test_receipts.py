"""What a receipt says, on the page, as PDF and in the mail (R10)."""

import base64
import datetime as dt
import itertools
import re
import zlib
from collections import defaultdict
from decimal import Decimal

import pytest
from django.core import mail
from django.test import Client as Browser
from django.urls import reverse
from reportlab.pdfbase.pdfmetrics import stringWidth

from jobs.models import OutboxMail
from jobs.outbox import Outbox
from pos import receipt_pdf, receipts
from pos.basket import Basket
from pos.models import Client, Receipt
from pos.receipts import Paper
from studio.ids import new_id
from studio.models import Business, Location
from studio.refusal import BadInput
from tests.builders import NOW, Studio, TestDesk, amount_off, beach, build_studio, custom, of, person, tax, tip

PAGES = ["receipt", "receipt_pdf"]
NASTY_NAMES = {
    "markup": "<script>alert('x')</script> & \"Sons\"",
    "rtl": "שרה \u202eنور\u202c",
    "emoji": "Zoë 🦶🏽💆‍♀️",
    "chinese": "王小明",
    "control": "Tab\tNull-free\u0081Line\nBreak",
    "long": "W" * 120,
}


@pytest.fixture
def sale(studio: Studio) -> Basket:
    """Ashiatsu and two oils with tax, $5 off, a tip, paid by check and cash with change, for a client."""
    Business.objects.update(receipt_footer="See you soon.\nNo refunds on oil.")
    Location.objects.update(address="12 High St\nColumbus, OH 43215", phone="614 555 0100")
    studio.location.refresh_from_db()
    tax(studio.location, "retail", ("OH", "0.0575"), ("FRANKLIN", "0.015"))
    maria = Client.objects.create(id=new_id(), name="Maria Gonzalez", created_at=NOW)
    desk = studio.desk
    desk.opens_drawer()
    desk.rings_up(
        of("ashiatsu-60", by=studio.ana, discount=amount_off(5_00)),
        of("massage-oil", quantity=2),
        tips=(tip(studio.ana, 20_00),),
        client_id=maria.pk,
    )
    desk.tenders("check", amount_cents=100_00, reference="1042")
    return desk.pays(cash=80_00)


def paper_of(basket: Basket) -> Paper:
    return receipts.print_out(Receipt.objects.select_related("location", "sale", "refund").get(pk=basket.receipt.pk))


def page(browser: Browser, receipt: Receipt, name: str = "receipt", **query: str) -> str:
    response = browser.get(reverse(name, args=[receipt.token]), query)
    assert response.status_code == 200
    return response.content.decode("utf-8" if name == "receipt" else "latin-1")


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def pdf_text(pdf: bytes) -> str:
    """All that the PDF draws."""
    streams = re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL)
    plain = (zlib.decompress(base64.a85decode(stream.strip().removesuffix(b"~>"))) for stream in streams)
    return b"".join(plain).decode("latin-1")


def cents(amount: str) -> int:
    return int(Decimal(amount.replace(",", "")) * 100)


# The sale's receipt ---------------------------------------------------------------------------------------------------


def test_a_receipt_shows_what_was_sold_by_whom_and_how_it_was_paid(sale: Basket) -> None:
    paper = paper_of(sale)

    assert (paper.title, paper.heading, paper.stamp) == ("UPT-000001", "Receipt", "")
    assert (paper.client, paper.served_by) == ("Maria Gonzalez", "Dana")
    assert [(row.label, row.amount, row.note) for row in (*paper.lines, *paper.sums, paper.total, *paper.tenders)] == [
        ("Ashiatsu 60", "105.00", "with Ana · 5.00 off"),
        ("2 × Massage oil", "48.00", ""),
        ("Tax OH 5.75 %", "2.76", ""),
        ("Tax FRANKLIN 1.5 %", "0.72", ""),
        ("Tip for Ana", "20.00", ""),
        ("Total", "176.48", ""),
        ("Check", "100.00", "1042"),
        ("Cash", "80.00", ""),
        ("Change", "3.52", ""),
    ]


def test_the_page_shows_all_of_it_at_the_studios_own_time(client: Browser, sale: Basket) -> None:
    shown = words(page(client, sale.receipt))

    for part in (
        "Massage Escape Uptown 12 High St Columbus, OH 43215 614 555 0100 Receipt UPT-000001",
        "Mon 2 Mar 2026, 10:00 served by Dana for Maria Gonzalez",
        "Ashiatsu 60 with Ana · 5.00 off 105.00 2 × Massage oil 48.00",
        "Tax OH 5.75 % 2.76 Tax FRANKLIN 1.5 % 0.72 Tip for Ana 20.00 Total 176.48",
        "Check 1042 100.00 Cash 80.00 Change 3.52",
        "See you soon. No refunds on oil. Open as PDF",
    ):
        assert part in shown


def test_the_pdf_is_one_page_with_all_of_it(client: Browser, sale: Basket) -> None:
    pdf = page(client, sale.receipt, "receipt_pdf").encode("latin-1")

    assert pdf.startswith(b"%PDF-")
    assert b"Receipt UPT-000001" in pdf
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    drawn = pdf_text(pdf)
    for part in (
        "Receipt UPT-000001",
        "Mon 2 Mar 2026, 10:00",
        "Ashiatsu 60",
        "105.00",
        "Total",
        "176.48",
        "Change",
        "3.52",
    ):
        assert f"({part})" in drawn


def test_a_hundred_lines_are_still_one_long_page(client: Browser, studio: Studio) -> None:
    sale = studio.desk.rings_up(*[of("massage-oil")] * 100).pays(external=2400_00)

    pdf = page(client, sale.receipt, "receipt_pdf").encode("latin-1")

    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    assert pdf_text(pdf).count("(Massage oil)") == 100


@pytest.mark.parametrize("location", [{}, {"prices_include_tax": True}, {"cash_rounding": "nickel"}])
def test_what_stands_on_a_receipt_adds_up(db: None, location: dict[str, object]) -> None:
    """Tax that is inside the prices says so, and is not added."""
    studio = build_studio(**location)
    tax(studio.location, "retail", ("OH", "0.0725"))
    desk = studio.managers_desk
    desk.opens_drawer(50_00)
    sale = desk.rings_up(of("massage-oil", quantity=3), tips=(tip(studio.bo, 3_00),)).pays(cash=100_00)
    refund = desk.refunds(sale, (0, 1), tips=(0,))

    for receipt in (sale.receipt, refund.receipt):
        paper = receipts.print_out(Receipt.objects.get(pk=receipt.pk))
        added = [row for row in (*paper.lines, *paper.sums) if "includ" not in row.label.lower()]
        paid = [-cents(row.amount) if row.label == "Change" else cents(row.amount) for row in paper.tenders]
        assert sum(cents(row.amount) for row in added) == cents(paper.total.amount)
        assert sum(paid) == cents(paper.total.amount)


# Void, copy, refund ---------------------------------------------------------------------------------------------------


def test_a_voided_sale_says_void_everywhere(client: Browser, studio: Studio, sale: Basket) -> None:
    studio.managers_desk.voids(sale)
    receipts.queue(Receipt.objects.get(), to="maria@example.com", now=NOW)

    assert "VOID" in words(page(client, sale.receipt))
    assert "*** VOID ***" in pdf_text(page(client, sale.receipt, "receipt_pdf").encode("latin-1"))
    assert all("VOID" in text for text in OutboxMail.objects.values_list("text", "html").get())


def test_the_first_print_is_the_original_and_later_ones_say_copy(client: Browser, sale: Basket) -> None:
    assert [receipts.mark_printed(sale.receipt, now=NOW) for _ in range(3)] == [False, True, True]
    assert Receipt.objects.get().printed_at == NOW
    assert "COPY" not in words(page(client, sale.receipt))
    assert "COPY" in words(page(client, sale.receipt, copy="1"))


def test_a_refund_has_a_receipt_of_its_own(client: Browser, studio: Studio, sale: Basket) -> None:
    refund = studio.managers_desk.refunds(sale, (1, 1), tips=(0,))

    paper = receipts.print_out(Receipt.objects.get(pk=refund.receipt.pk))

    assert (paper.title, paper.heading, paper.served_by, paper.client) == (
        "UPT-000002",
        "Refund",
        "Mara",
        "Maria Gonzalez",
    )
    assert [(row.label, row.amount) for row in (*paper.lines, *paper.sums, paper.total, *paper.tenders)] == [
        ("1 × Massage oil", "-24.00"),
        ("Tax", "-1.74"),
        ("Tip for Ana", "-20.00"),
        ("Refunded", "-45.74"),
        ("Cash", "-45.74"),
    ]
    assert "Refund UPT-000002" in words(page(client, refund.receipt))
    assert "(Refund UPT-000002)" in pdf_text(page(client, refund.receipt, "receipt_pdf").encode("latin-1"))


# Numbers and links ----------------------------------------------------------------------------------------------------


def test_each_location_numbers_its_own_receipts_and_refunds_from_one(studio: Studio) -> None:
    here = studio.desk.with_(studio.owner)
    there = here.at_location(beach())
    first = here.rings_up(of("massage-oil")).pays(external=24_00)

    titles = [
        first.receipt.title,
        here.refunds(first, (0, 1)).receipt.title,
        there.rings_up(of("massage-oil")).pays(external=24_00).receipt.title,
        here.rings_up(of("massage-oil")).pays(external=24_00).receipt.title,
        there.rings_up(of("massage-oil")).pays(external=24_00).receipt.title,
    ]

    assert titles == ["UPT-000001", "UPT-000002", "BCH-000001", "UPT-000003", "BCH-000002"]


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("token", ["nothing", "x" * 500, "%00", "❤"])
def test_an_unknown_link_finds_nothing(client: Browser, db: None, name: str, token: str) -> None:
    suffix = ".pdf" if name == "receipt_pdf" else ""

    assert client.get(f"/r/{token}{suffix}").status_code == 404


@pytest.mark.parametrize("name", PAGES)
def test_a_receipt_is_kept_by_no_cache_and_found_by_no_search_engine(client: Browser, sale: Basket, name: str) -> None:
    response = client.get(reverse(name, args=[sale.receipt.token]))

    assert "no-store" in response["Cache-Control"]
    assert response["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize("name", PAGES)
def test_a_receipt_is_only_read(client: Browser, sale: Basket, name: str) -> None:
    assert client.post(reverse(name, args=[sale.receipt.token])).status_code == 405


def test_links_are_long_and_different(desk: TestDesk) -> None:
    tokens = {desk.rings_up(of("massage-oil")).pays(external=24_00).receipt.token for _ in range(5)}

    assert len(tokens) == 5
    assert min(map(len, tokens)) >= 22


# By mail --------------------------------------------------------------------------------------------------------------


def test_a_receipt_is_mailed_by_the_outbox(sale: Basket) -> None:
    receipts.queue(sale.receipt, to="maria@example.com", now=NOW)
    assert mail.outbox == []

    for row in Outbox().claimable(now=NOW):
        Outbox().work(row, now=NOW)

    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == (["maria@example.com"], "Receipt UPT-000001 from Massage Escape")
    for part in (
        "Massage Escape\nUptown\n",
        "Mon 2 Mar 2026, 10:00, served by Dana",
        "Ashiatsu 60  105.00 (with Ana · 5.00 off)",
        "Total  176.48",
        "Change  3.52",
        f"http://testserver/r/{sale.receipt.token}",
        "See you soon.",
    ):
        assert part in sent.body
    html, kind = sent.alternatives[0]
    assert kind == "text/html"
    assert f"http://testserver/r/{sale.receipt.token}" in html


def test_the_same_address_gets_a_receipt_once_an_hour(sale: Basket) -> None:
    for minutes, to in (
        (0, "maria@example.com"),
        (59, "Maria@Example.com"),
        (10, "leo@example.com"),
        (60, "maria@example.com"),
    ):
        receipts.queue(sale.receipt, to=to, now=NOW + dt.timedelta(minutes=minutes))

    sent = OutboxMail.objects.order_by("queued_at").values_list("to", flat=True)
    assert list(sent) == ["maria@example.com", "leo@example.com", "maria@example.com"]


@pytest.mark.parametrize(
    "to", ["", "maria", "maria@", "a@b@example.com", "maria@example.com\nBcc: all@example.com", "a b@c.de"]
)
def test_what_is_no_address_gets_no_mail(sale: Basket, to: str) -> None:
    with pytest.raises(BadInput, match="email: This is no e-mail address"):
        receipts.queue(sale.receipt, to=to, now=NOW)

    assert not OutboxMail.objects.exists()


def test_a_long_address_gets_its_mail_too(sale: Basket) -> None:
    to = f"{'m' * 64}@{'a' * 60}.{'b' * 60}.example.com"

    for _ in range(2):
        receipts.queue(sale.receipt, to=to, now=NOW)

    assert OutboxMail.objects.get().to == to


def test_an_absurdly_long_address_is_none(sale: Basket) -> None:
    to = f"{'m' * 64}@{'.'.join(['a' * 60] * 4)}.com"
    assert len(to) > 254

    with pytest.raises(BadInput, match="email"):
        receipts.queue(sale.receipt, to=to, now=NOW)


# Names of all kinds ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", NASTY_NAMES)
def test_any_name_is_printed_and_none_of_it_is_markup(client: Browser, studio: Studio, kind: str) -> None:
    name = NASTY_NAMES[kind]
    short = name[:60]
    Business.objects.update(name=name[:80], receipt_footer=name)
    Location.objects.update(name=name[:80], address=name)
    someone = Client.objects.create(id=new_id(), name=name, created_at=NOW)
    therapist = person("nasty", is_therapist=True)
    therapist.display_name = short
    therapist.save()
    sale = studio.desk.rings_up(
        of("deep-tissue-60", by=therapist), custom(name, 5_00), tips=(tip(therapist, 1_00),), client_id=someone.pk
    ).pays(external=106_00)
    receipts.queue(sale.receipt, to="maria@example.com", now=NOW)

    html, queued = page(client, sale.receipt), OutboxMail.objects.get()

    assert "<script" not in html + queued.html
    if kind == "markup":
        assert html.count("&lt;script&gt;") >= 5
        assert "<script>" in queued.text  # plain text is not escaped
    if kind in ("rtl", "emoji", "chinese"):
        assert name in html
        assert name in queued.text
    assert "\n" not in queued.subject
    assert receipt_pdf.render(paper_of(sale)).startswith(b"%PDF-")


def test_the_pdf_prints_western_letters_and_a_question_mark_for_others(studio: Studio) -> None:
    sale = studio.desk.rings_up(custom("Crème – Größe “L” 王", 5_00)).pays(external=5_00)

    assert "Cr\\350me \\226 Gr\\366\\337e \\223L\\224 ?" in pdf_text(receipt_pdf.render(paper_of(sale)))


def test_words_and_amounts_on_the_pdf_do_not_run_into_each_other_or_off_the_paper(studio: Studio) -> None:
    tax(studio.location, "retail", ("MONTGOMERY-COUNTY-TRANSIT-DISTRICT", "0.0725"))
    therapist = person("wilhelmina", is_therapist=True)
    therapist.display_name = "Wilhelmina-Charlotte von Hohenzollern-Sigmaringen"
    therapist.save()
    sale = studio.desk.rings_up(
        custom("Deep tissue massage WITH WARM BAMBOO and hot stones, 90 minutes", 9_999_99),
        of("deep-tissue-60", by=therapist),
        tips=(tip(therapist, 10_00),),
    ).pays(external=10_834_99)

    rows = printed(receipt_pdf.render(paper_of(sale)))

    assert [row for row in rows if row[-1][1] > receipt_pdf.WIDTH] == []
    assert [row for row in rows if any(left[1] > right[0] for left, right in itertools.pairwise(row))] == []


def printed(pdf: bytes) -> list[list[tuple[float, float, str]]]:
    """The rows of the paper: where each text starts and ends, from left to right, and the text."""
    rows: dict[str, list[tuple[float, float, str]]] = defaultdict(list)
    for x, y, text in re.findall(r"1 0 0 1 (\S+) (\S+) Tm \((.*?)\) Tj", pdf_text(pdf)):
        rows[y].append((float(x), float(x) + stringWidth(text, "Helvetica", 9), text))
    return [sorted(row) for row in rows.values()]
