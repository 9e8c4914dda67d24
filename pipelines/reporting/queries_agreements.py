"""What the page of promises and plans reads from a build: money received, customers concerned, a plan's effect."""

from decimal import Decimal
from typing import Any

import pandas as pd

from pipelines.reporting.queries import Connection, Scope, _frame, _row


def received(con: Connection) -> dict[tuple[int, int], Decimal]:
    """What came in for each agreed payment, by version and instalment number (0: a promise), in its own currency."""
    rows = con.cursor().execute("select version_id, part_no, received from fct_promises").fetchall()
    return {(row[0], row[1]): row[2] for row in rows}


def customers_named(con: Connection, scope: Scope, customers: tuple[tuple[str, str], ...]) -> pd.DataFrame:
    """Those of `customers` (entity_id, customer_id) within the scope, with what they owe.

    entity_id, customer_id, customer_name, rep, region, open_base, overdue_base, max_days_past_due.
    """
    condition, values = scope.where("customers")
    return _frame(
        con,
        f"""
        with asked as (select unnest(?::varchar[]) as entity_id, unnest(?::varchar[]) as customer_id),
        chosen as (
            select customers.entity_id, customers.customer_id, customers.customer_name, customers.rep, customers.region
            from dim_customers as customers
            inner join asked using (entity_id, customer_id)
            where {condition}
        )
        select chosen.*,
            coalesce(sum(items.open_base), 0) as open_base,
            coalesce(sum(items.open_base) filter (items.days_past_due > 0), 0) as overdue_base,
            coalesce(max(items.days_past_due), 0) as max_days_past_due
        from chosen
        left join fct_open_items as items using (entity_id, customer_id)
        group by all
        order by overdue_base desc, entity_id, customer_id
        """,
        [[entity for entity, _ in customers], [customer for _, customer in customers], *values],
    )


def customer_forecast(con: Connection, scope: Scope, entity_id: str, customer_id: str) -> dict[str, Any]:
    """One customer's expected receipts as the build has them, and how far its promises are trusted.

    forecast (week_no, week_start, expected_base), as_of, open_base (invoices open, less money in hand), kept_share: by
    the rule of int_promised_shares.
    """
    condition, values = scope.where("accounts")
    forecast = _frame(
        con,
        f"""
        select starts.week_no, starts.week_start, coalesce(sum(weeks.expected_base), 0) as expected_base
        from ref_weeks as starts
        left join (
            select weeks.week_no, weeks.expected_base
            from int_cash_weeks as weeks
            inner join int_accounts as accounts using (account_key)
            where accounts.entity_id = ? and accounts.customer_id = ? and {condition}
        ) as weeks on starts.week_no = weeks.week_no
        group by starts.week_no, starts.week_start
        order by starts.week_no
        """,
        [entity_id, customer_id, *values],
    )
    known = _row(
        con,
        """
        select
            (select as_of from build_info) as as_of,
            (select coalesce(sum(open_base), 0) from fct_open_items where entity_id = ? and customer_id = ?)
                as open_base,
            count(*) filter (state = 'kept') as all_kept,
            count(*) filter (state <> 'open') as all_ended,
            count(*) filter (state = 'kept' and entity_id = ? and customer_id = ?) as kept,
            count(*) filter (state <> 'open' and entity_id = ? and customer_id = ?) as ended
        from fct_promises
        """,
        [entity_id, customer_id] * 3,
    )
    usual = (known["all_kept"] + 3) / (known["all_ended"] + 4)
    return {
        "forecast": forecast,
        "as_of": known["as_of"],
        "open_base": float(known["open_base"]),
        "kept_share": (known["kept"] + 3 * usual) / (known["ended"] + 3),
    }
