"""What a tablet needs to sell without the server, and what became of what it sold."""

from typing import Annotated, TypedDict

from api.answers.values import Moment, Rate, Uuid, decimal, moment
from pos.models import OfflineSale, Receipt, TaxCategory, TaxRate
from pos.offline import LONGEST, MOST_CENTS
from studio.models import Location


class OfflineRateAnswer(TypedDict):
    """A tax rate of the location; 0.0725 is 7.25 %."""

    tax_category: Annotated[str, TaxCategory]
    jurisdiction: str
    rate: Rate


class OfflineTermsAnswer(TypedDict):
    """How to reckon without the server, how much a sale may come to, and for how long after its last answer."""

    rates: list[OfflineRateAnswer]
    prices_include_tax: bool
    tax_rounding: Annotated[str, Location.TaxRounding]
    cash_rounding: Annotated[str, Location.CashRounding]
    most_cents: int
    most_hours: int
    now: Moment


class OfflineNote(TypedDict):
    """What differs, or why somebody must look: a stable code and a sentence."""

    code: str
    words: str


class OfflineSaleAnswer(TypedDict):
    """An offline sale and what became of it; `sale` and `receipt` once it is in the books."""

    id: Uuid
    status: Annotated[str, OfflineSale.Status]
    notes: list[OfflineNote]
    told_at: Moment
    sold_at: Moment
    received_at: Moment
    total_cents: int
    sale: Uuid | None
    receipt: str | None


def offline_terms_answer(place: Location, rates: list[TaxRate], *, now: str) -> OfflineTermsAnswer:
    return {
        "rates": [
            {"tax_category": one.tax_category, "jurisdiction": one.jurisdiction, "rate": decimal(one.rate)}
            for one in rates
        ],
        "prices_include_tax": place.prices_include_tax,
        "tax_rounding": place.tax_rounding,
        "cash_rounding": place.cash_rounding,
        "most_cents": MOST_CENTS,
        "most_hours": int(LONGEST.total_seconds()) // 3600,
        "now": now,
    }


def offline_sale_answer(row: OfflineSale, receipt: Receipt | None = None) -> OfflineSaleAnswer:
    return {
        "id": str(row.pk),
        "status": row.status,
        "notes": row.notes,
        "told_at": moment(row.told_at),
        "sold_at": moment(row.sold_at),
        "received_at": moment(row.received_at),
        "total_cents": row.total_cents,
        "sale": str(row.sale_id) if row.sale_id else None,
        "receipt": receipt.title if receipt is not None else None,
    }
