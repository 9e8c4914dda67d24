"""What a reader waits for, measured in a process of its own; prints one JSON object of milliseconds by job."""

import itertools
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from streamlit.testing.v1 import AppTest

from pipelines.collecting import follow_up, journal, journal_live
from pipelines.collecting.follow_up import Day
from pipelines.collecting.journal import Subject
from pipelines.reporting import (
    queries,
    queries_balances,
    queries_buckets,
    queries_calls,
    queries_collect,
    queries_dso,
    queries_payers,
)
from pipelines.reporting.queries import Scope
from pipelines.settings import Settings
from ui.navigation import PLACES

ROOT = Path(__file__).resolve().parent.parent.parent
TIMES = 60
VIEWS = 15
CONTACTS = 3000


def timed(job: Callable[[], object], times: int) -> dict[str, float]:
    """p50 and p95 in milliseconds, after one run that does not count."""
    job()
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        job()
        taken.append((time.perf_counter() - began) * 1e3)
    return {"p50": statistics.median(taken), "p95": statistics.quantiles(taken, n=20, method="inclusive")[-1]}


def query_times() -> dict[str, dict[str, float]]:
    """The queries behind a page on the published build: everything, one rep, one customer."""
    build = queries.published(Settings())
    assert build is not None
    con, every = queries.open_build(build), Scope()
    rep = str(queries_calls.reps(con, every)["rep"].iloc[0])
    worst = queries_buckets.aging_heatmap(con, every, top=1).iloc[0]
    customer = (str(worst["entity_id"]), str(worst["customer_id"]))
    jobs: dict[str, Callable[[], object]] = {
        "select 1": lambda: con.cursor().execute("select 1").df(),
        "heatmap, top 50": lambda: queries_buckets.aging_heatmap(con, every, top=50),
        "key figures": lambda: queries_balances.kpis(con, every),
        "DSO trend": lambda: queries_dso.dso_trend(con, every),
        "call list of one rep": lambda: queries_calls.call_list(con, every, rep),
        "one customer": lambda: queries_payers.customer(con, every, *customer),
        "open items of one customer": lambda: queries_payers.customer_open_items(con, every, *customer),
        "payments of one customer": lambda: queries_payers.customer_payments(con, every, *customer),
    }
    with tempfile.TemporaryDirectory(prefix="firstpaid-bench-journal-") as home:
        jobs |= call_list_jobs(con, Settings(home=Path(home)))
        return {name: timed(job, TIMES) for name, job in jobs.items()}


def call_list_jobs(con: queries.Connection, settings: Settings) -> dict[str, Callable[[], object]]:
    """The call lists of many reps in turn, bare and with a journal of a few thousand contacts laid over them."""
    every = Scope()
    reps = itertools.cycle(queries_calls.reps(con, every)["rep"])
    called = con.cursor().execute(f"select entity_id, customer_id from fct_call_list limit {CONTACTS}").fetchall()
    today = journal.business_day(settings)
    contact = {"method": "call", "result": "reached", "next_action": "call", "next_on": today, "fallback": "visit"}
    journal.append_all(settings, "contact", {Subject(*who): contact for who in called}, who="bench")
    seen = [journal_live.standing(settings)]

    def live(rep: str) -> object:
        seen[0] = journal_live.standing(settings, seen[0])
        day = Day(today, settings, seen[0].notes, queries_collect.promise_states(con))
        return follow_up.divide(day, queries_calls.call_list(con, every, rep))

    def after_an_entry(rep: str) -> object:
        journal.append(settings, "contact", Subject(*called[0]), contact, who="bench")
        return live(rep)

    return {
        "call list, rep by rep": lambda: queries_calls.call_list(con, every, next(reps)),
        "call list over the journal, rep by rep": lambda: live(next(reps)),
        "the same after a new entry": lambda: after_an_entry(next(reps)),
    }


def view(app: AppTest) -> None:
    app.run(timeout=120)
    if app.exception:
        sys.exit("\n".join(str(each.message) for each in app.exception))


def overview_times() -> dict[str, dict[str, float]]:
    """The overview answered again by a server that has shown it before, beside a page of one line."""
    empty = AppTest.from_string("import streamlit as st\nst.title('FirstPaid')")
    app = AppTest.from_file(str(ROOT / "app.py"))
    return {
        "empty page": timed(lambda: view(empty), VIEWS),
        "overview after the first view": timed(lambda: view(app), VIEWS),
    }


def page_times() -> dict[str, dict[str, float]]:
    """Each page of the menu on the published build: opened for the first time, and again, as after any click."""
    empty = AppTest.from_string("import streamlit as st\nst.title('FirstPaid')")
    taken = {"empty page": timed(lambda: view(empty), VIEWS)}
    app = AppTest.from_file(str(ROOT / "app.py"))
    for place in (each for each in PLACES if not each.hidden):
        for when in ("first", "again"):
            began = time.perf_counter()
            # A manager starts at the first place of all, which so is never switched to before it was seen.
            view(app if len(taken) == 1 else app.switch_page(f"app_pages/{place.name}.py"))
            milliseconds = (time.perf_counter() - began) * 1e3
            taken[f"{place.name}, {when}"] = {"p50": milliseconds, "p95": milliseconds}
    return taken


JOBS = {"queries": query_times, "pages": page_times, "overview": overview_times}

if __name__ == "__main__":
    print(json.dumps(JOBS[sys.argv[1]]()))
