"""Aged summaries: balances by customer and bucket, one row of the file to several rows of the import."""

import re
from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby, pairwise
from typing import Any

import duckdb

from pipelines.importing.imports_columns import amounts_in
from pipelines.importing.imports_plan import Plan
from pipelines.literals import literal
from pipelines.reading.mapping import Mapping, is_data
from pipelines.reading.mapping_errors import BucketUnknown, DocumentsAmongSums
from pipelines.reading.mapping_headers import known_as
from pipelines.reading.readers_groups import path_of
from pipelines.reading.readers_layout import TOTAL, is_total

_SUMS = "金额|数量|笔数|比例|占比|百分比"  # the rows that sum a summary up, where ledgers put them under the customers
_NUMBER = re.compile(r"\d.*\d.*\d")  # documents go by numbers
_SUM_OF_ALL = re.compile(r"total|balance|outstanding|合计|总计|余额|合計|gesamt|summe|saldo|итого|всего", re.I)
_NO_AMOUNT = re.compile(r"limit|days|rate|percent|%|qty|count|terms|phone|额度|天数|比|率|数量|笔数|tage|anzahl", re.I)
_DOCUMENT = re.compile(r"invoice|document|voucher|\bdoc\b|发票|单据|单号|rechnung|beleg", re.I)
_Row = tuple[str, bool, Decimal]  # customer, whether dated, balance


def aged_rules(mapping: Mapping) -> list[str]:
    """Faults of an aged summary's rows: totals by name, and rows with nothing in any bucket."""
    empty = " and ".join(f"{name} is null" for name in _amounts(mapping))
    return [
        f"when regexp_full_match(lower(trim(customer_id)), '{TOTAL}|{_SUMS}') then 'total_row|customer_id'",
        f"when {empty} then 'no_balance|{_amounts(mapping)[0]}'",
    ]


def _is_number(header: str) -> bool:
    return any(name == "invoice_id" for name, _ in known_as("invoices", header))


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
        f"select {plain}, {literal(label)} as bucket, cast({first} as integer) as days_from, "
        f"cast({last} as integer) as days_to, {column} as open_amount from valued where {column} is not null"
        for column, label, first, last in buckets
    ]
    con.execute(f"create temp view unpivoted as {' union all '.join(parts)}")


def aged_notes(con: duckdb.DuckDBPyConnection, mapping: Mapping) -> list[dict[str, Any]]:
    """What an aged summary cannot answer, and rows whose buckets do not add up to their own total."""
    notes: list[dict[str, Any]] = [{"code": "aged_summary_limits"}]
    if numbers := [h for h in mapping.unmapped if _DOCUMENT.search(h) and _is_number(h)]:
        notes.append({"code": "documents_summed", "column": numbers[0]})
    if "total_amount" in mapping.columns and mapping.buckets:
        total = " + ".join(f"coalesce({name}, 0)" for name in _amounts(mapping))
        row = con.execute(
            f"select count(*) from valued where fault is null and abs(total_amount - ({total})) >= 0.01"
        ).fetchone()
        if row and row[0]:
            notes.append({"code": "aged_row_differs", "rows": row[0]})
    return notes


def columns_beside_buckets(
    con: duckdb.DuckDBPyConnection, plan: Plan, mapping: Mapping, labels: Sequence[str], file_name: str
) -> list[dict[str, Any]]:
    """A note on columns of amounts that stand among the buckets, or next to them, and name no days.

    Raises BucketUnknown where the rows only add up to their own total with these columns.
    """
    if not mapping.buckets:
        return []
    places = {source.index for source, _ in mapping.buckets}
    found = {i: value for i in _next_to(places, mapping, labels) if (value := amounts_in(con, i))}
    total = _total_of(con, plan, mapping, labels)
    if not found:
        return []
    names = [labels[i] for i in found]
    if total is not None:
        header, value = total
        beside = " + ".join(f"coalesce({each}, 0)" for each in found.values())
        short, whole = con.execute(
            f"""select count(*) filter (own <> total and beside <> 0),
                    count(*) filter (own <> total and beside <> 0 and own + beside = total)
                from (select {amount_sql(mapping)} as own, {beside} as beside, {value} as total
                    from parsed v join raw r using (line_no))
                where total is not null"""
        ).fetchone() or (0, 0)
        if whole and 2 * whole > short:
            raise BucketUnknown(file_name, names, header)
    return [{"code": "columns_among_buckets", "columns": names}]


def _next_to(places: set[int], mapping: Mapping, labels: Sequence[str]) -> list[int]:
    """The columns without a meaning between the buckets and in one stretch with them, in their order."""
    free = {i for i, h in enumerate(labels) if h in mapping.unmapped and not _NO_AMOUNT.search(h)}
    near = set(range(min(places), max(places) + 1)) & free
    for start, step in ((min(places), -1), (max(places), 1)):
        place = start + step
        while place in free and not _SUM_OF_ALL.search(labels[place]):
            near.add(place)
            place += step
    return sorted(near)


def _total_of(
    con: duckdb.DuckDBPyConnection, plan: Plan, mapping: Mapping, labels: Sequence[str]
) -> tuple[str, str] | None:
    """The header of the column that states each row's total, and SQL for it."""
    column = plan.columns.get("total_amount")
    if column and column.source:
        return column.label, "v.total_amount"
    for index, header in enumerate(labels):
        if header in mapping.unmapped and _SUM_OF_ALL.search(header) and (value := amounts_in(con, index)):
            return header, value
    return None


def refuse_documents_among_sums(
    con: duckdb.DuckDBPyConnection, mapping: Mapping, labels: Sequence[str], file_name: str
) -> None:
    """Raise DocumentsAmongSums where dated rows of `valued` are the documents that the others add up.

    A summary may date only some of its customers; documents are told by their numbers, by a customer that stands on
    rows of both sorts, or by sums that equal the rows beside them.
    """
    first = f"coalesce({', '.join(f'cast(r.c{i} as varchar)' for i in range(len(labels)))})"
    for index, header in enumerate(labels):
        known = {column for column, _ in known_as("invoices", header)}
        if header not in mapping.unmapped or not known & {"issue_date", "due_date"}:
            continue
        # A sum may be set aside for want of a customer, who stands in a column that was not understood.
        found = con.execute(
            f"""select coalesce(v.customer_id, {first}, ''), coalesce(cast(r.c{index} as varchar), ''),
                    {amount_sql(mapping)}, coalesce({", ".join(_amounts(mapping))}) is not null
                from valued v join raw r using (line_no)
                where v.fault is null or v.fault not like 'total_row%' order by line_no"""
        ).fetchall()
        rows = [(name, is_data(cell), balance) for name, cell, balance, is_owed in found if is_owed or is_data(cell)]
        if _are_mixed(rows):
            raise DocumentsAmongSums(file_name, header)


def _are_mixed(rows: Sequence[_Row]) -> bool:
    """Whether the dated ones of these rows are documents and the others their sums."""
    dated = [customer for customer, has_date, _ in rows if has_date]
    bare = [customer for customer, has_date, _ in rows if not has_date]
    if not dated or not bare:
        return False
    if set(dated) & set(bare) or (_mostly_numbers(dated) and not _mostly_numbers(bare)):
        return True
    # A sum stands right above the first of its documents, or right below the last of them.
    for ordered in (rows, rows[::-1]):
        runs = [(has_date, [row[2] for row in run]) for has_date, run in groupby(ordered, key=lambda row: row[1])]
        beside = [(own[-1], sum(others)) for (has_date, own), (_, others) in pairwise(runs) if not has_date]
        equal = sum(own == other != 0 for own, other in beside)
        if 2 * equal > len(beside):
            return True
    return False


def _mostly_numbers(names: Sequence[str]) -> bool:
    return 2 * sum(bool(_NUMBER.search(name)) for name in names) > len(names)


def amount_sql(mapping: Mapping) -> str:
    """SQL for the balance of a row: the sum of its buckets."""
    return " + ".join(f"coalesce({name}, 0)" for name in _amounts(mapping))


def _amounts(mapping: Mapping) -> list[str]:
    return [f"bucket_{i}" for i in range(len(mapping.buckets))] or ["open_amount"]


def _number(day: int | None) -> str:
    return "null" if day is None else str(day)
