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
from pipelines.importing.imports_early import TypedFacts, early_types, is_doubtful, typed_facts
from pipelines.importing.imports_errors import DatesDestroyed, HeaderOnly, StyleUnclear
from pipelines.importing.imports_plan import ColumnPlan, Plan, plan_columns
from pipelines.importing.imports_report import ColumnView, Preview, format_of, source_name
from pipelines.reading import mapping as mappings
from pipelines.reading import mapping_saved
from pipelines.reading.cancel import interruptible
from pipelines.reading.mapping_errors import TableUnknown
from pipelines.reading.mapping_headers import known_as
from pipelines.reading.readers import open_export
from pipelines.reading.readers_groups import Groups, drop_raw, fill_down, fill_groups, find_groups, is_merged
from pipelines.reading.readers_layout import Layout, is_total, locate, stated_period
from pipelines.reading.readers_raw import Early, Raw
from pipelines.reading.values_numbers import is_japanese, stated_unit
from pipelines.settings import Settings
from pipelines.warehouse import Warehouse

CUSTOMER = {"customer_id", "customer_name"}
_MEMORY = "1500MB"
_PICKED = 20_000  # lines that are read once more one by one


@dataclass(frozen=True)
class Reading:
    """An export whose rows stand in `con` as the table `raw`; `written(lines)` names a table of lines as written."""

    con: duckdb.DuckDBPyConnection
    raw: Raw
    layout: Layout
    mapping: mappings.Mapping
    groups: Groups | None
    plan: Plan
    options: dict[str, Any]
    source: str
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
    layout = locate(raw, mappings.rank_header, mappings.is_data)
    found.update(raw=raw, layout=layout)
    if not layout.found and not options.get("columns"):
        raise TableUnknown(path.name, layout.header_line, layout.labels)
    source = source or source_name(path)
    said, notes = dict(options), list[dict[str, Any]]()
    if saved := mapping_saved.saved_for(Warehouse.of(settings).mappings, source, layout.labels):
        said, notes = mapping_saved.apply(saved, options, layout.labels)
    kept = [c for c in said.get("columns") or {} if c not in (options.get("columns") or {})]
    is_named = bool((said.get("columns") or {}).keys() & CUSTOMER) or any(
        name in CUSTOMER for header in layout.labels for name, _ in known_as("invoices", header)
    )
    groups = find_groups(
        raw, layout.first_line, mappings.is_data, is_total, is_named=is_named, width=len(layout.labels)
    )
    mapping = mappings.choose(
        layout.labels,
        path.name,
        kind=kind,
        given=said,
        titles=[*layout.titles, raw.sheet or ""],
        group_column=(len(layout.labels) if groups.is_shared else groups.column) if groups else None,
        saved=kept,
    )
    mapping, merged = _merged_customers(mapping, raw, layout)
    found.update(mapping=mapping)
    repeated = [h.removesuffix(" (2)") for h in layout.labels if h.endswith(" (2)")]
    notes += [{"code": "headers_repeated", "headers": ", ".join(repeated)}] if repeated else []
    notes += [{"code": "customers_filled_down"}] if merged else []
    unit = stated_unit(layout.titles)
    notes += [{"code": "unit_stated", "factor": unit}] if unit != 1 else []
    notes += [{"code": "characters_lost", "count": raw.undecodable}] if raw.undecodable else []
    notes += [{"code": "encodings_mixed", "names": raw.encoding, "line": raw.mixed_from}] if raw.mixed_from else []
    notes += [{"code": "zero_bytes_dropped", "count": raw.nuls}] if raw.nuls else []
    notes += [{"code": "sheets_alike", "sheets": ", ".join(raw.alike)}] if raw.alike and not sheet else []
    if not layout.has_rows:
        raise HeaderOnly(path.name, layout.header_line)
    con = interruptible(duckdb.connect(config={"memory_limit": _MEMORY, "temp_directory": str(workdir / "spill")}))
    try:
        types, facts = _load(con, raw, layout, mapping, groups, merged, said, path.name)
        delimiter = raw.delimiter
        plan = plan_columns(
            con,
            mapping,
            said,
            pivot=settings.two_digit_year_pivot,
            delimiter=delimiter,
            absent=raw.absent,
            zone=settings.timezone,
            period=stated_period(raw.head[0][1]) if raw.head else None,
            types=types,
            facts=facts,
            unit=unit,
            japanese=raw.encoding == "cp932" or is_japanese("".join([*layout.labels, *layout.titles])),
        )
        _refuse_unreadable(path.name, plan)
    except BaseException:
        con.close()
        raise
    plan.notes.extend(notes)
    return Reading(con, raw, layout, mapping, groups, plan, said, source, _as_written(con, raw, layout))


def _merged_customers(mapping: mappings.Mapping, raw: Raw, layout: Layout) -> tuple[mappings.Mapping, list[int]]:
    """The mapping with customers taken from filled-down columns where their cells are merged over their rows."""
    sample = [cells for line, cells in raw.head if line >= layout.first_line and not any(map(is_total, cells))]
    columns = dict(mapping.columns)
    merged: list[int] = []
    named = [n for n in ("customer_id", "customer_name") if n in columns and columns[n].how != "group"]
    indexes = [columns[name].index for name in named]
    # A row that has its own number is not the customer's above, though its name is blank.
    if mapping.kind not in ("invoices", "receipts") or not all(is_merged(sample, index) for index in indexes):
        return mapping, []
    if any(len({index < len(cells) and bool(cells[index].strip()) for index in indexes}) > 1 for cells in sample):
        return mapping, []
    for place, (name, index) in enumerate(zip(named, indexes, strict=True), len(layout.labels)):
        columns[name] = replace(columns[name], index=place, how="group")
        merged.append(index)
    return replace(mapping, columns=columns), merged


def _load(
    con: duckdb.DuckDBPyConnection,
    raw: Raw,
    layout: Layout,
    mapping: mappings.Mapping,
    groups: Groups | None,
    merged: list[int],
    options: Dict[str, Any],
    name: str,
) -> tuple[dict[int, Early], dict[int, TypedFacts]]:
    """Load the rows as the table `raw`; the columns read as their type, and the facts of those that kept it."""
    sample = [cells for line, cells in raw.head if line >= layout.first_line]
    unit = stated_unit(layout.titles)
    types = {} if groups or merged else early_types(mapping, sample, options, unit)
    raw.load(con, "raw", layout.first_line, len(layout.labels), types)
    facts = typed_facts(con, types)
    if is_doubtful(types, facts, sample):
        types, facts = {}, {}
        drop_raw(con)
        raw.load(con, "raw", layout.first_line, len(layout.labels), {})
    if con.execute("select count(*) from (select 1 from raw limit 1)").fetchone() == (0,):
        raise HeaderOnly(name, layout.header_line)
    if merged:
        fill_down(con, merged, len(layout.labels))
    if groups:
        fill_groups(con, groups, len(layout.labels), mappings.is_data, is_total)
    return types, facts


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
