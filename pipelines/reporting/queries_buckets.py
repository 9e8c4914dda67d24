"""Aging by bucket as the build holds it: at the as-of date and at the month ends."""

import pandas as pd

from pipelines.reporting.queries import Connection, Scope, _frame
from pipelines.reporting.queries_balances import MOST_OVERDUE, open_customers


def aging(con: Connection, scope: Scope) -> pd.DataFrame:
    """Open amount and items per bucket: bucket, bucket_order, open_base, items."""
    condition, values = scope.where()
    return _frame(
        con,
        f"""
        select bucket, bucket_order, sum(open_base) as open_base, sum(items) as items
        from fct_aging
        where {condition}
        group by bucket, bucket_order
        order by bucket_order
        """,
        values,
    )


def aging_heatmap(con: Connection, scope: Scope, top: int = 50) -> pd.DataFrame:
    """The customers with most overdue, then most open, by bucket: one row per customer and bucket with an amount."""
    condition, values = scope.where()
    customers, limits = open_customers(scope)
    ranking = (
        f"""
        select customer_key, entity_id, customer_id, customer_name,
            row_number() over (order by {MOST_OVERDUE}) as place
        from (select * from ({customers}) order by {MOST_OVERDUE} limit ?)
        inner join dim_customers using (customer_key, entity_id, customer_id)
        """
        if limits
        else """
        select customer_key, entity_id, customer_id, customer_name, place from fct_overdue_ranking where place <= ?
        """
    )
    return _frame(
        con,
        f"""
        with ranked as materialized ({ranking}),
        cells as (
            select customer_key, bucket, bucket_order, sum(open_base) as open_base, sum(items) as items
            from fct_aging
            where customer_key in (select customer_key from ranked) and {condition}
            group by all
        )
        select ranked.entity_id, ranked.customer_id, ranked.customer_name, cells.bucket, cells.bucket_order,
            cells.open_base, cells.items, ranked.place
        from cells
        inner join ranked using (customer_key)
        order by ranked.place, cells.bucket_order
        """,
        [*limits, top, *values],
    )


def aging_trend(con: Connection, scope: Scope) -> pd.DataFrame:
    """Open amount per month end and bucket: month_end, bucket, bucket_order, open_base."""
    condition, values = scope.where()
    return _frame(
        con,
        f"""
        select month_end, bucket, bucket_order, sum(open_base) as open_base
        from fct_aging_desks
        where {condition}
        group by month_end, bucket, bucket_order
        order by month_end, bucket_order
        """,
        values,
    )
