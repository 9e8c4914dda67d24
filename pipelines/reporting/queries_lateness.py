"""How late money comes: weighted days late, billing cohorts and each payer's own calendar, within a Scope."""

from typing import Any

import pandas as pd

from pipelines.reporting.queries import Connection, Scope, _frame, _row

RATIOS = """
    cast(paid_days as double) / nullif(cast(paid_base as double), 0) as days_late,
    cast(paid_days + overdue_days as double) / nullif(cast(paid_base + overdue_base as double), 0)
        as days_late_with_open,
    cast(terms_days as double) / nullif(cast(paid_base as double), 0) as terms_days,
    cast(terms_days + paid_days as double) / nullif(cast(paid_base as double), 0) as days_to_pay
"""
SUMS = """
    sum(paid_base) as paid_base, sum(paid_days) as paid_days, sum(terms_days) as terms_days,
    sum(overdue_base) as overdue_base, sum(overdue_days) as overdue_days
"""


def lateness(con: Connection, scope: Scope) -> dict[str, Any]:
    """Days late of the twelve months up to the as-of date, each weighted by amount; None where nothing was paid.

    days_late: of payments, those in terms with their negative days; days_late_with_open: the same with each overdue
    open amount at its age today; mean_terms + days_late = days_to_pay; days_late_before: of the twelve months earlier.
    Beside them the sums they are made of: *_base, and *_days = amount x days.
    """
    condition, values = scope.where()
    return _row(
        con,
        f"""
        with sums as (
            select {SUMS}, sum(payments) as payments, sum(before_base) as before_base, sum(before_days) as before_days
            from fct_payer_lateness
            where {condition}
        )
        select sums.*, {RATIOS.replace("as terms_days", "as mean_terms")},
            cast(before_days as double) / nullif(cast(before_base as double), 0) as days_late_before
        from sums
        """,
        values,
    )


def lateness_trend(con: Connection, scope: Scope, months: int = 3) -> pd.DataFrame:
    """The same month by month, over the payments of the last `months` months and the overdue money at the month end.

    month_end, paid_base, left_out_base (payments on assumed due dates), overdue_base, days_late, days_late_with_open,
    terms_days, days_to_pay.
    """
    condition, values = scope.where()
    return _frame(
        con,
        f"""
        with monthly as (
            select month_no, {SUMS}, sum(left_out_base) as left_out_base
            from fct_lateness_monthly
            where {condition}
            group by month_no
        ),
        every_month as (
            select
                months.month_no, months.month_end,
                coalesce(overdue_base, 0) as overdue_base,
                coalesce(overdue_days, 0) as overdue_days,
                sum(coalesce(paid_base, 0)) over recent as paid_base,
                sum(coalesce(paid_days, 0)) over recent as paid_days,
                sum(coalesce(terms_days, 0)) over recent as terms_days,
                sum(coalesce(left_out_base, 0)) over recent as left_out_base
            from ref_months as months
            left join monthly using (month_no)
            where months.month_no >= (select min(month_no) from monthly)
            window recent as (order by months.month_no rows between {int(months) - 1} preceding and current row)
        )
        select month_end, paid_base, left_out_base, overdue_base, {RATIOS}
        from every_month
        order by month_end
        """,
        values,
    )


def lateness_by_customer(con: Connection, scope: Scope) -> pd.DataFrame:
    """Each customer's days late over twelve months, the most paid or overdue first, with how it pays.

    entity_id, customer_id, customer_name, payments, paid_base, overdue_base, days_late, days_late_with_open,
    terms_days, days_to_pay, days_late_before, and pattern, run_day, run_weekday, support, next_run_on, lead_days,
    part_share, newer_first_share, round_share of its pay calendar.
    """
    condition, values = scope.where()
    return _frame(
        con,
        f"""
        with sums as (
            select entity_id, customer_id, {SUMS}, sum(payments) as payments,
                sum(before_base) as before_base, sum(before_days) as before_days
            from fct_payer_lateness
            where {condition}
            group by entity_id, customer_id
        )
        select
            sums.entity_id, sums.customer_id, customers.customer_name, sums.payments, sums.paid_base,
            sums.overdue_base,
            {RATIOS.replace("terms_days as", "sums.terms_days as").replace("terms_days +", "sums.terms_days +")},
            cast(before_days as double) / nullif(cast(before_base as double), 0) as days_late_before,
            calendar.pattern, calendar.run_day, calendar.run_weekday, calendar.support, calendar.next_run_on,
            calendar.lead_days, calendar.part_share, calendar.newer_first_share, calendar.round_share
        from sums
        inner join dim_customers as customers using (entity_id, customer_id)
        inner join fct_pay_calendar as calendar using (customer_key)
        order by sums.paid_base + sums.overdue_base desc, sums.entity_id, sums.customer_id
        """,
        values,
    )


def customer_lateness_trend(
    con: Connection, scope: Scope, entity_id: str, customer_id: str, months: int = 3
) -> pd.DataFrame:
    """One customer's payments month by month: month_end, paid_base, days_late, days_to_pay over `months` months."""
    condition, values = scope.where("accounts")
    return _frame(
        con,
        f"""
        with payments as (
            select
                extract(year from applied.received_on) * 12 + extract(month from applied.received_on) as month_no,
                sum(applied.amount_base) as paid_base,
                sum(applied.amount_base * (applied.received_on - invoices.due_date)) as paid_days,
                sum(applied.amount_base * (applied.received_on - invoices.issue_date)) as all_days
            from int_accounts as accounts
            inner join int_instalments as invoices on accounts.account_key = invoices.account_key
            inner join int_applications as applied on invoices.instalment_key = applied.instalment_key
            where accounts.entity_id = ? and accounts.customer_id = ? and {condition}
                and applied.kind = 'payment' and invoices.amount_doc > 0 and invoices.due_basis <> 'assumed'
            group by 1
        ),
        recent as (
            select
                months.month_end,
                sum(payments.paid_base) over recent as paid_base,
                sum(payments.paid_days) over recent as paid_days,
                sum(payments.all_days) over recent as all_days
            from ref_months as months
            left join payments using (month_no)
            window recent as (order by months.month_no rows between {int(months) - 1} preceding and current row)
        )
        select
            month_end,
            coalesce(paid_base, 0) as paid_base,
            cast(paid_days as double) / nullif(cast(paid_base as double), 0) as days_late,
            cast(all_days as double) / nullif(cast(paid_base as double), 0) as days_to_pay
        from recent
        order by month_end
        """,
        [entity_id, customer_id, *values],
    )


def billing_cohorts(con: Connection, scope: Scope) -> pd.DataFrame:
    """How much of each month's billing was still unpaid so many days after due.

    month_end (of billing), age_days, is_at_risk_age, billed_base, reached_base (billing that has come to that age),
    unpaid_base, share = unpaid / reached (null before anything reached the age), is_final: all of it has.
    What is written off counts as unpaid. The share at the at-risk age is the at-risk rate.
    """
    condition, values = scope.where()
    return _frame(
        con,
        f"""
        select
            month_end,
            age_days,
            age_days = (select cast(settings->>'at_risk_days' as integer) from build_info) as is_at_risk_age,
            sum(billed_base) as billed_base,
            sum(reached_base) as reached_base,
            sum(unpaid_base) as unpaid_base,
            cast(sum(unpaid_base) as double) / nullif(cast(sum(reached_base) as double), 0) as share,
            sum(reached_base) = sum(billed_base) as is_final
        from fct_billing_cohorts
        where {condition}
        group by month_end, age_days
        having sum(billed_base) <> 0
        order by month_end, age_days
        """,
        values,
    )


def pay_calendar(con: Connection, scope: Scope, entity_id: str, customer_id: str) -> dict[str, Any]:
    """What one customer's payments of two years say about when and how it pays; empty outside the scope."""
    condition, values = scope.where("customers")
    return _row(
        con,
        f"""
        select calendar.*
        from fct_pay_calendar as calendar
        inner join dim_customers as customers using (customer_key)
        where customers.entity_id = ? and customers.customer_id = ? and {condition}
        """,
        [entity_id, customer_id, *values],
    )
