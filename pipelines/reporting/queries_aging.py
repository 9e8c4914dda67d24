"""Aging on any day up to the as-of date, from the facts of a build and without a new one, within a Scope."""

import datetime as dt
import json
from collections.abc import Sequence
from itertools import pairwise

import pandas as pd

from pipelines.building import sources
from pipelines.errors import UserError
from pipelines.reporting.queries import Connection, Scope, _frame, _row
from pipelines.reporting.queries_balances import MOST_OVERDUE

LEDGER_MONTHS = (3, 6, 12, 24, 36)  # last month of each ledger age, the last one open-ended

# Each instalment that was not closed by the day, less what was applied to it by then, and money not applied by then.
# Its applications are looked up only where the day lies between the first and the last of them, and by account too:
# both sides are sorted by it, which lets the engine pass over most of them.
OPEN_AT = """
    candidates as (
        select
            instalment_key, account_key, issue_date, due_date, amount_doc, amount_base, open_doc, open_base,
            coalesce(first_applied_on <= $day, false) as has_begun,
            coalesce(last_applied_on <= $day, false) as has_ended
        from int_instalment_balances
        where issue_date <= $day and (closed_on is null or closed_on > $day)
    ),
    applied as (
        select
            due.instalment_key,
            sum(applications.amount_doc) as amount_doc,
            sum(applications.amount_base) as amount_base
        from candidates as due
        inner join int_applications as applications using (account_key, instalment_key)
        where due.has_begun and not due.has_ended and applications.applied_on <= $day
        group by due.instalment_key
    ),
    balances as (
        select
            due.*,
            case when has_ended then open_doc else due.amount_doc - coalesce(applied.amount_doc, 0) end as left_doc,
            case when has_ended then open_base else due.amount_base - coalesce(applied.amount_base, 0) end as left_base
        from candidates as due
        left join applied using (instalment_key)
    ),
    open_at as (
        select
            instalment_key as item_key,
            account_key,
            issue_date,
            case when amount_doc > 0 then $day - due_date end as days_past_due,
            amount_base as billed_base,
            left_base as open_base
        from balances
        where abs(left_doc) >= 0.01
        union all
        select
            -line_key, account_key, min(event_on), null,
            coalesce(sum(change_base) filter (change_base < 0), 0),
            sum(change_base)
        from int_unapplied_events
        where event_on <= $day
        group by line_key, account_key
        having abs(sum(change_doc)) >= 0.01
    )
"""


class WrongLedgerAges(UserError):
    """The edges of the ledger ages do not rise, or are no whole months."""

    def __init__(self, edges: Sequence[int]) -> None:
        super().__init__("error.wrong_ledger_ages", edges=", ".join(map(str, edges)))


def first_day(con: Connection) -> dt.date:
    """The day of the first document or receipt: before it nothing was open."""
    found: dt.date = _row(
        con,
        "select least((select min(issue_date) from int_instalment_balances), "
        "(select min(event_on) from int_unapplied_events)) as day",
    )["day"]
    return found


def aging_at(con: Connection, scope: Scope, day: dt.date) -> pd.DataFrame:
    """Open amount and items per bucket as of any `day` up to the as-of date: bucket, bucket_order, open_base, items,
    and billed_base, the full amounts of these items.

    As a build as of that day has them, with what is known today: money that names no invoice may have been applied to
    another invoice of the customer then, which moves it between the customer's buckets and leaves the balance.
    """
    limit, named = _accounts(scope)
    return _frame(
        con,
        f"""
        with {OPEN_AT},
        by_day as (
            select days_past_due, sum(open_base) as open_base, count(*) as items, sum(billed_base) as billed_base
            from open_at
            where {limit}
            group by days_past_due
        ),
        aged as (select *, {_bucket(con)} as bucket_order from by_day)
        select
            buckets.bucket, buckets.bucket_order, sum(aged.open_base) as open_base,
            cast(sum(aged.items) as bigint) as items,
            sum(aged.billed_base) as billed_base
        from aged
        inner join ref_buckets as buckets using (bucket_order)
        group by buckets.bucket, buckets.bucket_order
        order by buckets.bucket_order
        """,
        {"day": day, **named},
    )


def aging_heatmap_at(con: Connection, scope: Scope, day: dt.date, top: int = 50) -> pd.DataFrame:
    """The customers with most overdue, then most open, by bucket as of `day`; as `queries_buckets.aging_heatmap`."""
    condition, named = _named(scope)
    return _frame(
        con,
        f"""
        with {OPEN_AT},
        cells as (
            select accounts.customer_key, {_bucket(con)} as bucket_order, sum(open_base) as open_base,
                count(*) as items
            from open_at
            inner join int_accounts as accounts using (account_key)
            where {condition}
            group by accounts.customer_key, 2
        ),
        most as (
            select
                customer_key,
                sum(open_base) as open_base,
                coalesce(sum(open_base) filter (bucket_order between 1 and 98), 0) as overdue_base
            from cells
            group by customer_key
        ),
        ranked as (
            select customer_key, row_number() over (order by {MOST_OVERDUE}) as place
            from most
            inner join dim_customers using (customer_key)
            order by place
            limit $top
        )
        select customers.entity_id, customers.customer_id, customers.customer_name, buckets.bucket,
            cells.bucket_order, cells.open_base, cells.items, ranked.place
        from cells
        inner join ranked using (customer_key)
        inner join dim_customers as customers using (customer_key)
        inner join ref_buckets as buckets using (bucket_order)
        order by ranked.place, cells.bucket_order
        """,
        {"day": day, "top": top, **named},
    )


def ledger_aging_at(con: Connection, scope: Scope, day: dt.date, months: Sequence[int] = LEDGER_MONTHS) -> pd.DataFrame:
    """Ledger age, from the issue date, side by side with the overdue age, from the due date, as of `day`.

    age (`0-3`: up to and with three months, ..., `36+`, `unapplied`), age_order, bucket, bucket_order, open_base,
    items. An item is three months old on the same day of the third month after, and older the day after. Raises
    WrongLedgerAges when `months` are not rising whole numbers above 0.
    """
    ages = ledger_ages(months)
    limit, named = _accounts(scope)
    reached = " + ".join(f"cast($day > issue_date + to_months({edge}) as integer)" for edge in months)
    names = " ".join(f"when {order} then '{name}'" for name, order in ages)
    return _frame(
        con,
        f"""
        with {OPEN_AT},
        -- Ages are the same for all that was issued and falls due on the same days, and there are few such days.
        by_day as (
            select issue_date, days_past_due, sum(open_base) as open_base, count(*) as items
            from open_at
            where {limit}
            group by issue_date, days_past_due
        ),
        aged as (
            select
                case when days_past_due is null then {sources.UNAPPLIED_ORDER} else {reached} end as age_order,
                {_bucket(con)} as bucket_order,
                open_base,
                items
            from by_day
        )
        select
            case aged.age_order {names} end as age, aged.age_order,
            buckets.bucket, buckets.bucket_order, sum(aged.open_base) as open_base,
            cast(sum(aged.items) as bigint) as items
        from aged
        inner join ref_buckets as buckets using (bucket_order)
        group by aged.age_order, buckets.bucket, buckets.bucket_order
        order by aged.age_order, buckets.bucket_order
        """,
        {"day": day, **named},
    )


def exchange_differences(con: Connection, scope: Scope) -> pd.DataFrame:
    """By foreign currency at the as-of date: open_doc, open_base (at booking rates), revalued_base (at the rates of the
    as-of date), unrealised_base and realised_base."""
    condition, values = scope.where()
    return _frame(
        con,
        f"""
        with together as (
            select currency, open_doc, open_base, 0 as unrealised_base, 0 as realised_base
            from fct_open_items
            where currency <> (select settings->>'base_currency' from build_info) and {condition}
            union all
            select
                currency, 0, 0,
                case when kind = 'unrealised' then amount_base else 0 end,
                case when kind = 'realised' then amount_base else 0 end
            from fct_exchange_differences
            where {condition}
        )
        select
            currency, sum(open_doc) as open_doc, sum(open_base) as open_base,
            sum(open_base + unrealised_base) as revalued_base, sum(unrealised_base) as unrealised_base,
            sum(realised_base) as realised_base
        from together
        group by currency
        order by currency
        """,
        [*values, *values],
    )


def ledger_ages(months: Sequence[int]) -> list[tuple[str, int]]:
    """Names of the ledger ages with their order. Raises WrongLedgerAges."""
    if not months or min(months) <= 0 or list(months) != sorted(set(months)) or any(int(m) != m for m in months):
        raise WrongLedgerAges(months)
    named = [(f"{low}-{high}", order) for order, (low, high) in enumerate(pairwise((0, *months)))]
    return [*named, (f"{months[-1]}+", len(months)), (sources.UNAPPLIED, sources.UNAPPLIED_ORDER)]


def _bucket(con: Connection) -> str:
    """The expression that gives the order of an item's bucket, from the edges that the build was made with."""
    edges = json.loads(_row(con, "select settings from build_info")["settings"])["bucket_edges"]
    reached = " + ".join(f"cast(days_past_due > {int(edge)} as integer)" for edge in edges)
    return f"case when days_past_due is null then {sources.UNAPPLIED_ORDER} else {reached} end"


def _named(scope: Scope) -> tuple[str, dict[str, object]]:
    """The scope's condition on `accounts` with named parameters."""
    named: dict[str, object] = {
        f"{column}_{place}": value for column, some in scope.limits().items() for place, value in enumerate(some)
    }
    clauses = [
        f"accounts.{column} in ({', '.join(f'${column}_{place}' for place in range(len(some)))})"
        for column, some in scope.limits().items()
    ]
    return " and ".join(clauses) or "true", named


def _accounts(scope: Scope) -> tuple[str, dict[str, object]]:
    """The scope's condition on account_key with named parameters: where nothing is limited, no account is looked up."""
    condition, named = _named(scope)
    inside = f"account_key in (select account_key from int_accounts as accounts where {condition})"
    return inside if named else "true", named
