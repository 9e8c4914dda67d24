"""What the page of reps reads from a build: money collected and expected by week, and balances."""

import datetime as dt

import pandas as pd

from pipelines.reporting.queries import Connection, Scope, _frame


def collected_by_week(con: Connection, scope: Scope, since: dt.date) -> pd.DataFrame:
    """Payments on each rep's invoices by the week (its Monday) they were applied in: rep, week_on, collected_base."""
    condition, values = scope.where("accounts")
    return _frame(
        con,
        f"""
        select accounts.rep, cast(date_trunc('week', applications.applied_on) as date) as week_on,
            sum(applications.amount_base) as collected_base
        from int_applications as applications
        inner join int_instalment_balances as invoices on applications.instalment_key = invoices.instalment_key
        inner join int_accounts as accounts on invoices.account_key = accounts.account_key
        where applications.kind = 'payment' and invoices.amount_doc > 0 and applications.applied_on >= ?
            and {condition}
        group by all
        order by accounts.rep, week_on
        """,
        [since, *values],
    )


def expected_by_week(con: Connection, scope: Scope) -> pd.DataFrame:
    """Expected receipts of each rep by forecast week: rep, week_start, expected_base."""
    condition, values = scope.where("accounts")
    return _frame(
        con,
        f"""
        select accounts.rep, starts.week_start, sum(weeks.expected_base) as expected_base
        from int_cash_weeks as weeks
        inner join ref_weeks as starts on weeks.week_no = starts.week_no
        inner join int_accounts as accounts on weeks.account_key = accounts.account_key
        where {condition}
        group by all
        order by accounts.rep, starts.week_start
        """,
        values,
    )


def balances(con: Connection, scope: Scope) -> pd.DataFrame:
    """What is open on each rep's invoices: rep, open_base, invoiced_base (without unapplied money), overdue_base."""
    condition, values = scope.where()
    return _frame(
        con,
        f"""
        select rep,
            coalesce(sum(open_base), 0) as open_base,
            coalesce(sum(open_base) filter (bucket <> 'unapplied'), 0) as invoiced_base,
            coalesce(sum(open_base) filter (bucket not in ('not_due', 'unapplied')), 0) as overdue_base
        from fct_aging
        where {condition}
        group by rep
        order by rep
        """,
        values,
    )
