"""What is expected to come in, and how promptly it has come in so far, read from a build within a Scope."""

import pandas as pd

from pipelines.queries import Connection, Scope, _frame

LATER = 14  # the week number of what is expected after the last forecast week, or never


def forecast(con: Connection, scope: Scope) -> pd.DataFrame:
    """Expected receipts by week: week_start, expected_base, p10_base, p90_base, 13 rows.

    The range is that of independent items, a normal range around the expectation, never below nothing.
    """
    condition, values = scope.where("accounts")
    return _frame(
        con,
        f"""
        with sums as (
            select weeks.week_no, sum(weeks.expected_base) as expected_base, sqrt(sum(weeks.variance_base)) as deviation
            from int_cash_weeks as weeks
            inner join int_accounts as accounts on weeks.account_key = accounts.account_key
            where {condition}
            group by weeks.week_no
        )
        select
            starts.week_start,
            coalesce(sums.expected_base, 0) as expected_base,
            greatest(coalesce(cast(sums.expected_base as double) - 1.2816 * sums.deviation, 0), 0) as p10_base,
            coalesce(cast(sums.expected_base as double) + 1.2816 * sums.deviation, 0) as p90_base
        from ref_weeks as starts
        left join sums on starts.week_no = sums.week_no
        order by starts.week_start
        """,
        values,
    )


def forecast_later(con: Connection, scope: Scope) -> float:
    """The part of today's open invoices that is expected after the last forecast week, or never."""
    condition, values = scope.where("accounts")
    rows = _frame(
        con,
        f"""
        select coalesce(sum(weeks.expected_base), 0) as later_base
        from int_cash_weeks as weeks
        inner join int_accounts as accounts on weeks.account_key = accounts.account_key
        where weeks.week_no = ? and {condition}
        """,
        [LATER, *values],
    )
    return float(rows["later_base"].iloc[0])


def forecast_customers(con: Connection, scope: Scope, weeks: int, top: int = 100) -> pd.DataFrame:
    """Who is expected to pay within the first `weeks` weeks, the most money first.

    entity_id, customer_id, customer_name, expected_base, open_base.
    """
    condition, values = scope.where("accounts")
    return _frame(
        con,
        f"""
        select
            accounts.entity_id,
            accounts.customer_id,
            customers.customer_name,
            coalesce(sum(weeks.expected_base) filter (weeks.week_no <= ?), 0) as expected_base,
            sum(weeks.expected_base) as open_base
        from int_cash_weeks as weeks
        inner join int_accounts as accounts on weeks.account_key = accounts.account_key
        inner join dim_customers as customers
            on accounts.entity_id = customers.entity_id and accounts.customer_id = customers.customer_id
        where {condition}
        group by accounts.entity_id, accounts.customer_id, customers.customer_name
        having expected_base > 0
        order by expected_base desc, accounts.entity_id, accounts.customer_id
        limit ?
        """,
        [weeks, *values, top],
    )


def lateness(con: Connection, scope: Scope) -> pd.DataFrame:
    """Per month end, weighted by amount: days_late of what was paid, days_late_open with open overdue items at their
    age, days_to_pay from issue to payment. A month in which nothing was paid has no days."""
    condition, values = scope.where()
    return _frame(
        con,
        f"""
        select
            month_end,
            cast(sum(paid_days) as double) / nullif(cast(sum(paid_base) as double), 0) as days_late,
            cast(sum(paid_days + overdue_days) as double)
                / nullif(cast(sum(paid_base + overdue_base) as double), 0) as days_late_open,
            cast(sum(terms_days + paid_days) as double) / nullif(cast(sum(paid_base) as double), 0) as days_to_pay
        from fct_lateness_monthly
        where {condition}
        group by month_end
        order by month_end
        """,
        values,
    )


def cohorts(con: Connection, scope: Scope) -> pd.DataFrame:
    """Per month of billing and days after due: month_end, age_days, billed_base, unpaid_share, is_final.

    unpaid_share is of the billing that has reached that age; it is final once all of the month's billing has.
    """
    condition, values = scope.where()
    return _frame(
        con,
        f"""
        select
            month_end,
            age_days,
            sum(billed_base) as billed_base,
            cast(sum(unpaid_base) as double) / nullif(cast(sum(reached_base) as double), 0) as unpaid_share,
            sum(reached_base) = sum(billed_base) as is_final
        from fct_billing_cohorts
        where {condition}
        group by month_end, age_days
        order by month_end, age_days
        """,
        values,
    )
