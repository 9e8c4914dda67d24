"""What the follow-up desk reads from a build: items that notices are about, and balances to confirm."""

import pandas as pd

from pipelines.reporting.queries import Connection, Scope, _frame

MOST_BALANCES = 500  # the largest ones; nobody confirms more in a month


def notice_items(
    con: Connection,
    scope: Scope,
    first_day: int,
    paid_within: int,
    rep: str | None = None,
    customer: tuple[str, str] | None = None,
) -> pd.DataFrame:
    """The open instalments of a rep or a customer that are overdue by at least `first_day` days, oldest first.

    A negative `first_day` takes in what is not due yet. entity_id, customer_id, customer_name, rep, invoice_id,
    instalment_no, due_date, days_past_due, currency, open_doc, open_base, disputed, last_paid_on (the last part payment
    in the `paid_within` days up to the as-of date).
    """
    condition, values = scope.where("items")
    entity_id, customer_id = customer or (None, None)
    return _frame(
        con,
        f"""
        with paid as (
            select instalment_key, max(applied_on) as last_paid_on
            from fct_applications
            where applied_on > (select as_of - ? from build_info) and kind = 'payment' and amount_doc > 0
            group by instalment_key
        )
        select items.entity_id, items.customer_id, items.rep,
            coalesce(customers.customer_name, items.customer_id) as customer_name,
            items.invoice_id, items.instalment_no, items.due_date, items.days_past_due, items.currency,
            items.open_doc, items.open_base, items.disputed, paid.last_paid_on
        from fct_open_items as items
        inner join dim_customers as customers on items.customer_key = customers.customer_key
        left join paid on items.item_key = paid.instalment_key
        where items.days_past_due >= ? and items.open_doc > 0 and (? is null or items.rep = ?)
            and (? is null or (items.entity_id = ? and items.customer_id = ?)) and {condition}
        order by items.days_past_due desc, items.customer_id, items.invoice_id, items.instalment_no
        """,
        [paid_within, first_day, rep, rep, entity_id, entity_id, customer_id, *values],
    )


def balances(con: Connection, scope: Scope) -> pd.DataFrame:
    """The largest balances per customer and currency: ids, customer_name, rep, currency, open_doc, open_base."""
    condition, values = scope.where("items")
    return _frame(
        con,
        f"""
        select items.entity_id, items.customer_id, coalesce(any_value(customers.customer_name), items.customer_id)
            as customer_name, any_value(customers.rep) as rep, items.currency, sum(items.open_doc) as open_doc,
            sum(items.open_base) as open_base
        from fct_open_items as items
        inner join dim_customers as customers on items.customer_key = customers.customer_key
        where {condition}
        group by items.entity_id, items.customer_id, items.currency
        having sum(items.open_doc) > 0
        order by open_base desc, items.entity_id, items.customer_id, items.currency
        limit {MOST_BALANCES}
        """,
        values,
    )
