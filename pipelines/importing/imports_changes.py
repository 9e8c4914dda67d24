"""What an import changed against the one before it of the same source and kind: new, gone, paid, changed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipelines.canonical import KINDS
from pipelines.importing.imports import list_imports
from pipelines.importing.imports_errors import NoSuchImport
from pipelines.literals import parquet
from pipelines.settings import Settings
from pipelines.warehouse import Warehouse

_KEYS = {
    "invoices": ("entity_id", "invoice_id", "instalment_no"),
    "receipts": ("entity_id", "receipt_id", "invoice_id", "instalment_no", "paid_on", "kind"),
    "customers": ("entity_id", "customer_id"),
    "fx_rates": ("currency", "rate_date"),
    "aged_summary": ("entity_id", "customer_id", "bucket"),
}


@dataclass(frozen=True)
class Changes:
    """Counts by change against the import `previous`, and the first changed rows as dicts.

    A row is {change, key, column, before, after}: `change` is new, gone, paid or changed; `column` is only set for
    changed rows, one row a column.
    """

    previous: str | None
    counts: dict[str, int]
    rows: list[dict[str, Any]]


def changes(settings: Settings, import_id: str, *, limit: int = 1000) -> Changes:
    """Compare an import with the newest one before it of the same source and kind. Raises NoSuchImport."""
    reports = list_imports(settings)
    report = next((r for r in reports if r.import_id == import_id), None)
    if report is None:
        raise NoSuchImport(import_id)
    same = [r for r in reports if (r.source, r.kind) == (report.source, report.kind) and not r.retracted_at]
    earlier = [r for r in same if (r.imported_at, r.import_id) < (report.imported_at, report.import_id)]
    if not earlier:
        return Changes(None, {}, [])
    folder = Warehouse.of(settings).imports
    with duckdb.connect() as con:
        return _compare(
            con, report.kind, folder / earlier[-1].import_id, folder / import_id, earlier[-1].import_id, limit
        )


def _compare(
    con: duckdb.DuckDBPyConnection, kind: str, before: Path, after: Path, previous: str, limit: int
) -> Changes:
    key = ", ".join(f"coalesce(cast({k} as varchar), '')" for k in _KEYS[kind])
    for name, folder in (("old", before), ("new", after)):
        con.execute(
            f"""create temp table {name} as
                select concat_ws(' · ', {key}) as key, * exclude (import_id, line_no)
                from {parquet(folder / "rows.parquet")}"""
        )
    held = [{name for name, *_ in con.execute(f"describe {table}").fetchall()} for table in ("old", "new")]
    # An import made before a column was added does not hold it.
    compared = [c.name for c in KINDS[kind] if c.name not in _KEYS[kind] and all(c.name in names for names in held)]
    parts = [
        "select 'gone' as change, key, null as name, null as before, null as after from old anti join new using (key)"
    ]
    parts.append("select 'new', key, null, null, null from new anti join old using (key)")
    paid = "false"
    if kind == "invoices":
        closed = (
            "(coalesce({0}.open_amount, 1) = 0 or coalesce({0}.status, '') = 'paid' or {0}.settled_date is not null)"
        )
        paid = f"({closed.format('new')} and not {closed.format('old')})"
        parts.append(f"select 'paid', new.key, null, null, null from new join old using (key) where {paid}")
    parts += [
        f"""select 'changed', new.key, '{name}', cast(old.{name} as varchar), cast(new.{name} as varchar)
            from new join old using (key) where new.{name} is distinct from old.{name} and not {paid}"""
        for name in compared
    ]
    con.execute(f"create temp table changes as {' union all '.join(parts)}")
    counts = dict(con.execute("select change, count(distinct key) from changes group by change").fetchall())
    rows = con.execute("select * from changes order by change, key, name limit ?", [limit]).fetchall()
    names = ("change", "key", "column", "before", "after")
    # Parts of the key that a row leaves empty keep keys apart, and say nothing to a reader.
    shown = [(change, " · ".join(filter(None, key.split(" · "))), *values) for change, key, *values in rows]
    return Changes(previous, counts, [dict(zip(names, row, strict=True)) for row in shown])
