"""What the pages ask of merged customers: who can be compared, and which merges a build has applied."""

import pandas as pd

from pipelines.reporting.queries import Connection, Scope, _frame


def merged(con: Connection) -> dict[tuple[str, str], str]:
    """The customers that this build merged, (entity_id, customer_id), with the number their rows stand under."""
    rows = con.cursor().execute("select entity_id, customer_id, into_id from dim_customer_merges").fetchall()
    return {(entity_id, customer_id): into for entity_id, customer_id, into in rows}


def customers_to_compare(con: Connection, scope: Scope) -> pd.DataFrame:
    """Every customer with what tells it from another, those of aged summaries too.

    entity_id, customer_id, customer_name, rep, region, decision_maker, acceptor, payer, tax_id, has_master (a customer
    export names it), documents, items (open), open_base, last_issued_on.
    """
    condition, values = scope.where("customers")
    return _frame(
        con,
        f"""
        with billed as (
            select customer_key, count(*) as documents, max(issue_date) as last_issued_on
            from int_instalments
            group by customer_key
        ),
        owing as (
            select customer_key, count(*) as items, sum(open_base) as open_base
            from fct_open_items
            group by customer_key
        ),
        known as (
            select customers.entity_id, customers.customer_id, customers.customer_name, customers.rep,
                customers.region, customers.decision_maker, customers.acceptor, customers.payer, customers.tax_id,
                coalesce(customers.industry, customers.customer_type, customers.payment_run, customers.payer,
                    cast(customers.credit_limit_base as varchar)) is not null as has_master,
                coalesce(billed.documents, 0) as documents, coalesce(owing.items, 0) as items,
                coalesce(owing.open_base, 0) as open_base, billed.last_issued_on
            from dim_customers as customers
            left join billed on customers.customer_key = billed.customer_key
            left join owing on customers.customer_key = owing.customer_key
            where customers.customer_id <> ''
            union all
            select summaries.entity_id, summaries.customer_id, max(summaries.customer_name), max(summaries.rep),
                max(summaries.region), null, null, null, null, false, 0, 0, sum(summaries.open_base), null
            from fct_aged_summary as summaries
            where summaries.is_newest and not exists (
                select 1 from dim_customers as customers
                where customers.entity_id = summaries.entity_id and customers.customer_id = summaries.customer_id
            )
            group by summaries.entity_id, summaries.customer_id
        )
        select * from known as customers
        where {condition}
        order by entity_id, customer_id
        """,
        values,
    )
