"""What the money does next: roll rates, provision and cash forecast, read from a build within a Scope."""

import datetime as dt
from typing import Any

import duckdb
import pandas as pd

from pipelines.building import builds
from pipelines.reporting.queries import Build, Connection, Scope, _frame, _row
from pipelines.settings import Settings
from pipelines.warehouse import Warehouse

YEAR = 12  # months that rates are pooled over unless said otherwise
SOON_WEEKS = 4
SPREAD = 1.2816  # standard deviations from the expectation to P10 and P90 of a normal range


def roll_rates(con: Connection, scope: Scope, months: int = YEAR) -> pd.DataFrame:
    """Where the money of each bucket was one month end later, pooled over the last `months` complete months.

    from_bucket, from_order, to_bucket (a bucket, or `paid`, `credited`, `written_off`), to_order, amount_base,
    balance_base (what stood in from_bucket), rate = amount / balance.
    """
    condition, values = scope.where("accounts")
    return _frame(
        con,
        f"""
        with sums as (
            select rolls.from_order, rolls.to_order, sum(rolls.amount_base) as amount_base
            from int_roll_months as rolls
            inner join int_accounts as accounts on rolls.desk_key = accounts.account_key
            where {condition} and rolls.month_no > (select max(month_no) from ref_months) - ?
            group by rolls.from_order, rolls.to_order
        )
        select
            sources.bucket as from_bucket,
            sums.from_order,
            case sums.to_order
                when 100 then 'paid' when 101 then 'credited' when 102 then 'written_off' else targets.bucket
            end as to_bucket,
            sums.to_order,
            sums.amount_base,
            sum(sums.amount_base) over (partition by sums.from_order) as balance_base,
            cast(sums.amount_base as double)
            / cast(sum(sums.amount_base) over (partition by sums.from_order) as double) as rate
        from sums
        inner join ref_buckets as sources on sums.from_order = sources.bucket_order
        left join ref_buckets as targets on sums.to_order = targets.bucket_order
        order by sums.from_order, sums.to_order
        """,
        [*values, months],
    )


def roll_trend(con: Connection, scope: Scope) -> pd.DataFrame:
    """The migration rate of each bucket month by month: month_end, bucket, bucket_order, balance_base, rate, rate_3.

    rate is the share of the balance at the month end before that moved on to a later bucket; rate_3 the same of the
    three months up to it together, which one large invoice sways less.
    """
    condition, values = scope.where("accounts")
    return _frame(
        con,
        f"""
        with sums as (
            select
                rolls.month_no,
                rolls.from_order,
                cast(sum(rolls.amount_base) as double) as balance_base,
                cast(coalesce(sum(rolls.amount_base) filter (
                    rolls.to_order > rolls.from_order and rolls.to_order < 99
                ), 0) as double) as moved_base
            from int_roll_months as rolls
            inner join int_accounts as accounts on rolls.desk_key = accounts.account_key
            where {condition}
            group by rolls.month_no, rolls.from_order
        )
        select
            months.month_end,
            buckets.bucket,
            buckets.bucket_order,
            sums.balance_base,
            sums.moved_base / sums.balance_base as rate,
            sum(sums.moved_base) over three / sum(sums.balance_base) over three as rate_3
        from sums
        inner join ref_months as months on sums.month_no = months.month_no
        inner join ref_buckets as buckets on sums.from_order = buckets.bucket_order
        window three as (
            partition by sums.from_order order by sums.month_no range between 2 preceding and current row
        )
        order by months.month_end, buckets.bucket_order
        """,
        values,
    )


def provision(
    con: Connection, scope: Scope, months: int = YEAR, forward_looking: float = 0.0, terminal_loss: float = 1.0
) -> pd.DataFrame:
    """Expected credit loss by bucket, simplified approach, from the roll rates of the last `months` months.

    bucket, bucket_order, open_base (now), balance_base (the pooled balances the rate is from), migration_rate (share
    that moved on to a later bucket one month on; the last bucket has none), loss_rate (the product of the migration
    rates from here on and `terminal_loss`), provision_base = open x loss_rate x (1 + `forward_looking`).
    A bucket that held nothing in those months has no rate: migration_rate, and what follows from it, is null.
    """
    rolled_where, rolled_values = scope.where("accounts")
    open_where, open_values = scope.where()
    return _frame(
        con,
        f"""
        with rolled as (
            select
                rolls.from_order as bucket_order,
                sum(rolls.amount_base) as balance_base,
                coalesce(sum(rolls.amount_base) filter (rolls.to_order > rolls.from_order and rolls.to_order < 99), 0)
                    as moved_base
            from int_roll_months as rolls
            inner join int_accounts as accounts on rolls.desk_key = accounts.account_key
            where {rolled_where} and rolls.month_no > (select max(month_no) from ref_months) - ?
            group by rolls.from_order
        ),
        balances as (
            select bucket_order, sum(open_base) as open_base
            from fct_aging
            where {open_where} and bucket <> 'unapplied'
            group by bucket_order
        ),
        rates as (
            select
                buckets.bucket,
                buckets.bucket_order,
                coalesce(balances.open_base, 0) as open_base,
                coalesce(rolled.balance_base, 0) as balance_base,
                case
                    when buckets.bucket_order < max(buckets.bucket_order) over ()
                        then cast(rolled.moved_base as double) / nullif(cast(rolled.balance_base as double), 0)
                end as migration_rate,
                buckets.bucket_order = max(buckets.bucket_order) over () as is_last
            from ref_buckets as buckets
            left join rolled using (bucket_order)
            left join balances using (bucket_order)
            where buckets.bucket <> 'unapplied'
        ),
        losses as (
            select
                *,
                case when count(*) over later = count(case when is_last then 1.0 else migration_rate end) over later
                    then product(case when is_last then ? else migration_rate end) over later
                end as loss_rate
            from rates
            window later as (order by bucket_order desc rows between unbounded preceding and current row)
        )
        select
            bucket, bucket_order, open_base, balance_base, migration_rate, loss_rate,
            cast(round(cast(open_base as double) * loss_rate * (1 + ?), 2) as decimal(18, 2)) as provision_base
        from losses
        order by bucket_order
        """,
        [*rolled_values, months, *open_values, terminal_loss, forward_looking],
    )


def cash_forecast(con: Connection, scope: Scope) -> pd.DataFrame:
    """Cash expected from today's open invoices in each of the 13 weeks ahead.

    week_no, week_start, expected_base, p10_base, p90_base: the range lies between nothing and all that is to come.
    """
    condition, values = scope.where("accounts")
    return _frame(
        con,
        f"""
        with sums as (
            select
                weeks.week_no,
                sum(weeks.expected_base) as expected_base,
                sqrt(sum(weeks.variance_base)) as deviation,
                sum(sum(weeks.expected_base)) over () as to_come_base
            from int_cash_weeks as weeks
            inner join int_accounts as accounts on weeks.account_key = accounts.account_key
            where {condition}
            group by weeks.week_no
        )
        select
            starts.week_no,
            starts.week_start,
            coalesce(sums.expected_base, 0) as expected_base,
            greatest(coalesce(sums.expected_base - {SPREAD} * sums.deviation, 0), 0) as p10_base,
            least(coalesce(sums.expected_base + {SPREAD} * sums.deviation, 0), coalesce(sums.to_come_base, 0))
                as p90_base
        from ref_weeks as starts
        left join sums on starts.week_no = sums.week_no
        order by starts.week_no
        """,
        values,
    )


def cash_summary(con: Connection, scope: Scope) -> dict[str, Any]:
    """What the forecast adds up to, Decimal in base currency: to_come_base = expected_base + later_base.

    soon_base is the part of expected_base in the next four weeks; later_base comes after 13 weeks or never. accounts is
    how many parts, each rounded to the cent, these are sums of.
    has_history is False where money is to come but nobody has ever been seen to pay: then nothing can be forecast.
    """
    condition, values = scope.where("accounts")
    return _row(
        con,
        f"""
        select
            coalesce(sum(weeks.expected_base), 0) as to_come_base,
            coalesce(sum(weeks.expected_base) filter (weeks.week_no <= {SOON_WEEKS}), 0) as soon_base,
            coalesce(sum(weeks.expected_base) filter (weeks.week_no <= 13), 0) as expected_base,
            coalesce(sum(weeks.expected_base) filter (weeks.week_no > 13), 0) as later_base,
            count(distinct weeks.account_key) as accounts,
            (select count(*) from int_cash_weeks) = 0
                or (select max(expected_base) from int_cash_weeks where week_no <= 13) > 0 as has_history
        from int_cash_weeks as weeks
        inner join int_accounts as accounts on weeks.account_key = accounts.account_key
        where {condition}
        """,
        values,
    )


def cash_by_customer(con: Connection, scope: Scope) -> pd.DataFrame:
    """The forecast by customer, most expected first, with when the customer pays.

    entity_id, customer_id, customer_name, to_come_base, soon_base (four weeks), expected_base (13 weeks), later_base,
    pattern, run_day, run_weekday, next_run_on, support.
    """
    condition, values = scope.where("accounts")
    return _frame(
        con,
        f"""
        select
            customers.entity_id,
            customers.customer_id,
            customers.customer_name,
            sum(weeks.expected_base) as to_come_base,
            coalesce(sum(weeks.expected_base) filter (weeks.week_no <= {SOON_WEEKS}), 0) as soon_base,
            coalesce(sum(weeks.expected_base) filter (weeks.week_no <= 13), 0) as expected_base,
            coalesce(sum(weeks.expected_base) filter (weeks.week_no > 13), 0) as later_base,
            calendar.pattern,
            calendar.run_day,
            calendar.run_weekday,
            calendar.next_run_on,
            calendar.support
        from int_cash_weeks as weeks
        inner join int_accounts as accounts on weeks.account_key = accounts.account_key
        inner join dim_customers as customers on accounts.customer_key = customers.customer_key
        inner join fct_pay_calendar as calendar on accounts.customer_key = calendar.customer_key
        where {condition}
        group by all
        having sum(weeks.expected_base) > 0
        order by expected_base desc, customers.entity_id, customers.customer_id
        """,
        values,
    )


def earlier_builds(settings: Settings, build: Build) -> list[tuple[str, dt.date]]:
    """Builds still kept whose forecast can be compared: file and as-of date, newest first, one a date.

    At least a week older than `build`, so that one week of the forecast has passed.
    """
    warehouse = Warehouse.of(settings)
    found: dict[dt.date, str] = {}
    for build_id in builds.finished(warehouse):
        as_of = dt.datetime.strptime(build_id[:8], "%Y%m%d").date()
        if as_of <= build.as_of - dt.timedelta(days=7):
            found[as_of] = str(warehouse.builds / f"{build_id}.duckdb")
    return [(found[as_of], as_of) for as_of in sorted(found, reverse=True)]


def forecast_against_actual(con: Connection, scope: Scope, earlier: str) -> pd.DataFrame:
    """The forecast of an earlier build's file beside what was then received, for the weeks that have passed.

    week_no, week_start, expected_base, p10_base, p90_base, received_base: payments, by the day they were applied, on
    invoices issued up to the earlier date. Empty where the earlier build made no forecast.
    """
    try:
        with duckdb.connect(earlier, read_only=True) as before:
            forecast = cash_forecast(before, scope)
            row = before.execute("select as_of from build_info").fetchone()
    except duckdb.Error:
        return pd.DataFrame(columns=["week_no", "week_start", "expected_base", "p10_base", "p90_base", "received_base"])
    assert row is not None
    condition, values = scope.where("accounts")
    received = _frame(
        con,
        f"""
        select
            (applications.applied_on - cast(? as date) + 6) // 7 as week_no,
            sum(applications.amount_base) as received_base
        from int_applications as applications
        inner join int_instalment_balances as invoices on applications.instalment_key = invoices.instalment_key
        inner join int_accounts as accounts on invoices.account_key = accounts.account_key
        where applications.kind = 'payment' and invoices.amount_doc > 0
            and applications.applied_on > cast(? as date) and invoices.issue_date <= cast(? as date)
            and {condition}
        group by 1
        """,
        [row[0], row[0], row[0], *values],
    )
    now = _row(con, "select as_of from build_info")["as_of"]
    passed = forecast[pd.to_datetime(forecast["week_start"]) + pd.Timedelta(days=6) <= pd.Timestamp(now)]
    return passed.merge(received, on="week_no", how="left").fillna({"received_base": 0.0})
