"""Measure the risk model on the published build of FIRSTPAID_HOME: `python -m tests.bench.risk`. Asserts nothing.

Prints one JSON object. The floor of the features is the plain statement of five running sums a customer: events summed
per (customer, day), one exclusive running sum, an equi-join on (customer, issue day). Both sides start from the
instalments and applications of the build and end in a table of one row an instalment; ours follows bounces and holds
fourteen figures. Processor seconds are those of all threads.
"""

import datetime as dt
import json
import statistics
import sys
import time
from collections.abc import Callable

import duckdb
import numpy as np
from threadpoolctl import threadpool_limits

from models import features, model, training
from models.rows import Rows
from pipelines.reporting import queries
from pipelines.settings import Settings
from tests.bench.generate import AS_OF

FLOOR = """
create or replace temp table five_sums as
with settled as (
    select instalment_key, max(date_diff('day', date '2000-01-01', applied_on)) as settled_day, sum(amount_doc) as paid
    from int_applications
    group by instalment_key
),

items as (
    select
        instalments.instalment_key, instalments.customer_key,
        date_diff('day', date '2000-01-01', instalments.issue_date) as issue_day,
        date_diff('day', date '2000-01-01', instalments.due_date) as due_day,
        cast(round(instalments.amount_base * 100, 0) as bigint) as cents,
        case when settled.paid >= instalments.amount_doc - 0.01 then settled.settled_day end as settled_day
    from int_instalments as instalments
    left join settled on settled.instalment_key = instalments.instalment_key
    where instalments.amount_doc > 0
),

events as (
    select
        customer_key, settled_day as day, 1 as n, case when settled_day > due_day then 1 else 0 end as late,
        settled_day - due_day as days, cents, case when settled_day > due_day then cents else 0 end as late_cents
    from items
    where settled_day is not null
    union all
    select customer_key, issue_day, 0, 0, 0, 0, 0
    from items
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

select items.instalment_key, history.n, history.late, history.days, history.cents, history.late_cents
from items
inner join history on history.customer_key = items.customer_key and history.day = items.issue_day
"""


def timed(job: Callable[[], object]) -> tuple[float, float]:
    """Wall and processor seconds of one run."""
    wall, cpu = time.perf_counter(), time.process_time()
    job()
    return time.perf_counter() - wall, time.process_time() - cpu


def main(rounds: int = 5) -> dict[str, object]:
    """Medians of the rounds for the features beside their floor, and one run of training and of scoring a million."""
    settings = Settings()
    build = queries.published(settings)
    if build is None:
        sys.exit("risk bench: no published build")
    con = duckdb.connect(str(build.path), read_only=True)
    everything = {"known": AS_OF, "grace": settings.late_grace_days, "very_late": settings.very_late_days}

    def histories() -> None:
        features.create(con, "risk_outcomes", {**everything, "per_mille": 1000})
        features.create(con, "risk_questions", {"first_day": -40_000, "last_day": 99_999}, "risk_questions_issue")
        features.create(con, "risk_history", {"at_issue": True})

    runs = [(timed(histories), timed(lambda: con.execute(FLOOR))) for _ in range(rounds)]
    ours, floor = ([statistics.median(run[side][kind] for run in runs) for kind in (0, 1)] for side in (0, 1))
    (n,) = con.execute("select count(*) from risk_history").fetchall()[0]
    asked, trained, training_took = learnt(con, build.as_of, settings)
    million = asked.where(np.arange(1_000_000) % len(asked))
    scoring = [timed(lambda: score(trained, million)) for _ in range(3)]
    return {
        "instalments": n,
        "features_s": ours[0],
        "features_cpu_s": ours[1],
        "five_sums_s": floor[0],
        "five_sums_cpu_s": floor[1],
        "ratio": ours[0] / floor[0],
        "cpu_ratio": ours[1] / floor[1],
        "train_s": training_took[0],
        "train_cpu_s": training_took[1],
        "score_million_s": statistics.median(wall for wall, _ in scoring),
        "score_million_cpu_s": statistics.median(cpu for _, cpu in scoring),
    }


def learnt(con: duckdb.DuckDBPyConnection, known: dt.date, settings: Settings) -> tuple[Rows, model.Model, tuple]:
    """The questions of open items, the model trained on the whole book, and how long all of that took."""
    found: list[tuple[Rows, model.Model]] = []

    def train() -> None:
        learning = training.learning_rows(con, known, settings)
        found.append((learning.open, training.train(learning, settings)))

    took = timed(train)
    return *found[0], took


def score(trained: model.Model, rows: Rows) -> None:
    """Probabilities and dates of the rows, their features included, on one thread."""
    with threadpool_limits(1):
        model.score(trained, "open", rows, features.matrix(rows, trained.heads["open"].late.context))


if __name__ == "__main__":
    print(json.dumps({"risk": main()}))
