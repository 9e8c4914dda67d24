"""The bridge between two builds at one day: what explains the difference of the balance, row by row and to the cent."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

# In the order of a waterfall. late_postings: documents dated within what the earlier build knew, but imported later.
PARTS = (
    *("new_invoices", "late_postings", "cash", "credits", "corrected", "retracted", "exchange", "matching", "rounding"),
)
MEASURES = ("outstanding", "overdue")
ROWS_SHOWN = 1000

# What one build knows at $day: documents, what was applied to them by receipt, and money on account by receipt. A
# receipt is known by its number, kind and day in every build; a line without a number by its place in its file.
_UNIT = """
    case
        when {line} <= 0 then ''
        when {receipt} is not null then concat_ws('|', {entity}, {kind}, cast({paid} as varchar), {receipt})
        else concat_ws('|', imports.import_id, cast({line} % 10000000000 as varchar))
    end
"""
_SIDE = f"""
    create temp table docs_SIDE as
    select entity_id, invoice_id, instalment_no, customer_id, issue_date, due_date, currency, amount_doc, amount_base,
        import_id, cast(amount_doc > 0 and due_date < $day as integer) as is_overdue
    from fct_invoices
    where issue_date <= $day;

    create temp table applied_SIDE as
    select applied.entity_id, applied.invoice_id, applied.instalment_no,
        {
    _UNIT.format(
        line="applied.line_key",
        receipt="applied.receipt_id",
        entity="applied.entity_id",
        kind="applied.kind",
        paid="applied.paid_on",
    )
} as unit,
        any_value(applied.receipt_id) as receipt_id, any_value(applied.kind) as kind,
        any_value(imports.import_id) as import_id, any_value(applied.customer_id) as customer_id,
        sum(applied.amount_doc) as amount_doc, sum(applied.amount_base) as amount_base
    from fct_applications as applied
    left join imports on imports.import_no = applied.line_key // 10000000000
    where applied.applied_on <= $day
    group by 1, 2, 3, 4;

    create temp table free_SIDE as
    with lines as (
        select entity_id, customer_id, receipt_id, kind, line_key, sum(change_doc) as change_doc,
            sum(change_base) as change_base
        from fct_unapplied_events
        where event_on <= $day
        group by all
    )
    select lines.entity_id,
        {
    _UNIT.format(
        line="lines.line_key",
        receipt="lines.receipt_id",
        entity="lines.entity_id",
        kind="lines.kind",
        paid="texts.paid_on",
    )
} as unit,
        any_value(lines.receipt_id) as receipt_id, any_value(lines.kind) as kind,
        any_value(imports.import_id) as import_id, any_value(lines.customer_id) as customer_id,
        sum(lines.change_doc) as amount_doc, sum(lines.change_base) as amount_base,
        coalesce(sum(lines.change_base) filter (abs(lines.change_doc) < 0.01), 0) as residue_base
    from lines
    left join imports on imports.import_no = lines.line_key // 10000000000
    left join int_receipt_texts as texts on texts.line_key = lines.line_key
    group by 1, 2;

    create temp table imports_SIDE as select import_id from imports;

    create temp table open_SIDE as
    select docs.*, coalesce(paid.amount_base, 0) as paid_base,
        case when abs(docs.amount_doc - coalesce(paid.amount_doc, 0)) < 0.01
            then docs.amount_base - coalesce(paid.amount_base, 0) else 0 end as residue_base
    from docs_SIDE as docs
    left join (
        select entity_id, invoice_id, instalment_no, sum(amount_doc) as amount_doc, sum(amount_base) as amount_base
        from applied_SIDE
        group by all
    ) as paid using (entity_id, invoice_id, instalment_no);

    create temp table units_SIDE as
    select unit, any_value(kind) as kind, any_value(import_id) as import_id, sum(amount_doc) as amount_doc
    from (
        select unit, kind, import_id, amount_doc from applied_SIDE where unit <> ''
        union all
        select unit, kind, import_id, -amount_doc from free_SIDE
    )
    group by unit
"""

_MOVES = """
    create temp table units as
    select
        unit,
        case
            when b.unit is null then case when a.kind = 'payment' then 'cash' else 'credits' end
            when a.unit is not null and a.amount_doc = b.amount_doc then 'matching'
            when b.import_id in (select import_id from imports_after) then 'corrected'
            else 'retracted'
        end as part
    from units_after as a
    full outer join units_before as b using (unit);

    create temp table docs as
    select
        entity_id, invoice_id, instalment_no,
        coalesce(a.customer_id, b.customer_id) as customer_id,
        coalesce(a.is_overdue, b.is_overdue) as weight,
        case
            when b.invoice_id is null then
                case when a.issue_date > (select max(issue_date) from docs_before) then 'new_invoices'
                    else 'late_postings' end
            when b.import_id in (select import_id from imports_after) then 'corrected'
            else 'retracted'
        end as part,
        a.invoice_id is not null and b.invoice_id is not null as in_both,
        a.amount_doc is not distinct from b.amount_doc and a.currency = b.currency as same_amount,
        coalesce(a.amount_base, 0) - coalesce(b.amount_base, 0) as amount_base,
        coalesce(a.residue_base, 0) - coalesce(b.residue_base, 0) as residue_base,
        case when a.invoice_id is not null and b.invoice_id is not null
            then (a.is_overdue - b.is_overdue) * (b.amount_base - b.paid_base - b.residue_base) else 0
        end as turned_base
    from open_after as a
    full outer join open_before as b using (entity_id, invoice_id, instalment_no);

    create temp table moves as
    with applied as (
        select
            entity_id, invoice_id, instalment_no, unit,
            coalesce(a.receipt_id, b.receipt_id) as receipt_id,
            coalesce(a.amount_base, 0) - coalesce(b.amount_base, 0) as amount_base,
            a.amount_doc is not distinct from b.amount_doc as same_amount
        from applied_after as a
        full outer join applied_before as b using (entity_id, invoice_id, instalment_no, unit)
    ),
    free as (
        select
            coalesce(a.entity_id, b.entity_id) as entity_id,
            coalesce(a.customer_id, b.customer_id) as customer_id,
            coalesce(a.receipt_id, b.receipt_id) as receipt_id,
            unit,
            coalesce(a.amount_base, 0) - coalesce(b.amount_base, 0) as amount_base,
            coalesce(a.residue_base, 0) - coalesce(b.residue_base, 0) as residue_base,
            a.amount_doc is not distinct from b.amount_doc as same_amount
        from free_after as a
        full outer join free_before as b using (unit)
    ),
    all_moves as (
        select case when in_both and same_amount then 'exchange' else part end as part, entity_id, customer_id,
            invoice_id, cast(null as varchar) as receipt_id, amount_base as outstanding_base,
            weight * amount_base as overdue_base
        from docs
        union all
        select part, entity_id, customer_id, invoice_id, null, 0, turned_base from docs
        union all
        select 'rounding', entity_id, customer_id, invoice_id, null, -residue_base, -weight * residue_base from docs
        union all
        select
            case
                when applied.same_amount then 'exchange'
                when applied.unit <> '' then units.part
                when not docs.in_both then docs.part
                when applied.amount_base > 0 then 'cash'
                else 'corrected'
            end,
            applied.entity_id, docs.customer_id, applied.invoice_id, applied.receipt_id, -applied.amount_base,
            -docs.weight * applied.amount_base
        from applied
        inner join docs using (entity_id, invoice_id, instalment_no)
        left join units on units.unit = applied.unit
        union all
        select case when free.same_amount then 'exchange' else units.part end, free.entity_id, free.customer_id, null,
            free.receipt_id, free.amount_base, 0
        from free
        inner join units using (unit)
        union all
        select 'rounding', entity_id, customer_id, null, receipt_id, -residue_base, 0 from free
    )
    select part, entity_id, customer_id, invoice_id, receipt_id,
        sum(cast(outstanding_base as decimal(38, 4))) as outstanding_base,
        sum(cast(overdue_base as decimal(38, 4))) as overdue_base
    from all_moves
    where outstanding_base <> 0 or overdue_base <> 0
    group by all
"""


@dataclass(frozen=True)
class Bridge:
    """Two builds at one day, base currency: totals by measure, and what lies between them.

    parts: part, rows, outstanding_base, overdue_base as Decimal, in the order of PARTS. rows: part, entity_id,
    customer_id, customer_name, invoice_id, receipt_id, outstanding_base, overdue_base, the largest first of each part.
    """

    day: dt.date
    before: dict[str, Decimal]
    after: dict[str, Decimal]
    parts: list[dict[str, Any]]
    rows: pd.DataFrame

    def unexplained(self, measure: str) -> Decimal:
        """What the parts do not explain: nothing, or the bridge is wrong."""
        moved = sum((part[f"{measure}_base"] for part in self.parts), Decimal(0))
        return self.after[measure] - self.before[measure] - moved


def bridge(before: Path, after: Path, day: dt.date | None = None) -> Bridge:
    """What explains the difference between two builds of one warehouse at `day`.

    `day`: by default the earlier of their as-of dates. Both are read as of it, each with what it knows.
    """
    with duckdb.connect() as con:
        days: list[dt.date] = []
        for side, path in (("before", before), ("after", after)):
            con.execute(f"attach '{str(path).replace(chr(39), chr(39) * 2)}' as {side}_build (read_only)")
            days += con.execute(f"select as_of from {side}_build.build_info").fetchall()[0]
        on = min(day or dt.date.max, *days)
        totals = []
        for side in ("before", "after"):
            con.execute(f"use {side}_build")
            for statement in _SIDE.replace("SIDE", side).split(";"):
                con.execute(statement, {"day": on} if "$day" in statement else {})
            totals.append(_totals(con, side))
        for statement in _MOVES.split(";"):
            con.execute(statement)
        found = con.execute(
            "select part, count(*), sum(outstanding_base), sum(overdue_base) from moves group by part"
        ).fetchall()
        parts = [
            {"part": part, "rows": rows, "outstanding_base": Decimal(outstanding), "overdue_base": Decimal(overdue)}
            for part, rows, outstanding, overdue in sorted(found, key=lambda each: PARTS.index(each[0]))
        ]
        rows = con.execute(
            f"""
            select moves.part, moves.entity_id, moves.customer_id, customers.customer_name, moves.invoice_id,
                moves.receipt_id, moves.outstanding_base, moves.overdue_base
            from moves
            left join dim_customers as customers using (entity_id, customer_id)
            qualify row_number() over (
                partition by moves.part
                order by greatest(abs(moves.outstanding_base), abs(moves.overdue_base)) desc, moves.invoice_id,
                    moves.receipt_id
            ) <= {ROWS_SHOWN}
            order by moves.part, greatest(abs(moves.outstanding_base), abs(moves.overdue_base)) desc, moves.invoice_id,
                moves.receipt_id
            """
        ).df()
    return Bridge(on, totals[0], totals[1], parts, rows)


def _totals(con: duckdb.DuckDBPyConnection, side: str) -> dict[str, Decimal]:
    """Outstanding and overdue of one side, from its own items."""
    ((outstanding, overdue),) = con.execute(
        f"""
        select coalesce(sum(open_base), 0), coalesce(sum(open_base * is_overdue), 0)
        from (
            select cast(amount_base - paid_base - residue_base as decimal(38, 4)) as open_base, is_overdue
            from open_{side}
            union all
            select cast(amount_base - residue_base as decimal(38, 4)), 0 from free_{side}
        )
        """
    ).fetchall()
    return {"outstanding": Decimal(outstanding), "overdue": Decimal(overdue)}
