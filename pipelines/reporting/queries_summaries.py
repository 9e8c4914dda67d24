"""What aged summaries say: balances by customer and bucket, without the invoices behind them, within a Scope."""

from typing import Any

import pandas as pd

from pipelines.reporting.queries import Connection, Scope, _frame, _row
from pipelines.reporting.queries_aging import OPEN_AT, _named

NOT_AGED = ("not_due", "unaged")  # buckets whose money is not known to be late
_LATE = f"filter (bucket not in {NOT_AGED})"


def has_documents(con: Connection) -> bool:
    """Whether the build holds an invoice or a receipt; without one the aged summaries are all it can show."""
    found: bool = _row(
        con,
        "select exists (select 1 from int_instalments) or exists (select 1 from int_unapplied_events) as found",
    )["found"]
    return found


def summaries(con: Connection, scope: Scope) -> pd.DataFrame:
    """The summaries in force, the largest first.

    import_id, source, file_name, as_of (its own day, missing where the file states none), customers, open_base,
    overdue_base, unaged_base.
    """
    condition, values = scope.where()
    return _frame(
        con,
        f"""
        with balances as (
            select import_id, count(distinct (entity_id, customer_id)) as customers, sum(open_base) as open_base,
                coalesce(sum(open_base) {_LATE}, 0) as overdue_base,
                coalesce(sum(open_base) filter (bucket = 'unaged'), 0) as unaged_base
            from fct_aged_summary
            where is_newest and {condition}
            group by import_id
        )
        select imports.import_id, imports.source, imports.file_name, imports.as_of, balances.customers,
            balances.open_base, balances.overdue_base, balances.unaged_base
        from balances
        inner join imports using (import_id)
        order by balances.open_base desc, imports.import_no
        """,
        values,
    )


def summary_totals(con: Connection, scope: Scope, import_id: str) -> dict[str, Any]:
    """Headline figures of one summary, Decimal in base currency: open, not_due, overdue, unaged, customers."""
    condition, values = scope.where()
    return _row(
        con,
        f"""
        select
            coalesce(sum(open_base), 0) as open,
            coalesce(sum(open_base) filter (bucket = 'not_due'), 0) as not_due,
            coalesce(sum(open_base) {_LATE}, 0) as overdue,
            coalesce(sum(open_base) filter (bucket = 'unaged'), 0) as unaged,
            count(distinct (entity_id, customer_id)) as customers,
            count(distinct (entity_id, customer_id)) filter (bucket not in {NOT_AGED} and open_base > 0)
                as overdue_customers
        from fct_aged_summary
        where is_newest and import_id = ? and {condition}
        """,
        [import_id, *values],
    )


def summary_heatmap(con: Connection, scope: Scope, import_id: str, top: int = 50) -> pd.DataFrame:
    """The customers of one summary with most overdue, then most open, by the summary's own buckets.

    The columns of `queries_buckets.aging_heatmap`; `items` is how many lines of the summary hold the amount.
    """
    condition, values = scope.where()
    return _frame(
        con,
        f"""
        with cells as (
            select entity_id, customer_id, max(customer_name) as customer_name, bucket, bucket_order,
                sum(open_base) as open_base, count(*) as items
            from fct_aged_summary
            where is_newest and import_id = ? and {condition}
            group by entity_id, customer_id, bucket, bucket_order
        ),
        ranked as (
            select entity_id, customer_id, row_number() over (
                order by coalesce(sum(open_base) {_LATE}, 0) desc, sum(open_base) desc, entity_id, customer_id
            ) as place
            from cells
            group by entity_id, customer_id
            qualify place <= ?
        )
        select cells.*, ranked.place
        from cells
        inner join ranked using (entity_id, customer_id)
        order by ranked.place, cells.bucket_order
        """,
        [import_id, *values, top],
    )


def against_documents(con: Connection, scope: Scope, import_id: str) -> pd.DataFrame:
    """One summary beside what the documents give for the same day, customer by customer.

    The customers of the summary come first, of each kind the widest gap first.

    entity_id, customer_id, customer_name, summary_base, documents_base, difference (summary less documents), found_in
    (`both`, `summary`, `documents`). A customer is the same when its number is, else when its name is.
    """
    condition, named = _named(scope)
    return _frame(
        con,
        f"""
        with listed as (
            select coalesce(max(as_of), (select as_of from build_info)) as day
            from fct_aged_summary
            where import_id = $import_id
        ),
        {OPEN_AT.replace("$day", "(select day from listed)")},
        documents as (
            select accounts.entity_id, accounts.customer_id, customers.customer_name, sum(open_base) as open_base
            from open_at
            inner join int_accounts as accounts using (account_key)
            inner join dim_customers as customers on accounts.customer_key = customers.customer_key
            where {condition}
            group by accounts.entity_id, accounts.customer_id, customers.customer_name
            having sum(open_base) <> 0
        ),
        summary as (
            select entity_id, customer_id, max(customer_name) as customer_name, sum(open_base) as open_base
            from fct_aged_summary as accounts
            where import_id = $import_id and {condition}
            group by entity_id, customer_id
        ),
        matched as (
            select summary.*, coalesce(by_number.customer_id, by_name.customer_id) as documents_customer_id
            from summary
            left join documents as by_number
                on summary.entity_id = by_number.entity_id and summary.customer_id = by_number.customer_id
            left join (
                select entity_id, lower(trim(customer_name)) as name, min(customer_id) as customer_id
                from documents
                group by entity_id, lower(trim(customer_name))
            ) as by_name
                on summary.entity_id = by_name.entity_id and lower(trim(summary.customer_name)) = by_name.name
        ),
        summed as (
            select entity_id, coalesce(documents_customer_id, customer_id) as customer_id,
                max(customer_name) as customer_name, sum(open_base) as open_base
            from matched
            group by entity_id, coalesce(documents_customer_id, customer_id)
        )
        select
            coalesce(summed.entity_id, documents.entity_id) as entity_id,
            coalesce(summed.customer_id, documents.customer_id) as customer_id,
            coalesce(documents.customer_name, summed.customer_name) as customer_name,
            coalesce(summed.open_base, 0) as summary_base,
            coalesce(documents.open_base, 0) as documents_base,
            coalesce(summed.open_base, 0) - coalesce(documents.open_base, 0) as difference,
            case when documents.customer_id is null then 'summary' when summed.customer_id is null then 'documents'
                else 'both' end as found_in
        from summed
        full join documents on summed.entity_id = documents.entity_id and summed.customer_id = documents.customer_id
        order by summed.customer_id is null, abs(coalesce(summed.open_base, 0) - coalesce(documents.open_base, 0)) desc,
            customer_id
        """,
        {"import_id": import_id, **named},
    )
