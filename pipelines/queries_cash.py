"""What the money does next: roll rates and provision, read from a build within a Scope."""

import pandas as pd

from pipelines.queries import Connection, Scope, _frame

YEAR = 12  # months that rates are pooled over unless said otherwise


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
    """The migration rate of each bucket month by month: month_end, bucket, bucket_order, balance_base, rate.

    rate is the share of the balance at the month end before that moved on to a later bucket.
    """
    condition, values = scope.where("accounts")
    return _frame(
        con,
        f"""
        select
            months.month_end,
            buckets.bucket,
            buckets.bucket_order,
            sum(rolls.amount_base) as balance_base,
            cast(coalesce(sum(rolls.amount_base) filter (rolls.to_order > rolls.from_order and rolls.to_order < 99), 0)
                as double) / cast(sum(rolls.amount_base) as double) as rate
        from int_roll_months as rolls
        inner join int_accounts as accounts on rolls.desk_key = accounts.account_key
        inner join ref_months as months on rolls.month_no = months.month_no
        inner join ref_buckets as buckets on rolls.from_order = buckets.bucket_order
        where {condition}
        group by months.month_end, buckets.bucket, buckets.bucket_order
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
