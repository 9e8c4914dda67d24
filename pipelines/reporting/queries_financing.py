"""What financing reads from a build: open items with the day they are expected, and what bills have brought."""

from decimal import Decimal

import pandas as pd

from pipelines.reporting.queries import LONGEST_FORECAST, Connection, Scope, _frame


def items_to_finance(con: Connection, scope: Scope, entity_id: str, customer_id: str) -> pd.DataFrame:
    """A customer's open items (an instalment each) by amount, with the columns of `largest_to_finance`."""
    return _open_invoices(con, scope, customer=(entity_id, customer_id))


def largest_to_finance(con: Connection, scope: Scope, top: int) -> pd.DataFrame:
    """The `top` largest open items in the scope: entity_id, customer_id, customer_name, invoice_id, instalment_no,
    due_date, days_past_due, open_base, expected_pay_date, is_beyond_forecast, p_very_late; and on each row how many
    there are: whole, whole_base. `is_beyond_forecast` as in `queries_payers.customer_open_items`."""
    return _open_invoices(con, scope, top=top)


def _open_invoices(
    con: Connection, scope: Scope, customer: tuple[str, str] | None = None, top: int | None = None
) -> pd.DataFrame:
    condition, values = scope.where()
    return _frame(
        con,
        f"""
        with items as (
            select entity_id, customer_id, customer_key, invoice_id, instalment_no, due_date, days_past_due, open_base,
                count(*) over () as whole, sum(open_base) over () as whole_base
            from fct_open_items
            where days_past_due is not null and open_base > 0 and {condition}
                {"and entity_id = ? and customer_id = ?" if customer else ""}
            order by open_base desc, entity_id, invoice_id, instalment_no
            {"limit ?" if top is not None else ""}
        )
        select items.entity_id, items.customer_id, customers.customer_name, items.invoice_id, items.instalment_no,
            items.due_date, items.days_past_due, items.open_base, risk.expected_pay_date,
            risk.expected_pay_date - risk.as_of >= {LONGEST_FORECAST} as is_beyond_forecast, risk.p_very_late,
            items.whole, items.whole_base
        from items
        inner join dim_customers as customers using (customer_key)
        left join fct_late_risk as risk
            on items.entity_id = risk.entity_id
            and items.invoice_id = risk.invoice_id
            and items.instalment_no = risk.instalment_no
        order by items.open_base desc, items.entity_id, items.invoice_id, items.instalment_no
        """,
        [*values, *(customer or ()), *([] if top is None else [top])],
    )


def bills_in_ledger(con: Connection, scope: Scope, entity_id: str, customer_id: str) -> pd.DataFrame:
    """A customer's bills and cheques in hand that only the exports know: bill_number, invoice_id, amount_doc, currency,
    due_on."""
    condition, values = scope.where("customers")
    return _frame(
        con,
        f"""
        select bills.bill_number, bills.invoice_id, cast(bills.amount_doc as double) as amount_doc, bills.currency,
            bills.due_on
        from fct_bills_in_hand as bills
        inner join dim_customers as customers using (customer_key)
        where bills.entity_id = ? and bills.customer_id = ? and bills.basis = 'ledger' and {condition}
        order by bills.due_on, bills.bill_number
        """,
        [entity_id, customer_id, *values],
    )


def bills_only_in_exports(con: Connection, scope: Scope, top: int | None = None) -> pd.DataFrame:
    """The `top` largest, or all, bills and cheques in hand of which the register knew nothing: entity_id, customer_id,
    customer_name, bill_number, amount_doc, currency, received_on, due_on (null where nobody knows), invoice_id; and on
    each row how many there are: whole, whole_base."""
    condition, values = scope.where("customers")
    return _frame(
        con,
        f"""
        select bills.entity_id, bills.customer_id, customers.customer_name, bills.bill_number,
            cast(bills.amount_doc as double) as amount_doc, bills.currency, bills.received_on, bills.due_on,
            bills.invoice_id, count(*) over () as whole, sum(bills.amount_base) over () as whole_base
        from fct_bills_in_hand as bills
        inner join dim_customers as customers using (customer_key)
        where bills.basis = 'ledger' and {condition}
        order by bills.amount_base desc, bills.entity_id, bills.customer_id, bills.bill_number
        {"limit ?" if top is not None else ""}
        """,
        [*values, *([] if top is None else [top])],
    )


def bills_counted(con: Connection, bills: tuple[tuple[str, str], ...]) -> dict[tuple[str, str], Decimal]:
    """What the build counts as received for bills (entity_id, number), in base currency; none for those left out."""
    if not bills:
        return {}
    rows = con.cursor().execute(
        """
        with asked as (select unnest(?::varchar[]) as entity_id, unnest(?::varchar[]) as receipt_id)
        select applications.entity_id, applications.receipt_id, sum(applications.amount_base)
        from fct_applications as applications
        inner join asked using (entity_id, receipt_id)
        where applications.kind = 'payment'
        group by applications.entity_id, applications.receipt_id
        """,
        [[entity for entity, _ in bills], [number for _, number in bills]],
    )
    return {(row[0], row[1]): row[2] for row in rows.fetchall()}


def every_customer(con: Connection, scope: Scope) -> list[tuple[str, str, str | None]]:
    """Every customer in the scope: entity_id, customer_id, customer_name."""
    condition, values = scope.where()
    rows = con.cursor().execute(
        f"select entity_id, customer_id, customer_name from dim_customers where {condition} order by all", values
    )
    return rows.fetchall()


def customers_of_invoices(
    con: Connection, scope: Scope, invoice_ids: tuple[str, ...]
) -> dict[tuple[str, str], tuple[str, ...]]:
    """The customers of the invoices of these numbers, by (entity_id, invoice_id); none for those nobody knows."""
    condition, values = scope.where("customers")
    rows = con.cursor().execute(
        f"""
        select documents.entity_id, documents.invoice_id, list_sort(list(distinct documents.customer_id))
        from fct_invoices as documents
        inner join dim_customers as customers using (customer_key)
        where documents.invoice_id in (select unnest(?::varchar[])) and {condition}
        group by documents.entity_id, documents.invoice_id
        """,
        [list(invoice_ids), *values],
    )
    return {(row[0], row[1]): tuple(row[2]) for row in rows.fetchall()}
