"""One export opened, located, mapped and loaded: everything about it that is known before its rows are written."""

from collections.abc import Callable
from collections.abc import Mapping as Dict
from dataclasses import dataclass, replace
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import duckdb

from pipelines.canonical import KINDS
from pipelines.errors import UserError
from pipelines.importing.imports_balances import settle_balances
from pipelines.importing.imports_early import TypedFacts, early_types, is_doubtful, typed_facts
from pipelines.importing.imports_errors import DatesDestroyed, HeaderOnly, StyleUnclear
from pipelines.importing.imports_plan import ColumnPlan, Plan, plan_columns
from pipelines.importing.imports_report import ColumnView, Preview, format_of, source_name
from pipelines.importing.imports_sheets import joined, load_together, together
from pipelines.importing.imports_table import Table, fill_customers, refuse_bills, understand
from pipelines.reading import mapping as mappings
from pipelines.reading import mapping_saved
from pipelines.reading.cancel import interruptible
from pipelines.reading.mapping_errors import TableUnknown
from pipelines.reading.readers import open_export
from pipelines.reading.readers_dates import located
from pipelines.reading.readers_groups import Groups, drop_raw
from pipelines.reading.readers_layout import Layout, stated_period, titled_period
from pipelines.reading.readers_raw import Early, Raw
from pipelines.reading.values_numbers import bare_dollar, is_japanese, stated_unit
from pipelines.settings import Settings
from pipelines.warehouse import Warehouse

_MEMORY = "1500MB"
_PICKED = 20_000  # lines that are read once more one by one


@dataclass(frozen=True)
class Reading:
    """An export whose rows stand in `con` as the table `raw`; `written(lines)` names a table of lines as written.

    `tables` are the sheets that were read, each as it stands in the file; `raw`, `layout` and `mapping` those of all.
    """

    con: duckdb.DuckDBPyConnection
    tables: list[Table]
    raw: Raw
    layout: Layout
    mapping: mappings.Mapping
    groups: Groups | None
    plan: Plan
    options: dict[str, Any]
    source: str
    base_currency: str
    written: Callable[[str], str]


def read_export(
    path: Path,
    workdir: Path,
    settings: Settings,
    *,
    kind: str | None,
    source: str | None,
    options: Dict[str, Any],
    sheet: str | None,
    found: dict[str, Any],
) -> Reading:
    """Open, locate, map and load an export; the caller closes `con`.

    What a person said about an earlier export of the same source and layout holds until they say otherwise.
    `found` collects raw, layout and mapping as they become known, for a preview of a file that fails later on.
    Raises a UserError that says what is wrong with the file.
    """
    raw = open_export(path, workdir, mappings.rank_header, sheet=sheet or options.get("sheet"))
    raw, layout = located(raw, mappings.rank_header, mappings.is_data)
    found.update(raw=raw, layout=layout)
    if not layout.found and not options.get("columns"):
        refuse_bills(raw, layout, path.name, kind=kind, said=options)
        raise TableUnknown(path.name, layout.header_line, layout.labels)
    source = source or source_name(path)
    said, notes = dict(options), list[dict[str, Any]]()
    if saved := mapping_saved.saved_for(Warehouse.of(settings).mappings, source, layout.labels):
        said, notes = mapping_saved.apply(saved, options, layout.labels)
    kept = [c for c in said.get("columns") or {} if c not in (options.get("columns") or {})]
    main = understand(raw, layout, path.name, kind=kind, said=said, kept=kept)
    found.update(mapping=main.mapping)
    tables, left = together(main, path.name, kind=kind, said=said, kept=kept)
    whole = joined(tables)
    raw, layout, mapping = whole.raw, whole.layout, whole.mapping
    found.update(raw=raw, layout=layout, mapping=mapping)
    notes += left
    repeated = [h.removesuffix(" (2)") for h in layout.labels if h.endswith(" (2)")]
    notes += [{"code": "headers_repeated", "headers": repeated}] if repeated else []
    notes += [{"code": "customers_filled_down"}] if whole.merged else []
    unit = stated_unit(layout.titles)
    notes += [{"code": "unit_stated", "factor": unit}] if unit != 1 else []
    notes += [{"code": "characters_lost", "count": raw.undecodable}] if raw.undecodable else []
    notes += [{"code": "encodings_mixed", "names": raw.encoding, "line": raw.mixed_from}] if raw.mixed_from else []
    notes += [] if raw.is_page_sure else [{"code": "encoding_perhaps", "name": str(raw.encoding).upper()}]
    notes += [{"code": "zero_bytes_dropped", "count": raw.nuls}] if raw.nuls else []
    if not layout.has_rows:
        raise HeaderOnly(path.name, layout.header_line)
    con = interruptible(duckdb.connect(config={"memory_limit": _MEMORY, "temp_directory": str(workdir / "spill")}))
    try:
        types, facts = dict[int, Early](), dict[int, TypedFacts]()
        if len(tables) > 1:
            load_together(con, tables)
            _refuse_no_rows(con, path.name, layout)
        else:
            types, facts = _load(con, whole, said, path.name)
        delimiter = raw.delimiter
        plan = plan_columns(
            con,
            mapping,
            said,
            pivot=settings.two_digit_year_pivot,
            delimiter=delimiter,
            absent=raw.absent,
            zone=settings.timezone,
            period=(stated_period(raw.head[0][1]) if raw.head else None) or titled_period(layout.titles),
            types=types,
            facts=facts,
            unit=unit,
            japanese=raw.encoding == "cp932" or is_japanese("".join([*layout.labels, *layout.titles])),
            dollar=bare_dollar(settings.base_currency),
        )
        _refuse_unreadable(path.name, plan)
        plan = settle_balances(con, plan, mapping, layout.labels, path.name, said, settings.base_currency)
    except BaseException:
        con.close()
        raise
    plan.notes.extend(notes)
    written, base = _as_written(con, raw, layout), settings.base_currency
    return Reading(con, tables, raw, layout, mapping, whole.groups, plan, said, source, base, written)


def _load(
    con: duckdb.DuckDBPyConnection, table: Table, options: Dict[str, Any], name: str
) -> tuple[dict[int, Early], dict[int, TypedFacts]]:
    """Load the rows as the table `raw`; the columns read as their type, and the facts of those that kept it."""
    raw, layout = table.raw, table.layout
    sample = [cells for line, cells in raw.head if line >= layout.first_line]
    unit = stated_unit(layout.titles)
    types = early_types(table.mapping, sample, options, unit) if table.plain else {}
    raw.load(con, "raw", layout.first_line, len(layout.labels), types)
    facts = typed_facts(con, types)
    if is_doubtful(types, facts, sample):
        types, facts = {}, {}
        drop_raw(con)
        raw.load(con, "raw", layout.first_line, len(layout.labels), {})
    _refuse_no_rows(con, name, layout)
    fill_customers(con, table)
    return types, facts


def _refuse_no_rows(con: duckdb.DuckDBPyConnection, name: str, layout: Layout) -> None:
    if con.execute("select count(*) from (select 1 from raw limit 1)").fetchone() == (0,):
        raise HeaderOnly(name, layout.header_line)


def _as_written(con: duckdb.DuckDBPyConnection, raw: Raw, layout: Layout) -> Callable[[str], str]:
    """A function that takes a query of line numbers and names a table of these lines as written.

    That is `raw`, or where `raw` holds types the lines read once more, or the whole file where they are many.
    """
    tables = count(1)

    @cache
    def whole() -> str:
        raw.load(con, "written", layout.first_line, len(layout.labels), {})
        return "written"

    def table(lines: str) -> str:
        kinds = {kind for name, kind, *_ in con.execute("describe raw").fetchall() if name != "line_no"}
        if kinds == {"VARCHAR"}:
            return "raw"
        wanted = [line for (line,) in con.execute(f"select line_no from ({lines}) limit {_PICKED + 1}").fetchall()]
        if raw.pick is None or len(wanted) > _PICKED:
            return whole()
        width, name = len(layout.labels), f"written_{next(tables)}"
        picked = [(line, [*cells, *[""] * (width - len(cells))]) for line, cells in raw.pick(wanted)]
        columns = {f"c{i}": [cells[i] or None for _, cells in picked] for i in range(width)}
        columns["extra"] = [(raw.delimiter or " ").join(cells[width:]) or None for _, cells in picked]
        texts = ", ".join(f"unnest(${column}::varchar[]) as {column}" for column in columns)
        con.execute(
            f"create temp table {name} as select unnest($line_no::bigint[]) as line_no, {texts}",
            {"line_no": [line for line, _ in picked], **columns},
        )
        return name

    return table


def _refuse_unreadable(name: str, plan: Plan) -> None:
    """Refuse a file one of whose columns cannot be read as a whole. Raises DatesDestroyed or StyleUnclear."""
    for column in plan.columns.values():
        if column.destroyed:
            raise DatesDestroyed(name, column.label)
        undecided = ("date_style_unclear", "number_style_unclear")
        if column.unclear and any(e["code"] in undecided for e in column.evidence):
            raise StyleUnclear(name, column.label, column.name, is_date=column.sql_type == "DATE")


def column_views(reading: Reading) -> tuple[ColumnView, ...]:
    """Every canonical column of the kind, with up to three different values as written and as read."""
    columns = reading.plan.columns
    views = [_view(reading, columns[c.name]) for c in KINDS[reading.mapping.kind] if c.name in columns]
    if reading.mapping.buckets:
        headers = tuple(source.header for source, _ in reading.mapping.buckets)
        days = tuple(f"{b.first if b.first is not None else ''}…{b.last or ''}" for _, b in reading.mapping.buckets)
        evidence = columns["bucket_0"].evidence
        views.append(ColumnView("bucket", True, ", ".join(headers), "synonym", 1.0, headers[:3], days[:3], evidence))
    return tuple(views)


def _view(reading: Reading, plan: ColumnPlan) -> ColumnView:
    pairs: list[tuple[str, str | None]] = []
    if plan.source:
        text = f"r.c{plan.source.index}"
        first = f"select line_no from raw r where {text} is not null order by line_no limit 50"
        pairs = reading.con.execute(
            f"""with first as materialized ({first}), filled as (
                    select {text} as written, cast(v.{plan.name} as varchar) as parsed, r.line_no
                    from {reading.written(first)} r join first f on f.line_no = r.line_no
                        join valued v on v.line_no = r.line_no
                    where v.line_no <= (select max(line_no) from first))
                select written, any_value(parsed) from filled group by written order by min(line_no) limit 3"""
        ).fetchall()
    return replace(
        _bare_view(plan.name, plan.required, plan.source),
        samples=tuple(written for written, _ in pairs),
        parsed=tuple(parsed or "" for _, parsed in pairs),
        evidence=plan.evidence,
    )


def _bare_view(name: str, required: bool, source: mappings.SourceColumn | None) -> ColumnView:
    if source is None:
        return ColumnView(name, required, None, None, 0.0, (), (), [])
    return ColumnView(name, required, source.header, source.how, source.confidence, (), (), [])


def problem_preview(path: Path, error: UserError, found: Dict[str, Any]) -> Preview:
    """A preview of a file that cannot be imported as it is: what was understood until then."""
    raw, layout, mapping = found.get("raw"), found.get("layout"), found.get("mapping")
    views: tuple[ColumnView, ...] = ()
    kind = mapping.kind if mapping else getattr(error, "kind", None)
    if kind in KINDS:
        sources = mapping.columns if mapping else getattr(error, "found", {})
        views = tuple(_bare_view(c.name, c.required, sources.get(c.name)) for c in KINDS[kind])
    return Preview(
        path.name,
        error,
        None,
        columns=views,
        headers=tuple(h for h in layout.labels if h.strip()) if layout else (),
        unmapped=mapping.unmapped if mapping else (),
        format=format_of(raw, layout) if raw and layout else None,
        kind=kind,
    )
