"""What stands in the sales for spreadsheets: each column once, with the expression that the database reads it by.

`h` is the head of a sale, void or refund, `l` a line, `g` what was given back, `c` what covers a line, `t` a tender.
The names in braces differ between what was sold and what was taken back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from accounting.exports.cells import Engine, Ready, Said
from accounting.tables import Column, Form

LINES, TENDERS = "lines", "tenders"


@dataclass(frozen=True, slots=True)
class Told:
    """A column and where it comes from; `said` is for texts only."""

    column: Column
    sql: str
    said: Said | None = None

    def cell(self, source: "Source", form: Ready, engine: Engine) -> str:
        """The expression of its ready cell."""
        return form.cell(engine, self.said or self.column.form, self.sql.format_map(source.names))


@dataclass(frozen=True, slots=True)
class Source:
    """Rows from one pair of tables: the columns, the heads, what hangs on them, and their order."""

    columns: Sequence[Told]
    heads: str
    paper: str
    joins: str
    tenders: str
    order: str
    names: Mapping[str, str]


ABOUT = (
    Told(Column("row", "Row"), "h.kind", Said.CODE),  # sale, refund or void
    Told(Column("business_date", "Day", Form.DATE), "h.business_date"),
    Told(Column("at", "At (UTC)", Form.MOMENT), "h.at"),
    Told(Column("location", "Location"), "p.cell", Said.WORD),
    Told(Column("receipt", "Receipt"), "p.raw || '-' || h.paper", Said.CODE),  # a code is of capitals and digits
    Told(Column("sale", "Sale"), "h.sale_id", Said.KEY),
    Told(Column("client", "Client"), "h.client_id", Said.KEY),
)
_LINE = (
    Told(Column("line", "Line", Form.COUNT), "l.position"),
    Told(  # sales, or prepaid value that is no revenue yet
        Column("counts_as", "Counts as"),
        "CASE WHEN l.kind IS NULL THEN '' WHEN l.kind IN (SELECT kind FROM income) THEN 'sales' ELSE 'prepaid' END",
        Said.CODE,
    ),
    Told(Column("category", "Category"), "category.cell", Said.WORD),
    Told(Column("item", "Item"), "item.cell", Said.WORD),
    Told(Column("name", "Name"), "name.cell", Said.WORD),
    Told(Column("therapist", "Therapist"), "person.cell", Said.WORD),
    Told(Column("quantity", "Quantity", Form.COUNT), "(h.sign * coalesce({quantity}, 0))"),
    Told(Column("list", "List price", Form.MONEY), "(h.sign * coalesce({list}, 0))"),
    Told(Column("discount", "Discount", Form.MONEY), "(-h.sign * coalesce({discount}, 0))"),
    Told(Column("net", "Net", Form.MONEY), "(h.sign * coalesce({net}, 0))"),
    Told(Column("tax", "Tax", Form.MONEY), "(h.sign * coalesce({tax}, 0))"),
    Told(Column("total", "Total", Form.MONEY), "(h.sign * coalesce({net} + {tax}, 0))"),
    Told(Column("covered_by", "Covered by"), "{covered_by}", Said.CODE),
    Told(Column("covered", "Covered", Form.MONEY), "{covered}"),
    Told(Column("sale_tip", "Tip of the sale", Form.MONEY), "CASE WHEN {first} THEN h.sign * h.tip_cents ELSE 0 END"),
    Told(
        Column("sale_rounding", "Rounding of the sale", Form.MONEY),
        "CASE WHEN {first} THEN h.sign * h.rounding_cents ELSE 0 END",
    ),
    Told(Column("sale_tenders", "Tenders of the sale"), "tenders.said", Said.CODE),
)
_TENDER = (
    Told(Column("tender", "Tender"), "t.kind", Said.CODE),
    Told(Column("amount", "Amount", Form.MONEY), "(h.sign * {amount})"),
    Told(Column("handed_over", "Handed over", Form.MONEY), "(h.sign * {handed})"),
    Told(Column("change", "Change", Form.MONEY), "(h.sign * ({handed} - {amount}))"),
    Told(Column("rounding", "Rounding", Form.MONEY), "(h.sign * {rounding})"),
    Told(Column("covers_line", "Covers line", Form.COUNT), "l.position"),
    Told(Column("reference", "Reference"), "reference.cell", Said.WORD),
)
_COLUMNS = {LINES: (*ABOUT, *_LINE), TENDERS: (*ABOUT, *_TENDER)}
COLUMNS: Mapping[str, Sequence[Column]] = {what: [told.column for told in all_] for what, all_ in _COLUMNS.items()}

# Heads: one row for each sale, one more with the sign turned if it was voided, one for each refund --------------------
_DAYS = (
    "{0}.business_date >= %(since)s AND {0}.business_date < %(until)s AND {0}.location_id IN (SELECT id FROM places)"
)
_SALE = f"""
    SELECT s.id AS owner, s.id AS sale_id, s.client_id, s.business_date, s.location_id, s.completed_at AS told_at,
           s.tip_cents, s.rounding_cents, {{}}
    FROM pos_sale s {{}} WHERE {_DAYS.format("s")} AND s.status IN (SELECT status FROM standing)
"""  # noqa: S608 - made of our own words
_SALES = (
    _SALE.format("s.completed_at AS at, 0 AS turn, 'sale' AS kind, 1 AS sign", "")
    + "UNION ALL"
    + _SALE.format("v.occurred_at, 1, 'void', -1", "JOIN pos_void v ON v.sale_id = s.id")
)
_REFUNDS = f"""
    SELECT f.id AS owner, f.sale_id, s.client_id, f.business_date, f.location_id, f.occurred_at AS told_at,
           f.tip_cents, f.rounding_cents, f.occurred_at AS at, 0 AS turn, 'refund' AS kind, -1 AS sign
    FROM pos_refund f JOIN pos_sale s ON s.id = f.sale_id WHERE {_DAYS.format("f")}
"""  # noqa: S608 - made of our own words

_SALE_PAPER, _REFUND_PAPER = "r.sale_id = a.owner AND r.refund_id IS NULL", "r.refund_id = a.owner"
_SALE_TENDERS = """
    SELECT t.sale_id AS owner, t.position, t.kind, t.amount_cents
    FROM pos_tender t JOIN heads a ON a.owner = t.sale_id AND a.turn = 0 WHERE t.status <> 'released'
"""
_REFUND_TENDERS = """
    SELECT b.refund_id AS owner, t.position, t.kind, b.amount_cents
    FROM pos_refundtender b JOIN heads a ON a.owner = b.refund_id JOIN pos_tender t ON t.id = b.tender_id
"""
_ABOUT_LINES = """
    LEFT JOIN words name ON name.raw = l.name
    LEFT JOIN words category ON category.raw = l.category
    LEFT JOIN items item ON item.id = l.item_id
    LEFT JOIN people person ON person.id = l.therapist_id
    LEFT JOIN tenders ON tenders.owner = h.owner
"""
_WHEN = "h.business_date, h.location_id, h.told_at, h.owner"
_BY_LINE, _BY_TENDER = f"{_WHEN}, h.turn, l.position", f"{_WHEN}, t.position, h.turn"
_FIRST = f"row_number() OVER (PARTITION BY {_WHEN}, h.turn ORDER BY l.position) = 1"

SOLD = Source(
    _COLUMNS[LINES],
    _SALES,
    _SALE_PAPER,
    "LEFT JOIN pos_saleline l ON l.sale_id = h.owner "
    "LEFT JOIN pos_tender c ON c.line_id = l.id AND c.status <> 'released'" + _ABOUT_LINES,
    _SALE_TENDERS,
    _BY_LINE,
    {
        "quantity": "l.quantity",
        "list": "l.list_cents",
        "discount": "l.discount_cents",
        "net": "l.net_cents",
        "tax": "l.tax_cents",
        "covered": "(h.sign * l.covered_cents)",
        "covered_by": "CASE WHEN l.covered_cents IS NULL THEN '' ELSE c.kind END",
        "first": _FIRST,
    },
)
REFUNDED = Source(
    _COLUMNS[LINES],
    _REFUNDS,
    _REFUND_PAPER,
    "LEFT JOIN pos_refundline g ON g.refund_id = h.owner LEFT JOIN pos_saleline l ON l.id = g.line_id" + _ABOUT_LINES,
    _REFUND_TENDERS,
    _BY_LINE,
    {  # given back is what was paid: its list price and discount stay with the sale
        "quantity": "g.quantity",
        "list": "g.net_cents",
        "discount": "0",
        "net": "g.net_cents",
        "tax": "g.tax_cents",
        "covered": "CAST(NULL AS bigint)",
        "covered_by": "''",
        "first": _FIRST,
    },
)
PAID = Source(
    _COLUMNS[TENDERS],
    _SALES,
    _SALE_PAPER,
    "JOIN pos_tender t ON t.sale_id = h.owner AND t.status <> 'released' LEFT JOIN pos_saleline l ON l.id = t.line_id "
    "LEFT JOIN words reference ON reference.raw = t.reference",
    _SALE_TENDERS,
    _BY_TENDER,
    {"amount": "t.amount_cents", "handed": "t.tendered_cents", "rounding": "t.rounding_cents"},
)
PAID_BACK = Source(
    _COLUMNS[TENDERS],
    _REFUNDS,
    _REFUND_PAPER,
    "JOIN pos_refundtender b ON b.refund_id = h.owner JOIN pos_tender t ON t.id = b.tender_id "
    "LEFT JOIN pos_saleline l ON l.id = t.line_id LEFT JOIN words reference ON reference.raw = t.reference",
    _REFUND_TENDERS,
    _BY_TENDER,
    {"amount": "b.amount_cents", "handed": "b.amount_cents", "rounding": "b.rounding_cents"},
)


def statement(source: Source, form: Ready, engine: Engine) -> str:
    """The query of ready rows, one text each, in their order; what it looks up comes as JSON under the names in it."""
    cells = [told.cell(source, form, engine) for told in source.columns]
    row = f" || '{form.between}' || ".join(cells)
    said = engine.joined(f"kind || ' ' || {engine.amount('amount_cents')}", by="position")
    return f"""
        WITH words AS ({_looked_up("words", "value ->> 1 AS raw", engine)}),
             places AS ({_looked_up("places", "CAST(value ->> 0 AS bigint) AS id, value ->> 1 AS raw", engine)}),
             people AS ({_looked_up("people", "CAST(value ->> 0 AS bigint) AS id", engine)}),
             items AS ({_looked_up("items", "CAST(value ->> 0 AS bigint) AS id", engine)}),
             income AS (SELECT {engine.string("value")} AS kind FROM {engine.listed("income")}),
             standing AS (SELECT {engine.string("value")} AS status FROM {engine.listed("standing")}),
             heads AS ({source.heads}),
             papers AS (
                 SELECT a.*, {engine.padded("r.number", 6)} AS paper
                 FROM heads a LEFT JOIN pos_receipt r ON {source.paper}
             ),
             tenders AS (
                 SELECT owner, {said} AS said
                 FROM (SELECT * FROM ({source.tenders}) paid ORDER BY owner, position) sorted GROUP BY owner
             )
        SELECT '{form.first}' || {row} || '{form.last}'
        FROM papers h JOIN places p ON p.id = h.location_id {source.joins}
        ORDER BY {source.order}
    """  # noqa: S608 - made of our own words


def _looked_up(name: str, keys: str, engine: Engine) -> str:
    return f"SELECT {keys}, value ->> 2 AS cell FROM {engine.listed(name)}"  # noqa: S608 - made of our own words
