"""Ledgers put into a warehouse folder as if they had been imported, what is stored there, and builds of it."""

import csv
import datetime as dt
import hashlib
import json
import shutil
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path

import duckdb

from pipelines.building import builds, publish
from pipelines.canonical import KINDS
from pipelines.importing.imports import ImportReport, list_imports
from pipelines.settings import Settings
from tests.oracle_documents import Ledger, Row
from tests.oracle_ledgers import LISTED_ON

# Of the first import; each later one comes a second after the one before it.
IMPORTED_AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def store(
    home: Path, kind: str, rows: Sequence[Row], number: int, ledger: str | None = "ledger", as_of: dt.date = LISTED_ON
) -> None:
    """Put accepted rows into the warehouse folder as an import does."""
    if not rows:
        return
    columns = KINDS[kind]
    import_id = hashlib.sha256(f"{kind}{number}".encode()).hexdigest()[:16]
    folder = home / "imports" / import_id
    folder.mkdir(parents=True)
    with (folder / "rows.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([column.name for column in columns])
        writer.writerows([["" if one[c.name] is None else one[c.name] for c in columns] for one in rows])
    typed = ", ".join(f"cast({column.name} as {column.sql_type}) as {column.name}" for column in columns)
    with duckdb.connect() as con:
        con.execute(
            f"copy (select '{import_id}' as import_id, row_number() over () + 1 as line_no, {typed} "
            f"from read_csv('{folder / 'rows.csv'}', all_varchar = true, header = true, delim = ',', quote = '\"')) "
            f"to '{folder / 'rows.parquet'}' (format parquet)"
        )
    (folder / "rows.csv").unlink()
    report = ImportReport(
        import_id=import_id,
        source=kind,
        kind=kind,
        file_name=f"{kind}-{number}.csv",
        as_of=as_of if kind == "invoices" else None,
        ledger=ledger if kind == "invoices" else None,
        rows_read=len(rows),
        rows_accepted=len(rows),
        rows_rejected=0,
        rows_set_aside=0,
        accepted_total=str(sum((one["amount"] for one in rows), Decimal(0))) if "amount" in rows[0] else "0",
        control_total=None,
        imported_at=(IMPORTED_AT + dt.timedelta(seconds=number)).isoformat(timespec="microseconds"),
        retracted_at=None,
        already_imported=False,
        date_from=None,
        date_to=None,
        currencies=(),
        columns={},
        notes=[],
        format={},
    )
    (folder / "manifest.json").write_text(json.dumps(asdict(report), default=str), encoding="utf-8")


def store_ledger(home: Path, ledger: Ledger, parts: int = 1) -> None:
    """Store every kind of a ledger: invoices split over that many imports, and receipts by export, each split so.

    Receipts by bill stay together, and so do those by cheque: whether one has cleared is told by the others.
    """
    shutil.rmtree(home, ignore_errors=True)
    for part in range(parts):
        store(home, "invoices", ledger.invoices[part::parts], part)
    store_receipts(home, ledger.receipts, 10, parts)
    store(home, "customers", ledger.customers, 20)
    store(home, "fx_rates", ledger.fx_rates, 21)


def store_receipts(home: Path, receipts: Sequence[Row], number: int, parts: int = 1) -> None:
    """Store receipts by export, each split over that many imports, numbered from `number`."""
    split: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for place, one in enumerate(receipts):
        part = {"bill": 0, "cheque": 1}.get(one["method"], place) % parts
        split[one.get("import_id", ""), part].append(one)
    for place, key in enumerate(sorted(split)):
        store(home, "receipts", split[key], number + place)


def unscored(con: duckdb.DuckDBPyConnection, as_of: dt.date, settings: Settings) -> str:
    """The late-risk table without a row: scores play no part in the figures compared here."""
    con.execute(
        "create table fct_late_risk (as_of DATE, entity_id VARCHAR, invoice_id VARCHAR, instalment_no INTEGER, "
        "p_late DOUBLE, p_very_late DOUBLE, expected_pay_date DATE, expected_days_late DOUBLE, risk_band VARCHAR, "
        "reasons VARCHAR, model_id VARCHAR, customer_key BIGINT, item_key BIGINT)"
    )
    return ""


def built(settings: Settings, as_of: dt.date) -> duckdb.DuckDBPyConnection:
    """A connection to a fresh build of the warehouse as of a day."""
    publish.build(settings, as_of=as_of, score=unscored)
    path = builds.current(settings)
    assert path is not None
    return duckdb.connect(str(path), read_only=True)


def stored(settings: Settings) -> Ledger:
    """The accepted rows of every import, in the order they were imported."""
    kinds: dict[str, list[Row]] = defaultdict(list)
    for report in list_imports(settings):
        path = settings.home / "imports" / report.import_id / "rows.parquet"
        with duckdb.connect() as con:
            read = con.execute("select * from read_parquet(?) order by line_no", [str(path)])
            names = [column[0] for column in read.description or []]
            kinds[report.kind] += [dict(zip(names, values, strict=True)) for values in read.fetchall()]
    return Ledger(**{kind: kinds[kind] for kind in ("invoices", "receipts", "customers", "fx_rates")})
