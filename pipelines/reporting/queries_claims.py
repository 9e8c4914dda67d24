"""What escalation and law read from a build: customers overdue for long, and claims that grow old."""

import datetime as dt

import pandas as pd

from pipelines.reporting.queries import Connection, Scope, _frame


def overdue_for(con: Connection, scope: Scope, days: int) -> pd.DataFrame:
    """Customers with something overdue for at least `days`, most overdue first.

    entity_id, customer_id, customer_name, rep, open_base, overdue_base, max_days_past_due.
    """
    condition, values = scope.where("items")
    return _frame(
        con,
        f"""
        with late as (
            select
                items.entity_id,
                items.customer_id,
                sum(items.open_base) as open_base,
                sum(items.open_base) filter (items.days_past_due > 0) as overdue_base,
                max(items.days_past_due) filter (items.days_past_due > 0) as max_days_past_due
            from fct_open_items as items
            where {condition}
            group by items.entity_id, items.customer_id
        )
        select late.entity_id, late.customer_id, customers.customer_name, customers.rep, late.open_base,
            late.overdue_base, late.max_days_past_due
        from late
        inner join dim_customers as customers using (entity_id, customer_id)
        where late.max_days_past_due >= ?
        order by late.overdue_base desc, late.entity_id, late.customer_id
        """,
        [*values, days],
    )


def old_claims(con: Connection, scope: Scope, due_until: dt.date) -> pd.DataFrame:
    """Open items due on or before a day, oldest first: a claim runs for each instalment from its own due date.

    entity_id, customer_id, customer_name, rep, invoice_id, instalment_no, due_date, open_base.
    """
    condition, values = scope.where("items")
    return _frame(
        con,
        f"""
        select items.entity_id, items.customer_id, customers.customer_name, items.rep, items.invoice_id,
            items.instalment_no, items.due_date, items.open_base
        from fct_open_items as items
        inner join dim_customers as customers using (entity_id, customer_id)
        where items.days_past_due is not null and items.due_date <= ? and {condition}
        order by items.due_date, items.open_base desc, items.invoice_id
        """,
        [due_until, *values],
    )
