"""What credit and margin read from a build: credit given beyond policy, sales and the money they tied up."""

import datetime as dt

import pandas as pd

from pipelines.reporting.queries import Connection, Scope, _frame
from pipelines.reporting.queries_cash import provision

# From where use of the credit limit, and days later than before, are signs that a customer may be unable to pay.
LIMIT_SIGN = 0.8
SLOWER_SIGN = 5


def credit_given(con: Connection, scope: Scope, since: dt.date, terms_days: int, stop_days: int) -> pd.DataFrame:
    """Customers sold to on credit since a day, and where that went beyond the policy; most sold while overdue first.

    entity_id, customer_id, customer_name, rep, sales_base; long_terms_base, long_invoices, worst_terms_days: what is
    due more than `terms_days` after issue (assumed due dates are left out) and of how many invoices;
    sold_overdue_base and sold_overdue_invoices: issued while something of the customer was more than `stop_days`
    overdue; open_base, credit_limit_base (null: none known), limit_use, over_limit_base. An invoice in instalments is
    one invoice.
    """
    condition, values = scope.where("accounts")
    return _frame(
        con,
        f"""
        with sold as (
            select
                invoices.customer_key, invoices.instalment_key, invoices.issue_date, invoices.amount_base,
                case when not invoices.is_assumed then invoices.due_date - invoices.issue_date end as terms_days
            from int_instalment_balances as invoices
            inner join int_accounts as accounts on invoices.account_key = accounts.account_key
            where invoices.issue_date > ? and invoices.amount_doc > 0 and {condition}
        ),
        -- Spans of days on which an invoice was overdue for too long; on the day it is closed it is not.
        spans as (
            select customer_key, due_date + ? + 1 as starts_on, coalesce(closed_on, date '9999-12-31') as ends_on
            from int_instalment_balances
            where amount_doc > 0 and (closed_on is null or closed_on > greatest(?, due_date + ? + 1))
                and customer_key in (select customer_key from sold)
        ),
        events as (
            select customer_key, starts_on as day, 1 as place, ends_on, null as instalment_key from spans
            union all
            select customer_key, issue_date, 2, null, instalment_key from sold
        ),
        -- Of the spans begun by the day of a sale, the one that ends last tells whether any still ran.
        running as (
            select instalment_key, day, max(ends_on) over (
                partition by customer_key order by day, place rows between unbounded preceding and current row
            ) as overdue_until
            from events
        ),
        while_overdue as (
            select instalment_key from running where instalment_key is not null and overdue_until > day
        ),
        -- Instalments that go beyond the policy, with the invoice they are of.
        beyond as (
            select
                sold.customer_key,
                case when sold.terms_days > ? then items.invoice_id end as long_invoice_id,
                case when while_overdue.instalment_key is not null then items.invoice_id end as sold_invoice_id
            from sold
            inner join int_instalments as items on sold.instalment_key = items.instalment_key
            left join while_overdue on sold.instalment_key = while_overdue.instalment_key
            where sold.terms_days > ? or while_overdue.instalment_key is not null
        ),
        counts as (
            select customer_key, count(distinct long_invoice_id) as long_invoices,
                count(distinct sold_invoice_id) as sold_overdue_invoices
            from beyond
            group by customer_key
        ),
        sums as (
            select
                sold.customer_key,
                sum(sold.amount_base) as sales_base,
                coalesce(sum(sold.amount_base) filter (sold.terms_days > ?), 0) as long_terms_base,
                max(sold.terms_days) as worst_terms_days,
                coalesce(sum(sold.amount_base) filter (while_overdue.instalment_key is not null), 0)
                    as sold_overdue_base
            from sold
            left join while_overdue on sold.instalment_key = while_overdue.instalment_key
            group by sold.customer_key
        ),
        owed as (
            select customer_key, sum(open_base) as open_base
            from fct_open_items
            group by customer_key
        )
        select customers.entity_id, customers.customer_id, customers.customer_name, customers.rep,
            sums.* exclude (customer_key), coalesce(counts.long_invoices, 0) as long_invoices,
            coalesce(counts.sold_overdue_invoices, 0) as sold_overdue_invoices,
            coalesce(owed.open_base, 0) as open_base, customers.credit_limit_base,
            case when customers.credit_limit_base > 0
                then greatest(coalesce(owed.open_base, 0) / cast(customers.credit_limit_base as double), 0)
            end as limit_use,
            case when customers.credit_limit_base > 0
                then greatest(coalesce(owed.open_base, 0) - customers.credit_limit_base, 0)
            end as over_limit_base
        from sums
        inner join dim_customers as customers using (customer_key)
        left join counts using (customer_key)
        left join owed using (customer_key)
        order by sums.sold_overdue_base desc, sums.long_terms_base desc, customers.entity_id, customers.customer_id
        """,
        [since, *values, stop_days, since, stop_days, terms_days, terms_days, terms_days],
    )


def ability(con: Connection, scope: Scope) -> pd.DataFrame:
    """Customers with an open balance and the signs of their ability to pay, the most signs and the largest first.

    entity_id, customer_id, customer_name, rep, payer_class, open_base, overdue_base, credit_limit_base, limit_use,
    days_late_earlier and days_late_recent (amount-weighted, the year before the last three months and these), broken
    (promises not kept since the last one kept), signs.
    """
    condition, values = scope.where("customers")
    return _frame(
        con,
        f"""
        with known as (
            select
                customers.entity_id, customers.customer_id, customers.customer_name, customers.rep,
                priority.payer_class, components.open_base, components.overdue_base, components.credit_limit_base,
                case when components.credit_limit_base > 0
                    then greatest(components.open_base / cast(components.credit_limit_base as double), 0)
                end as limit_use,
                components.days_late_before as days_late_earlier,
                components.days_late_recent,
                coalesce(components.promise_level, 1) - 1 as broken
            from fct_payer_components as components
            inner join fct_payer_priority as priority using (customer_key)
            inner join dim_customers as customers using (customer_key)
            where components.open_base > 0 and {condition}
        )
        select *,
            cast(coalesce(limit_use >= {LIMIT_SIGN}, false) as integer)
            + cast(coalesce(days_late_recent > days_late_earlier + {SLOWER_SIGN}, false) as integer)
            + cast(broken > 0 as integer) as signs
        from known
        order by signs desc, open_base desc, entity_id, customer_id
        """,
        values,
    )


def tied_up(con: Connection, scope: Scope, since: dt.date, until: dt.date) -> pd.DataFrame:
    """What each customer bought from each rep in (since, until], and the money its invoices tied up then.

    entity_id, customer_id, customer_name, rep, sales_base (invoices less credit notes), amount_days (the open amount
    of each day, from the day of issue), written_off_base.
    """
    condition, values = scope.where("accounts")
    return _frame(
        con,
        f"""
        with period as (select cast(? as date) as since, cast(? as date) as until),
        invoices as (
            select invoices.instalment_key, invoices.account_key, invoices.issue_date, invoices.amount_base,
                greatest(invoices.issue_date, period.since) as starts_on, period.since, period.until
            from int_instalment_balances as invoices
            cross join period
            inner join int_accounts as accounts on invoices.account_key = accounts.account_key
            where invoices.issue_date <= period.until
                and (invoices.closed_on is null or invoices.closed_on > period.since) and {condition}
        ),
        billed as (
            select
                account_key,
                coalesce(sum(amount_base) filter (issue_date > since), 0) as sales_base,
                sum(amount_base * (until - starts_on)) as billed_days
            from invoices
            group by account_key
        ),
        paid as (
            select
                invoices.account_key,
                sum(applications.amount_base * (invoices.until - greatest(applications.applied_on, invoices.starts_on)))
                    as paid_days,
                coalesce(sum(applications.amount_base) filter (
                    applications.kind = 'write_off' and applications.applied_on > invoices.since
                ), 0) as written_off_base
            from int_applications as applications
            inner join invoices on applications.instalment_key = invoices.instalment_key
            where applications.applied_on <= invoices.until
            group by invoices.account_key
        )
        select accounts.entity_id, accounts.customer_id, customers.customer_name, accounts.rep,
            sum(billed.sales_base) as sales_base,
            sum(billed.billed_days - coalesce(paid.paid_days, 0)) as amount_days,
            sum(coalesce(paid.written_off_base, 0)) as written_off_base
        from billed
        inner join int_accounts as accounts on billed.account_key = accounts.account_key
        inner join dim_customers as customers on accounts.customer_key = customers.customer_key
        left join paid on billed.account_key = paid.account_key
        group by accounts.entity_id, accounts.customer_id, customers.customer_name, accounts.rep
        order by accounts.entity_id, accounts.customer_id, accounts.rep
        """,
        [since, until, *values],
    )


def customer_numbers(con: Connection, scope: Scope) -> dict[str, tuple[str, ...]]:
    """The entities of every customer number in the scope."""
    condition, values = scope.where()
    rows = con.cursor().execute(
        f"select customer_id, list_sort(list(entity_id)) from dim_customers where {condition} group by customer_id",
        values,
    )
    return {row[0]: tuple(row[1]) for row in rows.fetchall()}


def expected_losses(con: Connection, scope: Scope) -> pd.DataFrame:
    """The provision on what each customer owes each rep, by the roll rates of the whole company.

    entity_id, customer_id, rep, expected_loss_base; NaN where a bucket has money but no known loss rate.
    """
    rates = provision(con, Scope())[["bucket", "loss_rate"]]
    condition, values = scope.where()
    owed = _frame(
        con,
        f"""
        select entity_id, customer_id, rep, bucket, sum(open_base) as open_base
        from fct_aging
        where bucket <> 'unapplied' and {condition}
        group by entity_id, customer_id, rep, bucket
        order by entity_id, customer_id, rep, bucket
        """,
        values,
    ).merge(rates, on="bucket", how="left")
    owed["expected_loss_base"] = owed["open_base"] * owed["loss_rate"]
    owed["unknown"] = owed["expected_loss_base"].isna()
    sums = owed.groupby(["entity_id", "customer_id", "rep"])[["expected_loss_base", "unknown"]].sum().reset_index()
    sums["expected_loss_base"] = sums["expected_loss_base"].where(sums["unknown"] == 0)
    return sums.drop(columns="unknown")
