"""Overdue items and their amount-days for the page about what money waits for."""

import pandas as pd

from pipelines.reporting.queries import Connection, Scope, _frame

MONTHS = 12


def overdue_items(
    con: Connection, scope: Scope, of_customers: tuple[tuple[str, str], ...] | None = None
) -> pd.DataFrame:
    """Overdue invoices, most amount-days first; those of some customers (entity_id, customer_id) where they are named.

    entity_id, customer_id, customer_name, rep, invoice_id, due_date, due_basis, days_past_due, overdue_base,
    amount_days (open amount × days overdue, summed over its instalments).
    """
    condition, values = scope.where("items")
    if of_customers is not None:
        condition += f" and (customers.entity_id, customers.customer_id) in ({_pairs(len(of_customers))})"
        values += _flat(of_customers)
    return _frame(
        con,
        f"""
        select items.entity_id, items.customer_id, any_value(customers.customer_name) as customer_name,
            any_value(items.rep) as rep, items.invoice_id, min(items.due_date) as due_date,
            any_value(items.due_basis) as due_basis, max(items.days_past_due) as days_past_due,
            sum(items.open_base) as overdue_base, sum(items.open_base * items.days_past_due) as amount_days
        from fct_open_items as items
        inner join dim_customers as customers using (customer_key)
        where items.days_past_due > 0 and {condition}
        group by items.entity_id, items.customer_id, items.invoice_id
        order by amount_days desc, items.entity_id, items.invoice_id
        """,
        values,
    )


def due_bases(con: Connection, scope: Scope) -> pd.DataFrame:
    """How sure due dates are: due_basis (contractual, derived, assumed), invoices, open_base, overdue_base."""
    condition, values = scope.where()
    return _frame(
        con,
        f"""
        select due_basis, count(distinct (entity_id, invoice_id)) as invoices, sum(open_base) as open_base,
            coalesce(sum(open_base) filter (days_past_due > 0), 0) as overdue_base
        from fct_open_items
        where days_past_due is not null and {condition}
        group by due_basis
        order by open_base desc
        """,
        values,
    )


def month_days(con: Connection, scope: Scope, customers: tuple[tuple[str, str], ...] | None = None) -> pd.DataFrame:
    """Overdue amount-days that accrued in each of the last twelve complete months: month_end, amount_days.

    With `customers` (entity_id, customer_id) it is by invoice of these alone: month_start, month_end, entity_id,
    customer_id, invoice_id, amount_days. An item counts on each day after its due date with what was open then.
    """
    condition, values = scope.where("accounts")
    about = ["months.month_end"]
    if customers is not None:
        about += ["months.month_start", "accounts.entity_id", "accounts.customer_id", "instalments.invoice_id"]
        condition += f" and (accounts.entity_id, accounts.customer_id) in ({_pairs(len(customers))})"
    by_invoice = "inner join int_instalments as instalments using (account_key, instalment_key)"
    kept = ", ".join(name.split(".")[1] for name in about)
    names = ", ".join(f"stretches.{name.split('.')[1]}" for name in about)
    return _frame(
        con,
        f"""
        with months as (
            select month_end, month_end - days as month_start
            from ref_months
            order by month_no desc
            limit {MONTHS}
        ),
        stretches as (
            select {", ".join(about)}, balances.account_key, balances.instalment_key, balances.amount_base,
                months.month_end as end_on, greatest(balances.due_date, months.month_start) as start_on
            from int_instalment_balances as balances
            {"" if customers is None else by_invoice}
            inner join int_accounts as accounts on balances.account_key = accounts.account_key
            inner join months
                on balances.due_date < months.month_end
                and (balances.closed_on is null or balances.closed_on > months.month_start)
            where balances.amount_doc > 0 and {condition}
        ),
        changes as (
            select {names}, stretches.amount_base * (stretches.end_on - stretches.start_on) as amount_days
            from stretches
            union all
            select {names}, -applications.amount_base * greatest(
                stretches.end_on - greatest(applications.applied_on - 1, stretches.start_on), 0
            )
            from stretches
            inner join int_applications as applications using (account_key, instalment_key)
            where applications.applied_on <= stretches.end_on
        )
        select {kept}, cast(sum(amount_days) as double) as amount_days
        from changes
        group by {kept}
        order by month_end
        """,
        [*values, *_flat(customers or ())],
    )


def invoice_amounts(con: Connection, scope: Scope, invoices: tuple[tuple[str, str], ...]) -> pd.DataFrame:
    """What is known of these invoices (entity_id, invoice_id) within the scope.

    entity_id, invoice_id, customer_id, customer_name, rep, due_date, amount_base, open_base, closed_on.
    """
    condition, values = scope.where("invoices")
    return _frame(
        con,
        f"""
        select invoices.entity_id, invoices.invoice_id, invoices.customer_id,
            any_value(customers.customer_name) as customer_name, any_value(invoices.rep) as rep,
            min(invoices.due_date) as due_date, sum(invoices.amount_base) as amount_base,
            sum(invoices.open_base) as open_base, max(invoices.closed_on) as closed_on
        from fct_invoices as invoices
        inner join dim_customers as customers using (customer_key)
        where {condition} and (invoices.entity_id, invoices.invoice_id) in ({_pairs(len(invoices))})
        group by invoices.entity_id, invoices.invoice_id, invoices.customer_id
        """,
        [*values, *_flat(invoices)],
    )


def _pairs(count: int) -> str:
    """Placeholders for pairs of keys; none at all is one that nothing equals."""
    return ", ".join(["(?, ?)"] * count) or "(null, null)"


def _flat(pairs: tuple[tuple[str, str], ...]) -> list[str]:
    return [part for pair in pairs for part in pair]
