"""What the SQL files read that no SQL file makes: views over the imports, the calendar and the bucket tables.

It lies in a database in memory that every statement of a build reads; what the views of a published build read too is
kept in its file.
"""

import calendar
import datetime as dt
import json
import re
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import duckdb

from pipelines.canonical import KINDS
from pipelines.importing.imports_order import told_until
from pipelines.importing.imports_report import ImportReport
from pipelines.literals import literal, parquet
from pipelines.settings import Settings
from pipelines.working_days import working_days

NOT_DUE = "not_due"
UNAPPLIED = "unapplied"
UNAPPLIED_ORDER = 99
UNAPPLIED_DAY = -1  # the days-past-due value that stands for items which are not aged

# The views read the months, the queries the weeks and buckets; what other strategy rules would do to the call list is
# worked out from a published build.
KEPT = ("ref_months", "ref_weeks", "ref_buckets", "ref_working_days", "ref_strategy_rules")

WHOLE_DIGITS = 14  # of a DECIMAL(18,4)
NAMED = 3  # rows that a message names

NUMBERS = 1200  # 0 to one less: weeks ahead, days after due
FORECAST_WEEKS = 13

REJECTED_COLUMNS = (
    "import_id VARCHAR, file_name VARCHAR, sheet VARCHAR, line_no BIGINT, column_name VARCHAR, value VARCHAR, "
    "reason VARCHAR, raw VARCHAR"
)


def attach_imports(con: duckdb.DuckDBPyConnection, reports: Sequence[ImportReport], folder: Path) -> None:
    """Create `raw_imports` and a view `raw_<kind>` per kind over the Parquet files of `reports`, in import order.

    `raw_import_totals` holds what each import accepted of each currency beside what its export states.
    `raw_stated_clearing` holds the imports of receipts, with the method, that state the clearing day of any bill or of
    any cheque: in these one without such a day has not cleared; in the others nobody knows.
    `raw_payments` holds the documents of ledgers that are payments; they stand among the receipts.
    """
    con.execute(
        "create table raw_imports (import_no INTEGER, import_id VARCHAR, source VARCHAR, kind VARCHAR, "
        "ledger VARCHAR, file_name VARCHAR, sheets VARCHAR, as_of DATE, rows_read BIGINT, rows_accepted BIGINT, "
        "rows_rejected BIGINT, rows_set_aside BIGINT, currencies INTEGER, accepted_total DECIMAL(38,4), "
        "control_total DECIMAL(38,4), imported_at VARCHAR, retracted_at VARCHAR, holds_receipts BOOLEAN, "
        "told_until DATE)"
    )
    for number, report in enumerate(reports, start=1):
        con.execute(
            "insert into raw_imports values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                number,
                report.import_id,
                report.source,
                report.kind,
                report.ledger,
                report.file_name,
                json.dumps(report.format["together"], ensure_ascii=False) if report.format.get("together") else None,
                report.as_of,
                report.rows_read,
                report.rows_accepted,
                report.rows_rejected,
                report.rows_set_aside,
                max(len(report.totals), len(report.currencies)) if report.totals else 0,
                report.accepted_total,
                report.control_total,
                report.imported_at,
                report.retracted_at,
                report.holds_receipts,
                told_until(report, reports),
            ],
        )
    con.execute(
        "create table raw_import_totals (import_no INTEGER, currency VARCHAR, is_added_up BOOLEAN, "
        "accepted_total DECIMAL(38,4), control_total DECIMAL(38,4))"
    )
    totals = [
        (number, each.currency or None, each.is_added_up, str(each.accepted), each.stated and str(each.stated))
        for number, report in enumerate(reports, start=1)
        for each in report.by_currency
    ]
    if totals:
        _fill(con, "raw_import_totals", totals)
    for kind, columns in KINDS.items():
        files = [folder / report.import_id / "rows.parquet" for report in reports if report.kind == kind]
        typed = ", ".join(f"{column.name} {column.sql_type}" for column in columns)
        _view(con, f"raw_{kind}", files, f"import_id VARCHAR, line_no BIGINT, {typed}")
    _take_payments(con, [report.import_id for report in reports if report.payments])
    # Told by all rows of an export, also where a build that goes on from an earlier one reads few of them.
    con.execute(
        "create table raw_stated_clearing as select distinct import_id, method from raw_receipts "
        "where method in ('bill', 'cheque') and cleared_on is not null"
    )
    rejected = [folder / report.import_id / "rejected.parquet" for report in reports if report.rows_rejected]
    _view(con, "raw_rejected_rows", rejected, REJECTED_COLUMNS)


def _take_payments(con: duckdb.DuckDBPyConnection, ledgers: Sequence[str]) -> None:
    """Let what customers paid stand among the receipts, where ledgers of these imports list it among the documents.

    A receipt that an export of receipts holds under the same number stands there alone: that one tells more of it.
    """
    if not ledgers:
        con.execute("create table raw_payments as from raw_invoices limit 0")
        return
    con.execute(
        "create table raw_payments as select payments.* from raw_invoices as payments "
        "where payments.doc_type = 'payment' and coalesce(payments.status, 'open') not in ('void', 'draft') "
        "and list_contains(?, payments.import_id) and not exists "
        "(select 1 from raw_receipts as receipts where receipts.receipt_id = payments.invoice_id "
        "and coalesce(receipts.entity_id, '') = coalesce(payments.entity_id, ''))",
        [list(ledgers)],
    )
    for name in ("raw_invoices", "raw_receipts"):
        con.execute(f"alter view {name} rename to {name}_as_stored")
    listed = ", ".join(literal(ledger) for ledger in ledgers)
    con.execute(
        "create view raw_invoices as from raw_invoices_as_stored "
        f"where coalesce(doc_type, '') <> 'payment' or status in ('void', 'draft') or import_id not in ({listed})"
    )
    con.execute(
        "create view raw_receipts as from raw_receipts_as_stored union all by name "
        "select import_id, line_no, entity_id, customer_id, invoice_id as receipt_id, issue_date as paid_on, "
        "-amount as amount, currency from raw_payments"
    )


def _view(con: duckdb.DuckDBPyConnection, name: str, files: Sequence[Path], columns: str) -> None:
    """A view over Parquet files, or over nothing with the same columns, so that a missing export breaks no build."""
    empty = {
        column.split()[0]: f"null::{column.split()[1]} as {column.split()[0]}"
        for column in re.split(r",\s+(?=[a-z])", columns)
    }
    if not files:
        con.execute(f"create view {name} as select {', '.join(empty.values())} where false")
        return
    read = parquet(*(file.resolve() for file in files))
    held = {column for column, *_ in con.execute(f"describe select * from {read}").fetchall()}
    # Imports made before a column was added lack it.
    lacking = [part for column, part in empty.items() if column not in held]
    con.execute(f"create view {name} as select {', '.join(['*', *lacking])} from {read}")


def create_reference_tables(con: duckdb.DuckDBPyConnection, settings: Settings, first: dt.date, as_of: dt.date) -> None:
    """Create the calendar from `first` to `as_of` and the aging buckets: plain tables instead of engine functions."""
    con.execute(
        "create table ref_days as select cast(range as date) as day from range(?, ?, interval 1 day)",
        [first, as_of + dt.timedelta(days=1)],
    )
    con.execute(f"create table ref_numbers as select cast(range as integer) as number from range({NUMBERS})")
    con.execute("create table ref_months (month_no INTEGER, month_end DATE, days INTEGER)")
    numbers = month_numbers(settings, first, as_of)
    if numbers:
        _fill(con, "ref_months", [_month(number) for number in numbers])
    con.execute(
        "create table ref_month_spans as select starts.month_no as from_month, ends.month_no + 1 as to_month, "
        "months.month_no, months.month_end from ref_months as starts, ref_months as ends, ref_months as months "
        "where months.month_no between starts.month_no and ends.month_no"
    )
    con.execute("create table ref_weeks (week_no INTEGER, week_start DATE)")
    _fill(con, "ref_weeks", weeks_ahead(as_of))
    con.execute("create table ref_buckets (bucket VARCHAR, bucket_order INTEGER)")
    _fill(con, "ref_buckets", buckets(settings.bucket_edges))
    con.execute("create table ref_bucket_days (days_past_due INTEGER, bucket VARCHAR, bucket_order INTEGER)")
    _fill(con, "ref_bucket_days", bucket_days(settings.bucket_edges))
    con.execute("create table ref_working_days (place INTEGER, day DATE)")
    _fill(con, "ref_working_days", working_days(settings.country, as_of))
    # Filled where a build goes on from an earlier one: who keeps the key it has.
    con.execute(
        "create table ref_known_customers (entity_id VARCHAR, customer_id VARCHAR, customer_key BIGINT, "
        "is_named INTEGER, customer_name VARCHAR, rep VARCHAR, region VARCHAR, tax_id VARCHAR)"
    )
    con.execute(
        "create table ref_known_accounts (account_key BIGINT, customer_key BIGINT, rep VARCHAR, region VARCHAR)"
    )
    con.execute("create table ref_last_keys as select 0 as customer_key, 0 as account_key")


def amounts_beyond(con: duckdb.DuckDBPyConnection, base: str) -> list[tuple[str, str, Decimal, str]]:
    """The largest amounts, if all in base currency `base` come to more digits than tables hold.

    A row is (file, number, amount, currency).
    """
    return con.execute(
        "with documents as (select import_id, invoice_id as number, amount, currency from raw_invoices "
        "union all select import_id, receipt_id, amount, currency from raw_receipts), "
        "rates as (select currency, max(rate_to_base) as rate from raw_fx_rates where currency <> ? group by currency),"
        " valued as (select *, abs(amount::double) * coalesce(rate::double, 1) as worth "
        "from documents left join rates using (currency)) "
        "select files.file_name, coalesce(number, ''), amount, coalesce(currency, ?) "
        "from valued inner join raw_imports as files using (import_id) "
        f"where (select sum(worth) from valued) >= 1e{WHOLE_DIGITS} order by worth desc limit {NAMED}",
        [base, base],
    ).fetchall()


def keep(con: duckdb.DuckDBPyConnection, given: str, build: str) -> None:
    """Put what readers of a published build need of the reference tables from the database `given` into its file."""
    for name in KEPT:
        con.execute(f"create or replace table {build}.main.{name} as from {given}.main.{name}")
        con.execute(f"drop table {given}.main.{name}")


def _fill(con: duckdb.DuckDBPyConnection, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Put rows into a table in one statement: one for each row takes its time in every build."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    con.execute(f"insert into {table} select {', '.join(['unnest(?)'] * len(columns))}", columns)


def weeks_ahead(as_of: dt.date) -> list[tuple[int, dt.date]]:
    """The first days of the weeks after `as_of`, counted from 1; the first week begins the day after."""
    return [(week, as_of + dt.timedelta(days=7 * week - 6)) for week in range(1, FORECAST_WEEKS + 1)]


def month_numbers(settings: Settings, first: dt.date, as_of: dt.date) -> range:
    """Months (year * 12 + month) whose end lies in the history kept: complete by `as_of`, from `first` on."""
    last = as_of.year * 12 + as_of.month - (0 if (as_of + dt.timedelta(days=1)).day == 1 else 1)
    return range(max(first.year * 12 + first.month, last - settings.history_months + 1), last + 1)


def parameters(settings: Settings, as_of: dt.date, months: range) -> dict[str, object]:
    """What statements name with a dollar sign: the as-of date, the history kept, and the settings they go by."""
    return {
        "as_of": as_of,
        "base_currency": settings.base_currency,
        "default_entity": settings.default_entity,
        "first_month": months.start,
        "last_month": months.stop - 1,
        "window_before": settings.dso_window_months - 1,
        "open_ended_from": settings.bucket_edges[-1] + 1,
        **{f"weight_{name}": weight for name, weight in settings.priority_weights.items()},
        "late_grace_days": settings.late_grace_days,
        "very_late_days": settings.very_late_days,
        "at_risk_days": settings.at_risk_days,
        "call_lead_days": settings.call_lead_days,
        "promise_tolerance_days": settings.promise_tolerance_days,
    }


def _month(number: int) -> tuple[int, dt.date, int]:
    year, month = divmod(number - 1, 12)
    days = calendar.monthrange(year, month + 1)[1]
    return number, dt.date(year, month + 1, days), days


def buckets(edges: Sequence[int]) -> list[tuple[str, int]]:
    """Bucket names with their order, for edges such as (0, 30, 60, 90, 120)."""
    named = [(f"{low + 1}-{high}", order) for order, (low, high) in enumerate(pairwise(edges), 1)]
    return [(NOT_DUE, 0), *named, (f"{edges[-1]}+", len(edges)), (UNAPPLIED, UNAPPLIED_ORDER)]


def bucket_days(edges: Sequence[int]) -> list[tuple[int, str, int]]:
    """The bucket of every number of days past due from 0 (or less) to one past the last edge (or more)."""
    names = buckets(edges)
    rows = [(UNAPPLIED_DAY, UNAPPLIED, UNAPPLIED_ORDER)]
    for day in range(edges[-1] + 2):
        order = sum(day > edge for edge in edges)
        rows.append((day, names[order][0], order))
    return rows
