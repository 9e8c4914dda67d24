"""Aged summaries: balances by customer and bucket, one row of the file to several rows of the import."""

from typing import Any

import duckdb

from pipelines.imports_plan import Plan
from pipelines.mapping import Mapping
from pipelines.readers_layout import TOTAL


def aged_rules(mapping: Mapping) -> list[str]:
    """Faults of an aged summary's rows: totals by name, and rows with nothing in any bucket."""
    empty = " and ".join(f"{name} is null" for name in _amounts(mapping))
    return [
        f"when regexp_full_match(lower(trim(customer_id)), '{TOTAL}') then 'total_row|customer_id'",
        f"when {empty} then 'no_balance|{_amounts(mapping)[0]}'",
    ]


def nested_names(plan: Plan) -> dict[str, str]:
    """Customers that are indented below another are named `parent:child`, as the ledgers that indent them do."""
    source = plan.columns["customer_name"].source
    if source is None:
        return {}
    written = f"(select c{source.index} from raw where raw.line_no = parsed.line_no)"
    child = f"({written} like ' %' and not regexp_full_match(lower(customer_name), '{TOTAL}'))"
    top = f"case when not coalesce({child}, false) then customer_name end"
    parent = f"last_value({top} ignore nulls) over (order by line_no)"
    name = f"case when {child} then {parent} || ':' || customer_name else customer_name end"
    return {"customer_name": name, "customer_id": f"coalesce(customer_id, {name})"}


def unpivot(con: duckdb.DuckDBPyConnection, mapping: Mapping) -> None:
    """The view `unpivoted`: a row per customer and bucket that holds an amount; `balance` where ages are not known."""
    buckets = [
        (f"bucket_{i}", source.header, _number(bucket.first), _number(bucket.last))
        for i, (source, bucket) in enumerate(mapping.buckets)
    ] or [("open_amount", "balance", "null", "null")]
    plain = "line_no, fault, entity_id, customer_id, customer_name, rep, region, currency"
    parts = [
        f"select {plain}, {_literal(label)} as bucket, cast({first} as integer) as days_from, "
        f"cast({last} as integer) as days_to, {column} as open_amount from valued where {column} is not null"
        for column, label, first, last in buckets
    ]
    con.execute(f"create temp view unpivoted as {' union all '.join(parts)}")


def aged_notes(con: duckdb.DuckDBPyConnection, mapping: Mapping) -> list[dict[str, Any]]:
    """What an aged summary cannot answer, and rows whose buckets do not add up to their own total."""
    notes: list[dict[str, Any]] = [{"code": "aged_summary_limits"}]
    if "total_amount" in mapping.columns and mapping.buckets:
        total = " + ".join(f"coalesce({name}, 0)" for name in _amounts(mapping))
        row = con.execute(
            f"select count(*) from valued where fault is null and abs(total_amount - ({total})) >= 0.01"
        ).fetchone()
        if row and row[0]:
            notes.append({"code": "aged_row_differs", "rows": row[0]})
    return notes


def amount_sql(mapping: Mapping) -> str:
    """SQL for the balance of a row: the sum of its buckets."""
    return " + ".join(f"coalesce({name}, 0)" for name in _amounts(mapping))


def _amounts(mapping: Mapping) -> list[str]:
    return [f"bucket_{i}" for i in range(len(mapping.buckets))] or ["open_amount"]


def _number(day: int | None) -> str:
    return "null" if day is None else str(day)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
