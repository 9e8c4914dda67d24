"""One export to `imports/<id>/`: the original, typed rows, rejected rows and a manifest, all or nothing."""

import datetime as dt
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from collections.abc import Mapping as Dict
from dataclasses import asdict, dataclass, fields, replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from pipelines import mapping as mappings
from pipelines.canonical import KINDS
from pipelines.errors import UserError
from pipelines.imports_errors import DatesDestroyed, HeaderOnly, NoSuchImport, NothingAccepted, StyleUnclear
from pipelines.imports_plan import ColumnPlan, Plan, early_types, plan_columns
from pipelines.imports_rows import Written, write_rows
from pipelines.mapping_errors import TableUnknown
from pipelines.readers import open_export
from pipelines.readers_layout import Layout, as_of_date, locate
from pipelines.readers_raw import Raw
from pipelines.settings import Settings
from pipelines.warehouse import UNFINISHED, Warehouse, WarehouseBusy, sync_folder, write_text_atomically

Progress = Callable[[str, int, int], None]
MappingInput = Dict[str, Any] | Path | None
_OPEN_WORDS = re.compile(
    r"open|aging|aged|ageing|outstanding|pending|unpaid|未清|未收|未付|欠款|账龄|余额|残高|offene|미수|em aberto", re.I
)
_MEMORY = "1500MB"


@dataclass(frozen=True)
class ImportReport:
    """What one import holds: the content of its manifest, and of the report shown after it."""

    import_id: str
    source: str
    kind: str
    file_name: str
    as_of: dt.date | None
    ledger: str | None
    rows_read: int
    rows_accepted: int
    rows_rejected: int
    rows_set_aside: int
    accepted_total: str
    control_total: str | None
    imported_at: str
    retracted_at: str | None
    already_imported: bool
    date_from: dt.date | None
    date_to: dt.date | None
    currencies: tuple[str, ...]
    columns: dict[str, dict[str, Any]]
    notes: list[dict[str, Any]]
    format: dict[str, Any]
    unmapped: tuple[str, ...] = ()

    @property
    def difference(self) -> Decimal | None:
        """Accepted total less control total; None where the file states no total."""
        return None if self.control_total is None else Decimal(self.accepted_total) - Decimal(self.control_total)


@dataclass(frozen=True)
class ColumnView:
    """One canonical column as a person checks it: where it comes from, samples as written and as read, the evidence."""

    name: str
    required: bool
    source: str | None
    how: str | None
    confidence: float
    samples: tuple[str, ...]
    parsed: tuple[str, ...]
    evidence: list[dict[str, Any]]


@dataclass(frozen=True)
class Preview:
    """What an import would do, computed without storing anything.

    `problem` is the error an import would end with, None where it would succeed; `report` is None when the file could not
    be read as far as rows. `headers` are the source columns to choose from; `rejected` the first rejected rows as
    dicts (line_no, column_name, value, reason, raw).
    """

    file_name: str
    problem: UserError | None
    report: ImportReport | None
    columns: tuple[ColumnView, ...] = ()
    headers: tuple[str, ...] = ()
    unmapped: tuple[str, ...] = ()
    rejected: list[dict[str, Any]] | None = None
    format: dict[str, Any] | None = None
    kind: str | None = None
    kind_scores: dict[str, float] | None = None


@dataclass(frozen=True)
class _Reading:
    """An export opened, located and mapped, its rows loaded in `con` as the table `raw`."""

    con: duckdb.DuckDBPyConnection
    raw: Raw
    layout: Layout
    mapping: mappings.Mapping
    plan: Plan
    cells: Callable[[], str]  # the table of the cells as written, loaded when first asked for


def preview(
    path: Path,
    settings: Settings,
    *,
    kind: str | None = None,
    source: str | None = None,
    as_of: dt.date | None = None,
    mapping: MappingInput = None,
    sheet: str | None = None,
) -> Preview:
    """Read an export as an import would, and show what was understood; writes nothing to the warehouse.

    A file that cannot be opened at all gives a Preview with its `problem`.
    """
    path, options = Path(path), _options(mapping)
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="firstpaid-") as folder:
        try:
            reading = _read(path, Path(folder), settings, kind=kind, options=options, sheet=sheet, found=found)
            report, _ = _write(reading, path, Path(folder), settings, "preview", source, as_of, options)
            problem: UserError | None = None
        except NothingAccepted as error:
            report, problem = None, error
        except UserError as error:
            return _problem(path, error, found)
        try:
            views = _views(reading, Path(folder))
            rejected = _first_rejected(reading.con, Path(folder) / "rejected.parquet")
        finally:
            reading.con.close()
        return Preview(
            path.name,
            problem,
            report,
            views,
            tuple(h for h in reading.layout.labels if h.strip()),
            reading.mapping.unmapped,
            rejected,
            _format(reading.raw, reading.layout),
            reading.mapping.kind,
            reading.mapping.scores,
        )


def import_file(
    path: Path,
    settings: Settings,
    *,
    kind: str | None = None,
    source: str | None = None,
    as_of: dt.date | None = None,
    mapping: MappingInput = None,
    sheet: str | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Import one export; the same content with the same mapping again changes nothing and says so.

    Raises a UserError that names the file and what to do; then nothing is stored.
    """
    path, options = Path(path), _options(mapping)
    say = progress or (lambda step, done, total: None)
    warehouse = Warehouse.of(settings)
    with warehouse.lock("import", wait=True):
        warehouse.imports.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=warehouse.imports))
        try:
            say("read", 0, 3)
            reading = _read(path, unfinished, settings, kind=kind, options=options, sheet=sheet, found={})
            try:
                original = unfinished / f"original{path.suffix.lower()}"
                content = _copy_and_hash(path, original)
                import_id = _import_id(content, reading.mapping, options, source, as_of, sheet)
                if done := _stored(warehouse, import_id):
                    return replace(done, already_imported=True)
                import_id = _free_id(warehouse, import_id)
                say("convert", 1, 3)
                report, _ = _write(reading, path, unfinished, settings, import_id, source, as_of, options)
            finally:
                reading.con.close()
            say("store", 2, 3)
            _publish(warehouse, unfinished, report)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    say("done", 3, 3)
    return report


def list_imports(settings: Settings) -> list[ImportReport]:
    """All imports, oldest first; retracted ones carry `retracted_at`."""
    imports = Warehouse.of(settings).imports
    folders = [f for f in imports.iterdir() if not f.name.startswith(UNFINISHED)] if imports.is_dir() else []
    reports = [_load_report(f) for f in folders if (f / "manifest.json").is_file()]
    return sorted(reports, key=lambda r: (r.imported_at, r.import_id))


def retract(settings: Settings, import_id: str) -> ImportReport:
    """Mark an import as not to be used; nothing is deleted. Raises NoSuchImport."""
    folder = Warehouse.of(settings).imports / import_id
    if not re.fullmatch(r"[0-9a-f-]+", import_id) or not (folder / "manifest.json").is_file():
        raise NoSuchImport(import_id)
    if not (folder / "retracted.json").exists():
        write_text_atomically(folder / "retracted.json", json.dumps({"retracted_at": _now()}))
    return _load_report(folder)


def clean_up(settings: Settings) -> list[Path]:
    """Remove what killed imports left unfinished; the paths removed. Does nothing while an import is running."""
    warehouse = Warehouse.of(settings)
    if not warehouse.imports.is_dir():
        return []
    try:
        with warehouse.lock("import"):
            left = sorted(warehouse.imports.glob(f"{UNFINISHED}*"))
            for path in left:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            return left
    except WarehouseBusy:
        return []


def _read(
    path: Path,
    workdir: Path,
    settings: Settings,
    *,
    kind: str | None,
    options: Dict[str, Any],
    sheet: str | None,
    found: dict[str, Any],
) -> _Reading:
    """Open, locate, map and load; `found` keeps what was understood for a preview of a file that fails later."""
    raw = open_export(path, workdir, mappings.rank_header, sheet=sheet or options.get("sheet"))
    layout = locate(raw, mappings.rank_header, mappings.is_data)
    found.update(raw=raw, layout=layout)
    if not layout.found and not options.get("columns"):
        raise TableUnknown(path.name, layout.header_line, layout.labels)
    chosen = mappings.choose(
        layout.labels, path.name, kind=kind, given=options, titles=[*layout.titles, raw.sheet or ""]
    )
    found.update(mapping=chosen)
    if not layout.has_rows:
        raise HeaderOnly(path.name, layout.header_line)
    con = duckdb.connect(config={"memory_limit": _MEMORY, "temp_directory": str(workdir / "spill")})
    try:
        sample = [cells for line, cells in raw.head if line > layout.header_line]
        width, types = len(layout.labels), early_types(chosen, sample)
        raw.load(con, "raw", layout.first_line, width, types)
        if con.execute("select count(*) from (select 1 from raw limit 1)").fetchone() == (0,):
            raise HeaderOnly(path.name, layout.header_line)
        plan = plan_columns(con, chosen, options, pivot=settings.two_digit_year_pivot, delimiter=raw.delimiter)
        found.update(plan=plan)
        _refuse_unreadable(path.name, plan)
    except BaseException:
        con.close()
        raise
    as_text = raw_as_text(con, raw, layout.first_line, width)
    return _Reading(con, raw, layout, chosen, plan, as_text)


def raw_as_text(con: duckdb.DuckDBPyConnection, raw: Raw, first_line: int, width: int) -> Callable[[], str]:
    """A function that gives the name of a table with every cell as written: `raw`, or a second reading where `raw` holds types."""

    @cache
    def table() -> str:
        kinds = {kind for name, kind, *_ in con.execute("describe raw").fetchall() if name != "line_no"}
        if kinds == {"VARCHAR"}:
            return "raw"
        raw.load(con, "written", first_line, width, {})
        return "written"

    return table


def _refuse_unreadable(name: str, plan: Plan) -> None:
    for column in plan.columns.values():
        if column.destroyed:
            raise DatesDestroyed(name, column.label)
        if column.unclear and any(e["code"] in ("date_style_unclear", "number_style_unclear") for e in column.evidence):
            raise StyleUnclear(name, column.label, column.name, is_date=column.sql_type == "DATE")


def _write(
    reading: _Reading,
    path: Path,
    folder: Path,
    settings: Settings,
    import_id: str,
    source: str | None,
    as_of: dt.date | None,
    options: Dict[str, Any],
) -> tuple[ImportReport, Written]:
    """Write the Parquet files and say what they hold. Raises NothingAccepted."""
    con, kind = reading.con, reading.mapping.kind
    written = write_rows(
        con, reading.plan, reading.mapping, import_id, path.name, folder, reading.layout.labels, reading.cells
    )
    if not written.accepted:
        raise NothingAccepted(path.name, written.rejected, _commonest_reason(con))
    facts = _facts(con, kind, folder / "rows.parquet")
    stated = options.get("control_total")
    control = Decimal(str(stated)) if stated is not None else written.control_total
    ledger = _ledger(con, reading, folder / "rows.parquet", options, path.name) if kind == "invoices" else (None, None)
    report = ImportReport(
        import_id=import_id,
        source=source or source_name(path),
        kind=kind,
        file_name=path.name,
        as_of=as_of or as_of_date(reading.layout.titles) or facts["newest"],
        ledger=ledger[0],
        rows_read=written.accepted + written.rejected,
        rows_accepted=written.accepted,
        rows_rejected=written.rejected,
        rows_set_aside=written.set_aside,
        accepted_total=str(facts["total"]),
        control_total=None if control is None else str(control),
        imported_at=_now(),
        retracted_at=None,
        already_imported=False,
        date_from=facts["oldest"],
        date_to=facts["newest"],
        currencies=tuple(facts["currencies"]),
        columns=_columns(reading.plan),
        notes=[*written.notes, *([ledger[1]] if ledger[1] else [])],
        format=_format(reading.raw, reading.layout),
        unmapped=reading.mapping.unmapped,
    )
    return report, written


def _facts(con: duckdb.DuckDBPyConnection, kind: str, rows: Path) -> dict[str, Any]:
    """Total, first and last document date, currencies of the accepted rows."""
    names = {c.name for c in KINDS[kind]}
    days = [n for n in ("issue_date", "paid_on", "rate_date", "settled_date") if n in names]
    total = "coalesce(sum(amount), 0)" if "amount" in names else "0"
    oldest = f"min({days[0]})" if days else "null"
    newest = f"greatest({', '.join(f'max({d})' for d in days)})" if days else "null"
    currencies = (
        "list(distinct currency order by currency) filter (currency is not null)" if "currency" in names else "[]"
    )
    row = con.execute(
        f"select cast({total} as decimal(38,4)), {oldest}, {newest}, {currencies} from read_parquet(?)", [str(rows)]
    ).fetchone()
    assert row is not None
    cents = Decimal(row[0]).normalize()
    shown = cents.quantize(Decimal("0.01")) if cents == cents.quantize(Decimal("0.01")) else cents
    return {"total": shown, "oldest": row[1], "newest": row[2], "currencies": row[3] or []}


def _ledger(
    con: duckdb.DuckDBPyConnection, reading: _Reading, rows: Path, options: Dict[str, Any], name: str
) -> tuple[str, dict[str, Any]]:
    """Whether an invoice export is a ledger (paid invoices included) or an open-items list, with the evidence as a note."""
    if options.get("ledger") in ("ledger", "open_items"):
        return str(options["ledger"]), {"code": "ledger_stated"}
    row = con.execute(
        """select count(*), count(settled_date), count(*) filter (status = 'paid'), count(open_amount),
                  count(*) filter (open_amount = 0 and amount <> 0) from read_parquet(?)""",
        [str(rows)],
    ).fetchone()
    count, settled, paid, with_open, closed = row or (0, 0, 0, 0, 0)
    if settled:
        return "ledger", {"code": "ledger_settled_dates", "rows": settled}
    if paid:
        return "ledger", {"code": "ledger_paid_status", "rows": paid}
    named = any(
        _OPEN_WORDS.search(t.replace("_", " "))
        for t in [*reading.layout.titles, reading.raw.sheet or "", Path(name).stem]
    )
    if named:
        return "open_items", {"code": "open_items_title"}
    if closed:
        return "ledger", {"code": "ledger_closed_rows", "rows": closed}
    if with_open == count:
        return "open_items", {"code": "open_items_all_open", "rows": with_open}
    return "ledger", {"code": "ledger_no_sign"}


def source_name(path: Path) -> str:
    """The source an export belongs to when nobody names one: its file name without dates and numbers."""
    stem = re.sub(r"[\s_.()\-]*\d[\d\-_.年月日()]*", " ", path.stem)
    words = re.sub(r"[\s_\-.]+", "_", stem).strip("_").casefold()
    return words or path.stem.casefold()


def _columns(plan: Plan) -> dict[str, dict[str, Any]]:
    return {
        name: {
            "source": p.source.header,
            "how": p.source.how,
            "confidence": p.source.confidence,
            "evidence": p.evidence,
        }
        if p.source
        else {"source": None, "how": "derived", "confidence": 1.0, "evidence": p.evidence}
        for name, p in plan.columns.items()
        if p.source or p.evidence
    }


def _format(raw: Raw, layout: Layout) -> dict[str, Any]:
    return {
        "format": raw.format,
        "encoding": raw.encoding,
        "delimiter": raw.delimiter,
        "sheet": raw.sheet,
        "sheets": list(raw.sheets),
        "header_line": layout.header_line,
        "titles": list(layout.titles[:10]),
    }


def _views(reading: _Reading, folder: Path) -> tuple[ColumnView, ...]:
    return tuple(_view(reading, reading.plan.columns[c.name]) for c in KINDS[reading.mapping.kind])


def _view(reading: _Reading, plan: ColumnPlan) -> ColumnView:
    """A canonical column with up to three different values, as written and as read."""
    samples: tuple[str, ...] = ()
    parsed: tuple[str, ...] = ()
    if plan.source:
        text = f"r.c{plan.source.index}"
        pairs = reading.con.execute(
            f"""select written, any_value(read) from (select {text} as written, cast(v.{plan.name} as varchar) as read, r.line_no
                from {reading.cells()} r join valued v on v.line_no = r.line_no where {text} is not null order by r.line_no limit 50)
                group by written order by min(line_no) limit 3"""
        ).fetchall()
        samples, parsed = tuple(p[0] for p in pairs), tuple(p[1] or "" for p in pairs)
    source = plan.source
    return ColumnView(
        plan.name,
        plan.required,
        source.header if source else None,
        source.how if source else None,
        source.confidence if source else 0.0,
        samples,
        parsed,
        plan.evidence,
    )


def _problem(path: Path, error: UserError, found: Dict[str, Any]) -> Preview:
    """A preview of a file that cannot be imported as it is: what was understood until then."""
    raw, layout, chosen = found.get("raw"), found.get("layout"), found.get("mapping")
    labels = layout.labels if layout else ()
    return Preview(
        path.name,
        error,
        None,
        headers=tuple(h for h in labels if h.strip()),
        unmapped=chosen.unmapped if chosen else (),
        format=_format(raw, layout) if raw and layout else None,
        kind=chosen.kind if chosen else getattr(error, "kind", None),
        columns=tuple(
            ColumnView(
                c.name,
                c.required,
                s.header if s else None,
                s.how if s else None,
                s.confidence if s else 0.0,
                (),
                (),
                [],
            )
            for c in KINDS[chosen.kind]
            for s in [chosen.columns.get(c.name)]
        )
        if chosen
        else (),
    )


def _first_rejected(con: duckdb.DuckDBPyConnection, path: Path, limit: int = 200) -> list[dict[str, Any]]:
    if not path.is_file():
        return []
    cursor = con.execute(
        "select line_no, column_name, value, reason, raw from read_parquet(?) order by line_no limit ?",
        [str(path), limit],
    )
    names = [d[0] for d in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _commonest_reason(con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    row = con.execute("select reason from rejected group by reason order by count(*) desc, reason limit 1").fetchone()
    return dict(json.loads(row[0])) if row else {"code": "missing_value", "column": ""}


def _options(mapping: MappingInput) -> dict[str, Any]:
    """A person's words about a file: the mapping as given, or read from a JSON file."""
    if mapping is None:
        return {}
    if isinstance(mapping, Path):
        return mappings.read_file(mapping)
    return dict(mapping)


def _copy_and_hash(path: Path, target: Path) -> str:
    """Copy the original byte for byte, synced to disk; its SHA-256."""
    digest = hashlib.sha256()
    with path.open("rb") as source, target.open("wb") as out:
        while chunk := source.read(1 << 20):
            digest.update(chunk)
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    return digest.hexdigest()


def _import_id(
    content: str,
    chosen: mappings.Mapping,
    options: Dict[str, Any],
    source: str | None,
    as_of: dt.date | None,
    sheet: str | None,
) -> str:
    """The same bytes understood in the same way have the same id."""
    columns = {name: column.header for name, column in sorted(chosen.columns.items())}
    words = {k: v for k, v in options.items() if k not in ("columns", "kind")}
    said = json.dumps(
        [content, chosen.kind, columns, words, source, str(as_of), sheet],
        sort_keys=True,
        default=str,
        ensure_ascii=False,
    )
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _stored(warehouse: Warehouse, import_id: str) -> ImportReport | None:
    """An import with this id that is in force."""
    for folder in sorted(warehouse.imports.glob(f"{import_id}*")):
        if (folder / "manifest.json").is_file() and not (folder / "retracted.json").exists():
            return _load_report(folder)
    return None


def _free_id(warehouse: Warehouse, import_id: str) -> str:
    """The id, with a number after it when retracted imports of the same content hold it already."""
    taken = {folder.name for folder in warehouse.imports.glob(f"{import_id}*")}
    return (
        import_id
        if import_id not in taken
        else next(f"{import_id}-{n}" for n in range(2, 10_000) if f"{import_id}-{n}" not in taken)
    )


def _publish(warehouse: Warehouse, unfinished: Path, report: ImportReport) -> None:
    """Sync every file and rename the folder: from then on the import is there, whole."""
    (unfinished / "manifest.json").write_text(json.dumps(_json(report), ensure_ascii=False, indent=1), encoding="utf-8")
    keep = {"manifest.json", "rows.parquet", "rejected.parquet"}
    for path in unfinished.iterdir():
        if path.name not in keep and not path.name.startswith("original"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        elif not path.name.startswith("original"):
            with path.open("rb") as file:
                os.fsync(file.fileno())
    sync_folder(unfinished)
    unfinished.chmod(0o755)
    unfinished.rename(warehouse.imports / report.import_id)
    sync_folder(warehouse.imports)


def _json(report: ImportReport) -> dict[str, Any]:
    return {k: v.isoformat() if isinstance(v, dt.date) else v for k, v in asdict(report).items()}


def _load_report(folder: Path) -> ImportReport:
    stored = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    marker = folder / "retracted.json"
    stored["retracted_at"] = json.loads(marker.read_text(encoding="utf-8"))["retracted_at"] if marker.exists() else None
    for name in ("as_of", "date_from", "date_to"):
        stored[name] = dt.date.fromisoformat(stored[name]) if stored[name] else None
    for name in ("currencies", "unmapped"):
        stored[name] = tuple(stored[name])
    return ImportReport(**{f.name: stored[f.name] for f in fields(ImportReport)})


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="microseconds")
