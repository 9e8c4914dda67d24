"""One payer and one invoice of a build, and the search for them, each limited to a Scope."""

import datetime as dt
from typing import Any

import pandas as pd

from pipelines.importing.imports_places import built_file_sql
from pipelines.reading.readers_raw import SHEET_LINES
from pipelines.reporting.queries import LONGEST_FORECAST, Connection, Scope, _frame, _row
from pipelines.reporting.queries_balances import MOST_OVERDUE, open_customers


def customer(con: Connection, scope: Scope, entity_id: str, customer_id: str) -> dict[str, Any] | None:
    """One customer's master data and priority, or None where it does not exist or lies outside the scope."""
    key = customer_key(con, scope, entity_id, customer_id)
    if key is None:
        return None
    return _row(
        con,
        """
        select customers.*, priority.* exclude (entity_id, customer_id, rep, region, customer_key)
        from dim_customers as customers
        inner join fct_payer_priority as priority using (customer_key)
        where customers.customer_key = ?
        """,
        [key],
    )


def customer_key(con: Connection, scope: Scope, entity_id: str, customer_id: str) -> int | None:
    """The number a build keeps a customer's facts under, sorted by it; None where it is unknown or out of scope.

    A customer is in scope when it is the reader's own, or has a document of theirs.
    """
    condition, values = scope.where()
    row = _row(
        con,
        f"select customer_key from int_accounts where entity_id = ? and customer_id = ? and {condition} limit 1",
        [entity_id, customer_id, *values],
    )
    return row.get("customer_key")


def customer_open_items(
    con: Connection, scope: Scope, entity_id: str, customer_id: str, bucket: str | None = None
) -> pd.DataFrame:
    """A customer's open items with their risk, oldest due first; `bucket` limits them to one aging bucket.

    `is_beyond_forecast`: no payment is expected within the longest forecast, of which expected_pay_date is the end.
    """
    condition, values = scope.where("items")
    return _frame(
        con,
        f"""
        select items.*, risk.p_late, risk.p_very_late, risk.expected_pay_date, risk.expected_days_late, risk.risk_band,
            risk.reasons as risk_reasons,
            risk.expected_pay_date - risk.as_of >= {LONGEST_FORECAST} as is_beyond_forecast
        from fct_open_items as items
        left join fct_late_risk as risk on items.customer_key = risk.customer_key and items.item_key = risk.item_key
        where items.customer_key = ? and {condition} and (? is null or items.bucket = ?)
        order by items.due_date nulls last, items.invoice_id, items.instalment_no
        """,
        [customer_key(con, scope, entity_id, customer_id), *values, bucket, bucket],
    )


def customer_payments(con: Connection, scope: Scope, entity_id: str, customer_id: str) -> pd.DataFrame:
    """What was applied to a customer's invoices, newest first, with the days after the due date."""
    condition, values = scope.where()
    return _frame(
        con,
        f"""
        select applied_on, invoice_id, instalment_no, receipt_id, amount_base, amount_doc, currency, kind, method,
            basis, rule, line_key, due_date, received_on - due_date as days_late
        from fct_applications
        where customer_key = ? and due_date is not null and {condition}
        order by applied_on desc, invoice_id, instalment_no
        """,
        [customer_key(con, scope, entity_id, customer_id), *values],
    )


def customer_trend(con: Connection, scope: Scope, entity_id: str, customer_id: str) -> pd.DataFrame:
    """A customer's balance per month end from its first on: month_end, open_base, overdue_base."""
    condition, values = scope.where()
    return _frame(
        con,
        f"""
        with balances as (
            select month_no, sum(open_base) as open_base,
                sum(case when bucket_order between 1 and 98 then open_base else 0 end) as overdue_base
            from int_aging_accounts
            where account_key in (
                select account_key from int_accounts where entity_id = ? and customer_id = ? and {condition}
            )
            group by month_no
        )
        select months.month_end, coalesce(balances.open_base, 0) as open_base,
            coalesce(balances.overdue_base, 0) as overdue_base
        from ref_months as months
        left join balances using (month_no)
        where months.month_no >= (select min(month_no) from balances)
        order by months.month_end
        """,
        [entity_id, customer_id, *values],
    )


def customer_known_from(con: Connection, scope: Scope, entity_id: str, customer_id: str) -> dt.date | None:
    """The day from which a customer's balances are whole, as `queries_balances.known_from` has it for a scope."""
    condition, values = scope.where()
    first: dt.date | None = _row(
        con,
        f"""
        select max(known_from) as day
        from int_open_items_only
        where account_key in (
            select account_key from int_accounts where entity_id = ? and customer_id = ? and {condition}
        )
        """,
        [entity_id, customer_id, *values],
    )["day"]
    return first


def customers(con: Connection, scope: Scope, text: str = "") -> pd.DataFrame:
    """Customers whose name or id contains `text`, most overdue first: ids, name, open_base, overdue_base."""
    balances, values = open_customers(scope)
    return _frame(
        con,
        f"""
        with balances as ({balances})
        select known.entity_id, known.customer_id, known.customer_name,
            coalesce(balances.open_base, 0) as open_base, coalesce(balances.overdue_base, 0) as overdue_base
        from dim_customers as known
        {"inner" if values else "left"} join balances using (customer_key)
        where contains(lower(known.customer_name), lower(?)) or contains(lower(known.customer_id), lower(?))
        order by {MOST_OVERDUE}
        """,
        [*values, text, text],
    )


def invoice(con: Connection, scope: Scope, entity_id: str, invoice_id: str) -> dict[str, pd.DataFrame]:
    """One invoice: its `instalments` with the import and line they came from, and the `applications` to them."""
    condition, values = scope.where("accounts")
    # Its keys first: they are found by text once, and by them little is read of everything else.
    found = con.cursor().execute(
        f"""
        select instalments.customer_key, instalments.instalment_key
        from int_instalments as instalments
        inner join int_accounts as accounts using (account_key)
        where instalments.invoice_id = ? and accounts.entity_id = ? and {condition}
        """,
        [invoice_id, entity_id, *values],
    )
    keys = list(zip(*found.fetchall(), strict=True)) or [(None,), (None,)]
    customers, instalments = (", ".join("?" * len(some)) for some in keys)
    limit, named = f"customer_key in ({customers}) and instalment_key in ({instalments})", [*keys[0], *keys[1]]
    return {
        "instalments": _frame(
            con,
            f"""
            select invoices.* exclude (line_no), {built_file_sql("line_no")} as file_name,
                line_no % {SHEET_LINES} as line_no
            from fct_invoices as invoices
            left join imports using (import_id)
            where {limit}
            order by instalment_no
            """,
            named,
        ),
        "applications": _frame(
            con,
            f"""
            select *, received_on - due_date as days_late
            from fct_applications
            where {limit}
            order by applied_on, instalment_no
            """,
            named,
        ),
    }


def set_offs(con: Connection, scope: Scope, customer_key: int, invoice_id: str) -> pd.DataFrame:
    """What a customer's credit note or prepayment was set off against: invoices of the same settlements, oldest first.

    A settlement is what an export lists under one number on one day: the credit taken in one line, the invoices it goes
    to in others. applied_on, invoice_id, instalment_no, receipt_id, kind, currency, amount_doc, amount_base.
    """
    condition, values = scope.where()
    return _frame(
        con,
        f"""
        with applications as (
            select * from fct_applications where customer_key = ? and receipt_id is not null and {condition}
        ),
        settlements as (
            select distinct receipt_id, applied_on, currency from applications where invoice_id = ?
        )
        select applied_on, invoice_id, instalment_no, receipt_id, kind, currency, amount_doc, amount_base
        from applications
        inner join settlements using (receipt_id, applied_on, currency)
        where invoice_id <> ? and amount_doc > 0
        order by applied_on, invoice_id, instalment_no
        """,
        [customer_key, *values, invoice_id, invoice_id],
    )
