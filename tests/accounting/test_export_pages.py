"""The pages of exports, from the account names to a batch that is taken back."""

import csv
import io
import zipfile

import pytest

from accounting.exports import mapping
from accounting.models import AccountName, Destination, ExportBatch
from ledger.accounts import Account
from studio.models import AuditRow
from tests.accounting.exporting import at, cash_sale, exports, kept, names
from tests.accounting.office import signed_on
from tests.builders import Studio, beach, person

ASKED = "?format=quickbooks-online&from=2026-01-01&to=2026-01-31"
FIELDS = {"format": "quickbooks-online", "from": "2026-01-01", "to": "2026-01-31"}


@pytest.fixture
def sold(studio: Studio) -> Studio:
    """The studio with the sale of worked case T01."""
    cash_sale(studio.location, studio.ana, on=at(2))
    return studio


def test_only_who_sees_books_sees_exports(sold: Studio) -> None:
    assert signed_on(sold.manager).opens("/exports/") == 403
    assert signed_on(sold.owner).opens("/exports/") == 200


def test_a_month_is_exported_from_the_first_look_to_the_confirmation(sold: Studio) -> None:
    office = signed_on(sold.owner)
    office.opens("/exports/")
    assert "Nothing was exported yet." in office.says()
    office.opens(f"/exports/new/{ASKED}")
    assert "QuickBooks Online has no account for 1010 Cash drawer, 2100 Sales tax payable" in office.says()

    office.opens("/exports/names/quickbooks-online/")
    assert "These are suggestions; they count once they are saved." in office.says()
    writer = mapping.writer_of("quickbooks-online")
    given = {f"account_{account.value}": writer.suggested(account) for account in Account}
    assert office.sends("/exports/names/quickbooks-online/", **given) == 302
    office.opens(f"/exports/new/{ASKED}")
    assert "1 entry of ours, debits and credits 155.74 each." in office.says()
    assert not ExportBatch.objects.exists()

    office.sends("/exports/make", **FIELDS)
    batch = ExportBatch.objects.get()
    office.opens(f"/exports/{batch.pk}/")
    assert "Its entries are taken" in office.says()
    office.sends(f"/exports/{batch.pk}/finish")
    office.opens(f"/exports/{batch.pk}/")
    assert "QBO-2026-01-0001" in office.says()

    office.opens(f"/exports/{batch.pk}/files/1")
    rows = list(csv.reader(io.StringIO(office.file().decode())))
    assert (len(rows), rows[1][:4]) == (6, ["UPT-20260102-S-0001", "01/02/2026", "Cash:Drawer Uptown", "155.74"])
    office.opens(f"/exports/{batch.pk}/all.zip")
    with zipfile.ZipFile(io.BytesIO(office.file())) as packed:
        assert {name: packed.read(name) for name in packed.namelist()} == kept(batch)

    office.sends(f"/exports/{batch.pk}/confirm", total="a lot")
    office.opens(f"/exports/{batch.pk}/")
    assert "Write the total as 1,234.50." in office.says()
    office.sends(f"/exports/{batch.pk}/confirm", total="155.74")
    office.opens(f"/exports/{batch.pk}/")
    assert "The other books showed 155.74." in office.says()
    actions = AuditRow.objects.order_by("at", "pk").values_list("action", flat=True)
    assert list(actions)[-4:] == ["exported", "export_fetched", "export_fetched", "export_confirmed"]


def test_a_batch_that_is_taken_back_shows_its_entries_as_not_exported(sold: Studio) -> None:
    names("quickbooks-online")
    batch = exports("quickbooks-online")
    cash_sale(sold.location, sold.ana, on=at(5))
    exports("quickbooks-online")
    office = signed_on(sold.owner)

    office.sends(f"/exports/{batch.pk}/void", reason=" ")
    office.opens(f"/exports/{batch.pk}/")
    assert "Say why the batch is taken back." in office.says()
    office.sends(f"/exports/{batch.pk}/void", reason="wrong company")
    office.opens("/exports/")

    assert "Since the last export to QuickBooks Online" in office.says()
    assert ["Jan 2, 2026", "Uptown", "1", "0", ""] in office.rows()


def test_a_draft_can_be_dropped(sold: Studio) -> None:
    names("quickbooks-online")
    office = signed_on(sold.owner)
    office.sends("/exports/make", **FIELDS)
    batch = ExportBatch.objects.get()

    office.sends(f"/exports/{batch.pk}/drop")

    assert not ExportBatch.objects.exists()
    assert office.opens(f"/exports/{batch.pk}/") == 404


def test_names_that_would_fail_stand_beside_their_accounts_and_are_not_saved(sold: Studio) -> None:
    office = signed_on(sold.owner)

    office.sends("/exports/names/xero/", account_1010="Cash drawer", account_4010="4010")

    assert "1 name can not be used; nothing was saved." in office.says()
    assert "“Cash drawer” is no account code of Xero" in office.says()
    assert not AccountName.objects.exists()
    office.sends("/exports/names/xero/", **{"account_4010": "4010", "try": "1"})
    assert "Every name here could be used; nothing was saved." in office.says()
    assert not AccountName.objects.exists()
    office.sends("/exports/names/xero/", account_4010="4010", tax_rate_name="No Tax")
    assert AccountName.objects.get().name == "4010"
    assert Destination.objects.get(slug="xero").tax_rate_name == "No Tax"


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?format=quickbooks-online&from=2026-02-01&to=2026-01-01", "before it begins"),
        ("?format=quickbooks-online&from=2026-02-01", "Say both days of the range"),
        ("?format=quickbooks-online&from=2024-01-01&to=2026-01-01", "400 days at most"),
        ("?format=abacus", "is no format"),
        ("?grain=week", "There is no such grain"),
        ("?location=XYZ", "no such location"),
    ],
)
def test_what_can_not_be_meant_is_told_with_its_field(sold: Studio, query: str, sentence: str) -> None:
    office = signed_on(sold.owner)

    assert office.opens(f"/exports/new/{query}") == 400
    assert sentence in office.says()


def test_who_sees_one_location_exports_that_one_only(sold: Studio) -> None:
    names("quickbooks-online")
    other = beach()
    cash_sale(other, sold.ana, on=at(2))
    accountant = person("ada", role="accountant", location=other)
    office = signed_on(accountant)

    office.sends("/exports/make", **FIELDS)

    mine = ExportBatch.objects.get()
    assert (mine.location, mine.entries) == (other, 1)
    theirs = exports("quickbooks-online")
    assert office.opens(f"/exports/{mine.pk}/") == 200
    assert office.opens(f"/exports/{theirs.pk}/") == 404
    assert office.opens("/exports/names/quickbooks-online/") == 403
