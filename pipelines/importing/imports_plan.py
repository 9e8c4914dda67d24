"""How each canonical column of an export is computed: decided column by column, dates and amounts first."""

import datetime as dt
from collections.abc import Mapping as Dict
from dataclasses import dataclass
from typing import Any

import duckdb

from pipelines.canonical import KINDS, MONEY, Column
from pipelines.importing.imports_columns import (
    WORDS,
    ColumnPlan,
    Context,
    books_currency,
    header_currency,
    month_end_column,
    stated_currency,
    stated_entity,
    text_column,
    text_facts,
    word_column,
)
from pipelines.importing.imports_customer_cells import split_customers
from pipelines.importing.imports_early import TypedFacts, typed_column
from pipelines.literals import literal
from pipelines.reading import values_dates
from pipelines.reading.mapping import Mapping
from pipelines.reading.mapping_headers import HELPERS
from pipelines.reading.readers_raw import Early

__all__ = ["ColumnPlan", "Plan", "plan_columns"]


@dataclass(frozen=True)
class Plan:
    """All columns of an export in canonical order, helpers last, and what is to be noted about them."""

    columns: dict[str, ColumnPlan]
    notes: list[dict[str, object]]


def _wanted(mapping: Mapping) -> list[Column]:
    """The columns to compute: the canonical ones and helpers; of an aged summary one amount per bucket column."""
    helpers = [Column(n, MONEY if n.endswith("amount") else "VARCHAR") for n in HELPERS.get(mapping.kind, ())]
    buckets = [Column(f"bucket_{i}", MONEY) for i in range(len(mapping.buckets))]
    if mapping.kind != "aged_summary":
        return [*KINDS[mapping.kind], *helpers, *buckets]
    made = ("bucket", "days_from", "days_to") + (("open_amount",) if mapping.buckets else ())
    plain = [c for c in KINDS[mapping.kind] if c.name not in made]
    return [*plain, *helpers, *buckets]


def plan_columns(
    con: duckdb.DuckDBPyConnection,
    mapping: Mapping,
    options: Dict[str, Any],
    *,
    pivot: int,
    delimiter: str | None,
    absent: frozenset[str] = frozenset(),
    zone: str = "UTC",
    period: tuple[dt.date, dt.date] | None = None,
    types: Dict[int, Early],
    facts: Dict[int, TypedFacts],
    unit: int = 1,
    japanese: bool = False,
    dollar: str = "USD",
) -> Plan:
    """Decide every column of the loaded table `raw`.

    `options` are a person's words (date_order, decimal, currency, entity); `absent` is what the reader has seen nowhere
    in the file and need not be looked for; `period` and `unit` what it states to hold and to count in; `types` and
    `facts` tell of the columns that have been read as their type; in a `japanese` export ¥ is the yen, and $ alone
    is the `dollar`.
    """
    kinds = {name: kind for name, kind, *_ in con.execute("describe raw").fetchall()}
    notes: list[dict[str, object]] = []
    plans: dict[str, ColumnPlan] = {}
    wanted = _wanted(mapping)
    sources = {**mapping.columns, **{f"bucket_{i}": s for i, (s, _) in enumerate(mapping.buckets)}}
    texts = text_facts(con, mapping, kinds, absent)
    context = Context(con, options, pivot, european=delimiter == ";", zone=zone, period=period, notes=notes, unit=unit)
    for column in sorted(wanted, key=lambda c: (c.sql_type != "DATE", c.sql_type != MONEY)):
        source = sources.get(column.name)
        if source is None:
            plans[column.name] = ColumnPlan(column.name, column.sql_type, column.required, f"null::{column.sql_type}")
        elif kinds[f"c{source.index}"] != "VARCHAR":
            plans[column.name] = typed_column(column, source, types[source.index], facts[source.index])
            if types[source.index].style.endswith("%Y"):
                context.orders.update(values_dates.order_of(types[source.index].style))
        elif column.sql_type == "DATE":
            plans[column.name] = context.dates(column, source)
        elif column.sql_type.startswith("DECIMAL"):
            plans[column.name] = context.numbers(column, source)
        elif column.name in WORDS:
            plans[column.name] = word_column(con, column, source, notes)
        else:
            plans[column.name] = text_column(column, source, texts.get(source.index, (False, False)))
    for name in [n for n, p in plans.items() if p.unclear and p.sql_type == "DATE" and p.source]:
        # The other dates may have decided the order in the meantime.
        plans[name] = context.dates(next(c for c in wanted if c.name == name), sources[name])
    notes += [each for plan in plans.values() for each in plan.evidence if each["code"] == "dates_empty"]
    notes += split_customers(con, plans, options)
    if "currency" in plans and (note := books_currency(con, plans)):
        notes.append(note)
        if note["code"] == "currency_of_documents":
            plans["currency"] = ColumnPlan("currency", plans["currency"].sql_type, False, "null::VARCHAR")
    if "currency" in plans and (by_header := header_currency(con, plans)):
        currency, note = by_header
        notes.append(note)
        plans["currency"] = ColumnPlan("currency", plans["currency"].sql_type, False, literal(currency))
    elif "currency" in plans and plans["currency"].source is None:
        plans["currency"] = stated_currency(con, plans, kinds, options, japanese, dollar)
        notes += [each for each in plans["currency"].evidence if each["code"] == "dollar_taken"]
    if (month_end := month_end_column(con, plans)) is not None:
        plans["month_end"] = month_end
        wanted.append(Column("month_end", "BOOLEAN"))
    if "entity_id" in plans and options.get("entity"):
        plans["entity_id"] = stated_entity(plans["entity_id"], str(options["entity"]))
    return Plan({c.name: plans[c.name] for c in wanted}, notes)
