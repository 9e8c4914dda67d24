"""What moved between two builds at one day: the parts that documents and money belong to, and every amount moved."""

import datetime as dt
from pathlib import Path

import duckdb

from pipelines.literals import literal

ITEM = "entity_id, invoice_id, instalment_no"
LINES_OF_IMPORT = 10_000_000_000  # a line's key is its import's number times this, and its place in the file


def _unit(lines: str, paid_on: str) -> str:
    """The name of a piece of money that is the same in every build; empty for what a list says was settled.

    A receipt is known by its entity, number, kind and day; a line without a number by its place in its file.
    """
    return f"""
        case
            when {lines}.line_key <= 0 then ''
            when {lines}.receipt_id is not null
                then concat_ws('|', {lines}.entity_id, {lines}.kind, cast({paid_on} as varchar), {lines}.receipt_id)
            else concat_ws('|', imports.import_id, cast({lines}.line_key % {LINES_OF_IMPORT} as varchar))
        end as unit,
        any_value({lines}.receipt_id) as receipt_id, any_value({lines}.kind) as kind,
        any_value(imports.import_id) as import_id, any_value({lines}.customer_id) as customer_id
    """


# What one build knows at $day, in tables named after its side (before, after): documents and what is open of them, what
# was applied to them by each piece of money, money on account, and each piece of money whole. A remainder below a cent
# in document currency is not open: it is kept apart as residue_base.
_SIDE = (
    f"""
    create temp table docs_{{side}} as
    select {ITEM}, customer_id, rep, region, issue_date, due_date, currency, amount_doc, amount_base, import_id,
        cast(amount_doc > 0 and due_date < $day as integer) as is_overdue
    from fct_invoices
    where issue_date <= $day
    """,
    f"""
    create temp table applied_{{side}} as
    select applied.entity_id, applied.invoice_id, applied.instalment_no, {_unit("applied", "applied.paid_on")},
        sum(applied.amount_doc) as amount_doc, sum(applied.amount_base) as amount_base
    from fct_applications as applied
    left join imports on imports.import_no = applied.line_key // {LINES_OF_IMPORT}
    where applied.applied_on <= $day
    group by 1, 2, 3, 4
    """,
    f"""
    create temp table free_{{side}} as
    with lines as (
        select entity_id, customer_id, rep, region, receipt_id, kind, line_key, sum(change_doc) as change_doc,
            sum(change_base) as change_base
        from fct_unapplied_events
        where event_on <= $day
        group by all
    )
    select lines.entity_id, {_unit("lines", "texts.paid_on")},
        any_value(lines.rep) as rep, any_value(lines.region) as region,
        sum(lines.change_doc) as amount_doc, sum(lines.change_base) as amount_base,
        coalesce(sum(lines.change_base) filter (abs(lines.change_doc) < 0.01), 0) as residue_base
    from lines
    left join imports on imports.import_no = lines.line_key // {LINES_OF_IMPORT}
    left join int_receipt_texts as texts on texts.line_key = lines.line_key
    group by 1, 2
    """,
    "create temp table imports_{side} as select import_id from imports",
    f"""
    create temp table open_{{side}} as
    select docs.*, coalesce(paid.amount_base, 0) as paid_base,
        case when abs(docs.amount_doc - coalesce(paid.amount_doc, 0)) < 0.01
            then docs.amount_base - coalesce(paid.amount_base, 0) else 0 end as residue_base
    from docs_{{side}} as docs
    left join (
        select {ITEM}, sum(amount_doc) as amount_doc, sum(amount_base) as amount_base
        from applied_{{side}}
        group by all
    ) as paid using ({ITEM})
    """,
    """
    create temp table units_{side} as
    select unit, any_value(kind) as kind, any_value(import_id) as import_id, sum(amount_doc) as amount_doc
    from (
        select unit, kind, import_id, amount_doc from applied_{side} where unit <> ''
        union all
        select unit, kind, import_id, -amount_doc from free_{side}
    )
    group by unit
    """,
)

# What lies between the two sides: the part that each piece of money and each document belongs to, then every amount
# that moved. A document weighs 1 in what is overdue while it is past due, and 0 otherwise. Its rep and region are those
# of the later side on both, so that what was handed to another rep does not seem to have come or gone.
_MOVES = (
    """
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
    full outer join units_before as b using (unit)
    """,
    f"""
    create temp table docs as
    select
        {ITEM},
        coalesce(a.customer_id, b.customer_id) as customer_id,
        coalesce(a.rep, b.rep) as rep,
        coalesce(a.region, b.region) as region,
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
    full outer join open_before as b using ({ITEM})
    """,
    """
    create temp table free as
    select
        coalesce(a.entity_id, b.entity_id) as entity_id,
        coalesce(a.customer_id, b.customer_id) as customer_id,
        coalesce(a.rep, b.rep) as rep,
        coalesce(a.region, b.region) as region,
        coalesce(a.receipt_id, b.receipt_id) as receipt_id,
        unit,
        coalesce(a.amount_base, 0) - coalesce(b.amount_base, 0) as amount_base,
        coalesce(a.residue_base, 0) - coalesce(b.residue_base, 0) as residue_base,
        a.amount_doc is not distinct from b.amount_doc as same_amount
    from free_after as a
    full outer join free_before as b using (unit)
    """,
    f"""
    create temp table moves as
    with applied as (
        select
            {ITEM}, unit,
            coalesce(a.receipt_id, b.receipt_id) as receipt_id,
            coalesce(a.amount_base, 0) - coalesce(b.amount_base, 0) as amount_base,
            a.amount_doc is not distinct from b.amount_doc as same_amount
        from applied_after as a
        full outer join applied_before as b using ({ITEM}, unit)
    ),
    all_moves as (
        select case when in_both and same_amount then 'exchange' else part end as part, entity_id, rep, region,
            customer_id, invoice_id, cast(null as varchar) as receipt_id, amount_base as outstanding_base,
            weight * amount_base as overdue_base
        from docs
        union all
        select part, entity_id, rep, region, customer_id, invoice_id, null, 0, turned_base from docs
        union all
        select 'rounding', entity_id, rep, region, customer_id, invoice_id, null, -residue_base,
            -weight * residue_base
        from docs
        union all
        select
            case
                when applied.same_amount then 'exchange'
                when applied.unit <> '' then units.part
                when not docs.in_both then docs.part
                when applied.amount_base > 0 then 'cash'
                else 'corrected'
            end,
            applied.entity_id, docs.rep, docs.region, docs.customer_id, applied.invoice_id, applied.receipt_id,
            -applied.amount_base, -docs.weight * applied.amount_base
        from applied
        inner join docs using ({ITEM})
        left join units on units.unit = applied.unit
        union all
        select case when free.same_amount then 'exchange' else units.part end, free.entity_id, free.rep,
            free.region, free.customer_id, null, free.receipt_id, free.amount_base, 0
        from free
        inner join units using (unit)
        union all
        select 'rounding', entity_id, rep, region, customer_id, null, receipt_id, -residue_base, 0 from free
    )
    select part, entity_id, rep, region, customer_id, invoice_id, receipt_id,
        sum(cast(outstanding_base as decimal(38, 4))) as outstanding_base,
        sum(cast(overdue_base as decimal(38, 4))) as overdue_base
    from all_moves
    where outstanding_base <> 0 or overdue_base <> 0
    group by all
    """,
)


def make_moves(con: duckdb.DuckDBPyConnection, before: Path, after: Path, day: dt.date | None) -> dt.date:
    """Make the tables of both sides and `moves` on a connection of its own; returns the day they are as of."""
    days: list[dt.date] = []
    for side, path in (("before", before), ("after", after)):
        con.execute(f"attach {literal(path)} as {side}_build (read_only)")
        days += con.execute(f"select as_of from {side}_build.build_info").fetchall()[0]
    on = min(day or dt.date.max, *days)
    for side in ("before", "after"):
        con.execute(f"use {side}_build")
        for statement in _SIDE:
            con.execute(statement.format(side=side), {"day": on} if "$day" in statement else {})
    for statement in _MOVES:
        con.execute(statement)
    return on
