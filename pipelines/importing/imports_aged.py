"""Aged summaries: balances by customer and bucket, one row of the file to several rows of the import."""

from typing import Any

import duckdb

from pipelines.importing.imports_plan import Plan
from pipelines.reading.mapping import Mapping
from pipelines.reading.readers_groups import path_of
from pipelines.reading.readers_layout import TOTAL, is_total


def aged_rules(mapping: Mapping) -> list[str]:
    """Faults of an aged summary's rows: totals by name, and rows with nothing in any bucket."""
    empty = " and ".join(f"{name} is null" for name in _amounts(mapping))
    return [
        f"when regexp_full_match(lower(trim(customer_id)), '{TOTAL}') then 'total_row|customer_id'",
        f"when {empty} then 'no_balance|{_amounts(mapping)[0]}'",
    ]


def nested_names(con: duckdb.DuckDBPyConnection, plan: Plan) -> dict[str, str]:
    """Customers that are indented below others are named `parent:child`, as the ledgers that indent them do."""
    source = plan.columns["customer_name"].source
    if source is None:
        return {}
    written = f"select line_no, c{source.index} from raw where c{source.index} is not null order by line_no"
    above: list[tuple[str, int]] = []
    paths: dict[int, str] = {}
    for line, text in con.execute(written).fetchall():
        name, indent = text.strip(), len(text) - len(text.lstrip())
        if not name or is_total(name):
            continue
        above = [(path, depth) for path, depth in above if depth < indent]
        path = path_of(name, indent, above)
        above.append((path, indent))
        if path != name:
            paths[line] = path
    con.execute(
        "create temp table nested as select unnest($lines::bigint[]) as line_no, unnest($paths::varchar[]) as path",
        {"lines": list(paths), "paths": list(paths.values())},
    )
    if not paths:
        return {}
    name = "coalesce((select path from nested n where n.line_no = parsed.line_no), customer_name)"
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
