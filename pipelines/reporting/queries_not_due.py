"""What is not yet due, split by how soon it falls due, as of any day and within a Scope."""

import datetime as dt
from collections.abc import Sequence
from itertools import pairwise

import pandas as pd

from pipelines.building import sources
from pipelines.reporting.queries import Connection, Scope, _frame
from pipelines.reporting.queries_aging import OPEN_AT, _named


def groups(edges: Sequence[int]) -> list[tuple[str, int]]:
    """Names of the groups with their order, the soonest last, for edges such as (0, 30, 60, 90).

    `due_0` is due on the day itself, `due_1-30` within thirty days, `due_90+` later than the last edge. Orders are 0
    and below, so that the groups stand where the bucket `not_due` stood: before what is overdue.
    """
    named = [(f"due_{low + 1}-{high}", -place) for place, (low, high) in enumerate(pairwise(edges), 1)]
    return [(f"due_{edges[-1]}+", -len(edges)), *reversed(named), ("due_0", 0)]


def not_due_at(con: Connection, scope: Scope, day: dt.date, edges: Sequence[int]) -> pd.DataFrame:
    """The bucket `not_due` of each customer by group, for `edges` as in the setting `not_due_edges`.

    entity_id, customer_id, bucket (a group), bucket_order, open_base, items.
    """
    condition, named = _named(scope)
    passed = " + ".join(f"cast(-days_past_due > {int(edge)} as integer)" for edge in edges)
    names = " ".join(f"when {order} then '{name}'" for name, order in groups(edges))
    return _frame(
        con,
        f"""
        with {OPEN_AT},
        grouped as (
            select accounts.customer_key, -({passed}) as bucket_order, sum(open_base) as open_base, count(*) as items
            from open_at
            inner join int_accounts as accounts using (account_key)
            where days_past_due <= 0 and {condition}
            group by 1, 2
        )
        select customers.entity_id, customers.customer_id, case bucket_order {names} end as bucket, bucket_order,
            open_base, items
        from grouped
        inner join dim_customers as customers using (customer_key)
        order by customers.entity_id, customers.customer_id, bucket_order
        """,
        {"day": day, **named},
    )


def split(cells: pd.DataFrame, not_due: pd.DataFrame) -> pd.DataFrame:
    """Rows of `aging_heatmap_at` with the groups of `not_due_at` in place of the bucket `not_due`."""
    about = cells.columns.difference(not_due.columns)
    customers = cells[["entity_id", "customer_id", *about]].drop_duplicates(["entity_id", "customer_id"])
    grouped = not_due.merge(customers, on=["entity_id", "customer_id"])
    return pd.concat([cells[cells["bucket"] != sources.NOT_DUE], grouped[cells.columns]], ignore_index=True)


def split_total(aging: pd.DataFrame, not_due: pd.DataFrame) -> pd.DataFrame:
    """Rows of `aging_at` with the sums of `not_due_at` in place of the bucket `not_due`, in order."""
    grouped = not_due.groupby(["bucket", "bucket_order"], as_index=False)[["open_base", "items"]].sum()
    kept = aging[aging["bucket"] != sources.NOT_DUE][grouped.columns]
    return pd.concat([grouped, kept], ignore_index=True).sort_values("bucket_order", ignore_index=True)
