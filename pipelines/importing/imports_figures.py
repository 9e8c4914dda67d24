"""The figures of the accepted rows of one import: one pass over its Parquet file, and the values that are unusual."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from pipelines.canonical import KINDS
from pipelines.importing.imports_places import place_sql
from pipelines.literals import parquet

# What tells rows of a kind apart: two rows with the same key are doubles.
KEYS = {
    "invoices": ("entity_id", "invoice_id", "instalment_no"),
    "receipts": ("entity_id", "receipt_id", "customer_id", "invoice_id", "instalment_no", "paid_on", "kind"),
    "customers": ("entity_id", "customer_id"),
    "fx_rates": ("currency", "rate_date"),
}
_DAYS = {"invoices": ("issue_date", "settled_date"), "receipts": ("paid_on",), "fx_rates": ("rate_date",)}
AMOUNTS = {"invoices": "amount", "receipts": "amount", "aged_summary": "open_amount"}
_HUGE = 1000  # times the middle amount
_APART = 366  # days a date may lie outside of three times the span in which the middle half lies
_FEW = 2  # rows of a customer in another currency than its others that may be a slip
# The unified social credit code of a Chinese business: the weighted values of its 18 characters add up to a multiple of
# 31 (GB 32100-2015). Other bodies' codes begin as the numbers of identity cards do, which stand in the same column.
_CREDIT_CODE = "(9[1239]|Y1|N1|N2|N3)[0-9A-Z]{16}"
_CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # without I, O, S, V and Z, which are taken for others
_WEIGHTS = [*(3**place % 31 for place in range(17)), 1]
# More open than a document is of, or on the other side: as a balance of an account would be.
_BEYOND = "amount <> 0 and open_amount <> 0 and (abs(open_amount) > abs(amount) or (open_amount < 0) <> (amount < 0))"
# No money before it clears; whether it has, its own row does not say.
_UNCLEARED = (
    "method in ('bill', 'cheque') and cleared_on is null and amount > 0 and coalesce(kind, 'payment') = 'payment'"
)
_LINES = 10  # line numbers named with what is unusual


@dataclass(frozen=True)
class Figures:
    """One value a name; what a kind does not have is None, and what no column of the file holds is 0 or None."""

    values: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.values.get(name)

    def of_each(self, base_currency: str) -> list[str]:
        """The currencies to be summed apart, with '' for rows that name none: those are in the base currency."""
        named = list(self["currencies"] or ())
        return [*named, *([""] if self["unnamed"] and named != [base_currency] else [])]


def money_text(amount: Decimal) -> Decimal:
    """An amount with two decimals, or all it needs."""
    exact = Decimal(amount)
    cents = exact.quantize(Decimal("0.01"))
    return cents if cents == exact else exact.normalize()


def amount_text(currency: str, amount: Decimal) -> str:
    """An amount to the last decimal after its currency, as the notes on totals hold it: `USD 1,000.00`."""
    return f"{currency} {money_text(amount):,}"


def figures(con: duckdb.DuckDBPyConnection, kind: str, rows: Path, present: Collection[str]) -> Figures:
    """Read the figures of `rows.parquet`; `present` are the columns that are not blank throughout."""
    asked = {"rows": "count(*)", **_asked(kind)}
    if kind in KEYS:
        key = [k for k in KEYS[kind] if k in present]
        hashed = ", ".join("coalesce(instalment_no, 1)" if k == "instalment_no" else k for k in key)
        counted = "count(receipt_id)" if kind == "receipts" else "count(*)"
        only = "filter (receipt_id is not null)" if kind == "receipts" else ""
        asked |= {"keys": counted, "different": f"count(distinct hash({hashed})) {only}"}
    used = " ".join(asked.values())
    columns = [
        c.name if c.name in present else f"null::{c.sql_type} as {c.name}" for c in KINDS[kind] if c.name in used
    ]
    cursor = con.execute(
        f"select {', '.join(asked.values())} from (select {', '.join(columns) or '1'} from {parquet(rows)})"
    )
    return Figures(dict(zip(asked, cursor.fetchone() or (), strict=True)))


def _asked(kind: str) -> dict[str, str]:
    names = {c.name for c in KINDS[kind]}
    money = next((n for n in ("amount", "open_amount") if n in names), None)
    days = _DAYS.get(kind, ())
    asked = {"total": f"cast(coalesce(sum({money}), 0) as decimal(38,4))" if money else "cast(0 as decimal(38,4))"}
    if days:
        newest = f"greatest({', '.join(f'max({d})' for d in days)})"
        asked |= {"oldest": f"min({days[0]})", "newest": newest, "first": f"min({days[0]})", "last": f"max({days[0]})"}
        asked["quarters"] = f"quantile_disc({days[0]}, [0.25, 0.5, 0.75])"
    if "currency" in names:
        asked["currencies"] = "list(distinct currency order by currency) filter (currency is not null)"
        asked["unnamed"] = "count(*) filter (currency is null)"
    if kind in ("invoices", "receipts"):
        asked |= {"middle": "median(abs(amount))", "largest": "max(abs(amount))"}
    if "tax_id" in names:
        asked["tax_numbers"] = "count(tax_id)"
    if kind == "receipts":
        asked["uncleared"] = f"count(*) filter ({_UNCLEARED})"
        cleared = "cleared_on is not null and method in ('bill', 'cheque')"
        asked["clearing"] = f"coalesce(list(distinct method order by method) filter ({cleared}), [])"
    if kind == "invoices":
        asked |= {
            "payments": "count(*) filter (doc_type = 'payment')",
            "credits": "count(*) filter (doc_type = 'credit_note')",
            "negative": "count(*) filter (doc_type in ('invoice', 'debit_note') and amount < 0)",
            "referred": "count(*) filter (doc_type = 'credit_note' and invoice_id = order_no)",
            "not_due": "count(*) filter (due_date is null)",
            "early": "count(*) filter (due_date < issue_date)",
            "far": "count(*) filter (due_date > issue_date + 731)",
            "settled": "count(settled_date)",
            "paid": "count(*) filter (status = 'paid')",
            "open_total": "cast(sum(open_amount) as decimal(38,4))",
            "with_open": "count(open_amount)",
            "beyond": f"count(*) filter ({_BEYOND})",
            "closed": "count(*) filter (open_amount = 0 and amount <> 0)",
            "undated": "count(*) filter (settled_date is null and (status = 'paid' or open_amount <> amount))",
        }
    return asked


def unusual(
    con: duckdb.DuckDBPyConnection, kind: str, rows: Path, found: Figures, sheets: Sequence[str], base_currency: str
) -> list[dict[str, Any]]:
    """Notes on accepted rows that a person should look at, each with how many there are and their first lines.

    `sheets` are those that were read together.
    """
    notes: list[dict[str, Any]] = []
    line = place_sql(sheets)

    def look(code: str, test: str, **more: object) -> None:
        row = con.execute(
            f"""select count(*), string_agg({line}, ', ' order by line_no) filter (place <= {_LINES}) from (
                    select line_no, row_number() over (order by line_no) as place from {parquet(rows)} where {test})"""
        ).fetchone()
        count, lines = row or (0, "")
        if count:
            notes.append({"code": code, "rows": count, "lines": lines + ("…" if count > _LINES else ""), **more})

    if found["early"]:
        look("due_before_issue", "due_date < issue_date")
    if found["far"]:
        look("due_far_away", "due_date > issue_date + 731")
    if kind == "invoices" and found["with_open"]:
        notes.append({"code": "open_sum", "rows": found["with_open"], "cents_open": float(found["open_total"])})
    if len(found.of_each(base_currency)) > 1 and kind in AMOUNTS:
        notes.append({"code": "totals_by_currency", "totals": _by_currency(con, rows, AMOUNTS[kind])})
        look("currency_blank", "currency is null")
    if found["beyond"]:
        look("open_above_amount", _BEYOND)
    if found["uncleared"]:
        stated = ", ".join(f"'{method}'" for method in ("", *found["clearing"]))
        look("not_cleared", f"{_UNCLEARED} and method in ({stated})")
        look("clearing_not_stated", f"{_UNCLEARED} and method not in ({stated})")
    middle = Decimal(str(found["middle"] or 0))
    if middle > 0 and found["largest"] >= _HUGE * middle:
        limit = _HUGE * middle
        look("unusual_amount", f"abs(amount) >= {limit}", times=_HUGE, cents_middle=float(middle))
    if found["quarters"] and found["rows"] > 3:
        low, middle_day, high = found["quarters"]
        reach = 3 * (high - low).days + _APART
        if (low - found["first"]).days > reach or (found["last"] - high).days > reach:
            day = _DAYS[kind][0]
            look(
                "unusual_date",
                f"{day} < date '{low}' - {reach} or {day} > date '{high}' + {reach}",
                middle=str(middle_day),
            )
    if kind in ("invoices", "receipts") and len(found["currencies"] or ()) > 1:
        look("unusual_currency", _odd_currency(rows))
    if found["tax_numbers"]:
        look("unusual_tax_id", _mistyped_code())
    return notes


def _by_currency(con: duckdb.DuckDBPyConnection, rows: Path, amount: str) -> list[str]:
    """The total of each currency, as `USD 1,000.00`; a dash for rows that name none."""
    found = con.execute(
        f"select coalesce(currency, '–'), sum({amount}) from {parquet(rows)} group by 1 order by count(*) desc, 1"
    ).fetchall()
    return [amount_text(currency, total) for currency, total in found]


def _mistyped_code() -> str:
    """SQL that is true for a Chinese business's tax number with a character that it cannot have."""
    code = "upper(replace(tax_id, ' ', ''))"
    places = [f"strpos('{_CHARACTERS}', {code}[{place}])" for place in range(1, 19)]
    weighted = " + ".join(f"({place} - 1) * {weight}" for place, weight in zip(places, _WEIGHTS, strict=True))
    return f"regexp_full_match({code}, '{_CREDIT_CODE}') and (least({', '.join(places)}) = 0 or ({weighted}) % 31 <> 0)"


def _odd_currency(rows: Path) -> str:
    """SQL that is true for the few rows of a customer in another currency than all of its many others."""
    return f"""(customer_id, currency) in (
        select (customer_id, currency) from (
            select customer_id, currency, count(*) as n, sum(count(*)) over (partition by customer_id) as many
            from {parquet(rows)} where currency is not null and customer_id is not null group by customer_id, currency
        ) where n <= {_FEW} and many >= 10 * n)"""
