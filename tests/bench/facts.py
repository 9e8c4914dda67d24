"""Aging from the facts of the published build, ours or what stands beside it: `python -m tests.bench.facts JOB SIDE`.

Each side runs in a process of its own, once to warm up and once measured; prints one JSON object of seconds.
"""

import datetime as dt
import json
import resource
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from pipelines.building import sources, tables
from pipelines.reporting import queries, queries_aging
from pipelines.reporting.queries import Connection, Scope
from pipelines.settings import Settings
from tests.bench.generate import AS_OF

DAY = AS_OF - dt.timedelta(days=550)  # far enough back that most of what was open then is closed now
SCANS = (
    "select sum(instalment_key), sum(account_key), max(issue_date), max(due_date), sum(amount_doc), sum(amount_base), "
    "sum(open_doc), sum(open_base), max(first_applied_on), max(last_applied_on), max(closed_on) "
    "from int_instalment_balances",
    "select sum(instalment_key), sum(account_key), max(applied_on), sum(amount_doc), sum(amount_base) "
    "from int_applications",
)
STATEMENTS = tables.FOLDER / "intermediate"


def aging(con: Connection) -> None:
    queries_aging.aging_at(con, Scope(), DAY)


def scans(con: Connection) -> None:
    """The least aging at a day can cost: every value of the columns it needs is read and added up."""
    for statement in SCANS:
        con.cursor().execute(statement).fetchall()


def month_ends(con: Connection) -> None:
    """The table `ours`: the build's own two statements, from the balances of the build."""
    known = _months(con)
    _make(con, "int_balance_spans", (STATEMENTS / "int_balance_spans.sql").read_text(encoding="utf-8"), known)
    _make(con, "ours", (STATEMENTS / "int_aging_accounts.sql").read_text(encoding="utf-8"), known)


def month_ends_by_hand(con: Connection) -> None:
    """The table `by_hand`: the same rows by the fastest statement we know."""
    sql = (Path(__file__).parent / "month_ends.sql").read_text(encoding="utf-8")
    _make(con, "by_hand", sql, _months(con))


def differences(con: Connection) -> int:
    """How many rows the month ends and those made by hand do not share."""
    month_ends(con)
    month_ends_by_hand(con)
    found = con.execute(
        "select (select count(*) from (from ours except all from by_hand)) "
        "+ (select count(*) from (from by_hand except all from ours))"
    ).fetchone()
    assert found
    return int(found[0])


def _make(con: Connection, name: str, sql: str, known: Mapping[str, object]) -> None:
    con.execute(f"create or replace temp table {name} as {sql}", tables.used(sql, known))


def _months(con: Connection) -> dict[str, object]:
    """The parameters of the statements; the reference tables that a published build has dropped are made again."""
    row = con.execute("select min(month_no), max(month_no) from ref_months").fetchone()
    edges = json.loads(con.execute("select settings from build_info").fetchall()[0][0])["bucket_edges"]
    assert row
    con.execute(
        "create or replace temp table ref_month_spans as select starts.month_no as from_month, "
        "ends.month_no + 1 as to_month, months.month_no, months.month_end from ref_months as starts, "
        "ref_months as ends, ref_months as months where months.month_no between starts.month_no and ends.month_no"
    )
    con.execute(
        "create or replace temp table ref_bucket_days (days_past_due INTEGER, bucket VARCHAR, bucket_order INTEGER)"
    )
    con.executemany("insert into ref_bucket_days values (?, ?, ?)", sources.bucket_days(edges))
    return {"first_month": row[0], "last_month": row[1], "open_ended_from": edges[-1] + 1}


JOBS: dict[str, dict[str, Callable[[Connection], None]]] = {
    "aging": {"ours": aging, "floor": scans},
    "month_ends": {"ours": month_ends, "floor": month_ends_by_hand},
}


def measured(job: Callable[[Connection], None], con: Connection) -> dict[str, float]:
    """Wall and processor seconds of one run, after one that does not count."""
    job(con)
    began, before = time.perf_counter(), _processor_seconds()
    job(con)
    return {"seconds": time.perf_counter() - began, "cpu_seconds": _processor_seconds() - before}


def _processor_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main(job: str, side: str) -> None:
    build = queries.published(Settings())
    assert build is not None
    with queries.open_build(build) as con:
        print(json.dumps(measured(JOBS[job][side], con)))


if __name__ == "__main__":
    main(*sys.argv[1:])
