"""What an import changed against the one before it of the same source and kind, and what a build makes of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from pipelines.canonical import KINDS
from pipelines.importing.imports_errors import NoSuchImport
from pipelines.importing.imports_order import day_of, in_turn, neighbours
from pipelines.importing.imports_report import ImportReport
from pipelines.importing.imports_store import list_imports, rows_of
from pipelines.literals import literal, parquet
from pipelines.settings import Settings

# What tells two rows of a kind to be the same, with what a row that leaves it empty stands for in a build.
_KEYS: dict[str, dict[str, str | None]] = {
    "invoices": {"invoice_id": None, "instalment_no": "'1'"},
    "receipts": {
        "receipt_id": None,
        "invoice_id": None,
        "instalment_no": None,
        "paid_on": None,
        "kind": "'payment'",
    },
    "customers": {"customer_id": None},
    "fx_rates": {"currency": None, "rate_date": None},
    "aged_summary": {"customer_id": None, "rep": None, "region": None, "currency": None, "bucket": None},
}
_NOTHING = "''"
# A row of a list that another list of its day or a later one still holds is open whatever this one lacks.
GONE, GONE_PAID, LISTED, STAYS = "gone", "gone_paid", "listed", "stays"


@dataclass(frozen=True)
class Changes:
    """Counts by change against the import `previous`, and the first changed rows as dicts.

    A row is {change, key, column, before, after}: `change` is new, paid, changed, or what becomes of a row that this
    import lacks: `gone_paid` (of a list of open items: it counts as paid), `listed` (another list still holds it),
    `gone` (of balances by age: the balance counts no more) or `stays` (it still counts, as such files add to each
    other). `column` is only set for changed rows, one row a column.
    """

    previous: str | None
    counts: dict[str, int]
    rows: list[dict[str, Any]]


def changes(settings: Settings, import_id: str, *, limit: int = 1000) -> Changes:
    """Compare an import with the one in force before it of the same source and kind; a retracted one with none.

    Lists of open items and balances by age follow each other by their day. Raises NoSuchImport.
    """
    reports = list_imports(settings)
    report = next((r for r in reports if r.import_id == import_id), None)
    if report is None:
        raise NoSuchImport(import_id)
    previous, _ = neighbours(report, reports)
    if previous is None or report.retracted_at:
        return Changes(None, {}, [])
    with duckdb.connect() as con:
        for name, each in (("old", previous), ("new", report)):
            con.execute(f"create temp table {name} as {_keyed(each, settings)}")
        lacking = _lacking(report, reports, settings)
        con.execute(f"create temp table changes as {lacking} union all {_held(con, report.kind)}")
        counts = dict(con.execute("select change, count(distinct key) from changes group by change").fetchall())
        rows = con.execute("select * exclude key from changes order by change, key, name limit ?", [limit]).fetchall()
    names = ("change", "key", "column", "before", "after")
    return Changes(previous.import_id, counts, [dict(zip(names, row, strict=True)) for row in rows])


def told_of(report: ImportReport) -> tuple[str, ...]:
    """The changes to be told of an import, also where there are none."""
    if report.kind == "invoices":
        return ("new", "paid", "changed", *((GONE_PAID, LISTED) if report.is_open_list else (STAYS,)))
    return ("new", "changed", *((GONE, STAYS) if report.kind == "aged_summary" else (STAYS,)))


def _keyed(report: ImportReport, settings: Settings) -> str:
    """SQL for the rows of an import with the key they are recognised by, and how it is shown.

    A receipt without a number is never recognised again: each counts for itself.
    """
    own, keys = literal(settings.default_entity), dict(_KEYS[report.kind])
    if report.kind == "aged_summary":
        keys["currency"] = literal(settings.base_currency)
    stated = {name: f"cast({name} as varchar)" for name in keys}
    told = [f"coalesce({stated[name]}, {other or _NOTHING})" for name, other in keys.items()]
    # Said only where it tells something: not the entity that is meant anyway, not the only instalment.
    shown = [f"nullif({stated[name]}, {other})" if other else stated[name] for name, other in keys.items()]
    if report.kind != "fx_rates":
        told = [f"coalesce(entity_id, {own})", *told]
        shown = [f"nullif(entity_id, {own})", *shown]
    if report.kind == "receipts":
        told.append(f"case when receipt_id is null then {literal(report.import_id)} || ' ' || line_no else '' end")
    return f"""select concat_ws('\x1f', {", ".join(told)}) as key, concat_ws(' · ', {", ".join(shown)}) as shown,
            * exclude (import_id, line_no)
        from {parquet(rows_of(settings, report))}"""


def _lacking(report: ImportReport, reports: Sequence[ImportReport], settings: Settings) -> str:
    """SQL for the rows of the import before that this one lacks, with what becomes of them."""
    where, becomes = "true", literal(STAYS)
    if report.kind == "aged_summary":
        own = literal(settings.default_entity)
        entities = f"select coalesce(entity_id, {own}) from new"
        becomes = f"case when coalesce(entity_id, {own}) in ({entities}) then '{GONE}' else '{STAYS}' end"
    elif report.is_open_list:
        lists = [each for each in in_turn(reports) if each.is_open_list and not each.retracted_at]
        beside = [each for each in lists if each.source != report.source and day_of(each) >= day_of(report)]
        after = [each for each in lists[lists.index(report) + 1 :] if each.source == report.source]
        keys = " union all ".join(f"select key from ({_keyed(each, settings)})" for each in (*beside, *after))
        becomes = literal(GONE_PAID)
        if keys:
            becomes = f"case when key in ({keys}) then '{LISTED}' else '{GONE_PAID}' end"
    if report.kind == "aged_summary":
        where = "open_amount <> 0"
    elif report.kind == "invoices":
        where = "coalesce(status, '') not in ('void', 'draft')"  # counted before as little as now
    return (
        f"select {becomes} as change, shown, key, null as name, null as before, null as after "
        f"from old anti join new using (key) where {where}"
    )


def _held(con: duckdb.DuckDBPyConnection, kind: str) -> str:
    """SQL for the rows that are new, and for those that both hold otherwise."""
    held = [{name for name, *_ in con.execute(f"describe {table}").fetchall()} for table in ("old", "new")]
    own = {"entity_id", *_KEYS[kind]}
    # An import made before a column was added does not hold it.
    compared = [c.name for c in KINDS[kind] if c.name not in own and all(c.name in names for names in held)]
    parts = ["select 'new', shown, key, null, null, null from new anti join old using (key)"]
    paid = "false"
    if kind == "invoices":
        closed = (
            "(coalesce({0}.open_amount, 1) = 0 or coalesce({0}.status, '') = 'paid' or {0}.settled_date is not null)"
        )
        paid = f"({closed.format('new')} and not {closed.format('old')})"
        parts.append(f"select 'paid', new.shown, key, null, null, null from new join old using (key) where {paid}")
    parts += [
        f"""select 'changed', new.shown, key, '{name}', cast(old.{name} as varchar), cast(new.{name} as varchar)
            from new join old using (key) where new.{name} is distinct from old.{name} and not {paid}"""
        for name in compared
    ]
    return " union all ".join(parts)
