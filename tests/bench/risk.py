"""Measure the risk model alone: `python -m tests.bench.risk [N]`. Prints one JSON object; asserts nothing.

The floor of the features is a plain statement of five running sums over settlements, the fastest form known. Ours keeps
thirteen sums over four kinds of events, so the ratio a sum is given too. Processor seconds are those of all threads.
"""

import datetime as dt
import json
import statistics
import sys
import time
from collections.abc import Callable

import duckdb
import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from models import features, model
from pipelines.settings import Settings

KNOWN = dt.date(2024, 12, 31)
SUMS = 13
FLOOR = """
create or replace temp table five_sums as
with events as (
    select customer_key, settled_day as day, 1 as n, is_late as late, settled_day - due_day as days, cents,
        is_late * cents as late_cents
    from risk_outcomes
    where settled_day is not null
    union all
    select customer_key, issue_day, 0, 0, 0, 0, 0
    from risk_outcomes
),

by_day as (
    select customer_key, day, sum(n) as n, sum(late) as late, sum(days) as days, sum(cents) as cents,
        sum(late_cents) as late_cents
    from events
    group by customer_key, day
),

history as (
    select customer_key, day, sum(n) over before_day as n, sum(late) over before_day as late,
        sum(days) over before_day as days, sum(cents) over before_day as cents,
        sum(late_cents) over before_day as late_cents
    from by_day
    window before_day as (
        partition by customer_key order by day rows between unbounded preceding and 1 preceding
    )
)

select outcomes.item_key, n, late, days, history.cents, late_cents
from risk_outcomes as outcomes
inner join history on history.customer_key = outcomes.customer_key and history.day = outcomes.issue_day
"""


def ledger(n: int) -> duckdb.DuckDBPyConnection:
    """A seeded ledger of n invoices of n / 50 customers, three in ten paid in two parts."""
    con = duckdb.connect()
    con.execute(
        f"""
        create table fct_invoices as
        with drawn as (
            select
                i, 'C' || (hash(i) % {max(n // 50, 1)}) as customer_id, 'R' || (hash(i) % 5) as region,
                date '2022-01-01' + cast(hash(i * 7) % 1095 as integer) as issue_date,
                cast((hash(i * 13) % 1000000) / 100 + 1 as decimal(18, 4)) as amount
            from range({n}) as numbers(i)
        )
        select
            'main' as entity_id, 'INV' || lpad(cast(i as varchar), 9, '0') as invoice_id, 1 as instalment_no,
            'invoice' as doc_type, customer_id, '' as rep, region, issue_date, issue_date + 30 as due_date,
            'contractual' as due_basis, 30 as terms_days, 'CNY' as currency, amount as amount_doc,
            amount as amount_base, false as disputed, 'ledger' as ledger
        from drawn
        """
    )
    con.execute(
        """
        create table fct_applications as
        with parts as (
            select *, hash(invoice_id || 'part') % 10 < 3 as is_split from fct_invoices
        ),
        paid as (
            select
                entity_id, invoice_id, amount_doc / case when is_split then 2 else 1 end as amount,
                due_date - 20 + cast(hash(customer_id) % 15 + hash(invoice_id) % 35 as integer) as applied_on
            from parts
            union all
            select entity_id, invoice_id, amount_doc / 2, due_date + 10 + cast(hash(invoice_id) % 50 as integer)
            from parts
            where is_split
        )
        select
            entity_id, invoice_id, 1 as instalment_no, applied_on, cast(amount as decimal(18, 4)) as amount_doc,
            cast(amount as decimal(18, 4)) as amount_base, 'payment' as kind, 'stated' as basis
        from paid
        where applied_on <= $known
        """,
        {"known": KNOWN},
    )
    con.execute(
        "create table dim_customers as select distinct entity_id, customer_id, '' as industry, '' as customer_type, "
        "cast(null as decimal(18, 4)) as credit_limit_base from fct_invoices"
    )
    return con


def timed(job: Callable[[], object]) -> tuple[float, float]:
    """Wall and processor seconds of one run."""
    wall, cpu = time.perf_counter(), time.process_time()
    job()
    return time.perf_counter() - wall, time.process_time() - cpu


def main(n: int, rounds: int = 3) -> dict[str, object]:
    """Medians of the rounds for the features beside their floor, and one run of training and of scoring a million."""
    settings = Settings()
    con = ledger(n)
    features.prepare(con, KNOWN, settings)
    features.create(con, "risk_questions", {"first_day": 0, "last_day": 99_999}, "risk_questions_issue")
    runs = [
        (timed(lambda: features.create(con, "risk_history", {})), timed(lambda: con.execute(FLOOR)))
        for _ in range(rounds)
    ]
    ours, floor = (statistics.median(run[side][1] for run in runs) for side in (0, 1))
    learnt: list[model.Model] = []
    learning: list[model.Learning] = []

    def train() -> None:
        learning.append(model.learning_rows(con, KNOWN, settings))
        learnt.append(model.train(learning[0], settings))

    training = timed(train)
    asked = learning[0].open
    million = asked.iloc[np.arange(1_000_000) % len(asked)].reset_index(drop=True)
    scoring = timed(lambda: score(learnt[0], million))
    return {
        "n": n,
        "features_cpu_s": ours,
        "five_sums_cpu_s": floor,
        "ratio": ours / floor,
        "ratio_a_sum": ours / SUMS / (floor / 5),
        "train_wall_s": training[0],
        "train_cpu_s": training[1],
        "rows_learnt_from": {"issue": len(learning[0].issue), "open": len(asked)},
        "score_million_wall_s": scoring[0],
        "score_million_cpu_s": scoring[1],
    }


def score(trained: model.Model, rows: pd.DataFrame) -> None:
    with threadpool_limits(1):
        model.score(trained, "open", rows, features.matrix(rows, trained.heads["open"].late.context))


if __name__ == "__main__":
    found = main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
    print(json.dumps({name: round(v, 3) if isinstance(v, float) else v for name, v in found.items()}, indent=1))
