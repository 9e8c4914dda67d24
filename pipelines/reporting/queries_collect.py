"""What the rep's day reads from a build: what a customer owes, and how its promises turned out."""

import datetime as dt
from typing import Any

import pandas as pd

from pipelines.reporting.queries import Connection, Scope, _frame


def debts(con: Connection, scope: Scope, entity_id: str, customer_id: str) -> list[dict[str, Any]]:
    """What a customer owes per currency, the base currency first and over everything: currency, owed, overdue.

    Amounts are Decimal, what was paid and not yet applied is taken off. A currency that is not owed is left out.
    """
    condition, values = scope.where()
    cursor = con.cursor().execute(
        f"""
        with items as (
            select currency, open_doc, open_base, coalesce(days_past_due, 0) > 0 as is_overdue
            from fct_open_items
            where entity_id = ? and customer_id = ? and {condition}
        ),
        base as (select settings->>'base_currency' as currency from build_info)
        select 0 as place, (select currency from base) as currency, coalesce(sum(open_base), 0) as owed,
            coalesce(sum(open_base) filter (is_overdue), 0) as overdue
        from items
        union all
        select 1, currency, sum(open_doc), coalesce(sum(open_doc) filter (is_overdue), 0)
        from items
        where currency <> (select currency from base)
        group by currency
        having sum(open_doc) > 0
        order by 1, 2
        """,
        [entity_id, customer_id, *values],
    )
    return [{"currency": row[1], "owed": row[2], "overdue": row[3]} for row in cursor.fetchall()]


def amounts_of(
    con: Connection, scope: Scope, rep: str, invoices: tuple[tuple[str, str], ...]
) -> dict[tuple[str, str], tuple[float, float]]:
    """Overdue and due (within a week) of a rep's invoices, by (entity_id, invoice_id), in base currency."""
    if not invoices:
        return {}
    condition, values = scope.where()
    pairs = ", ".join(["(?, ?)"] * len(invoices))
    rows = con.cursor().execute(
        f"""
        select entity_id, invoice_id, coalesce(sum(open_base) filter (days_past_due > 0), 0),
            coalesce(sum(open_base) filter (days_past_due > -7), 0)
        from fct_open_items
        where rep = ? and {condition} and (entity_id, invoice_id) in ({pairs})
        group by entity_id, invoice_id
        """,
        [rep, *values, *(part for pair in invoices for part in pair)],
    )
    return {(row[0], row[1]): (float(row[2]), float(row[3])) for row in rows.fetchall()}


def promises(
    con: Connection, scope: Scope, entity_id: str | None = None, customer_id: str | None = None
) -> pd.DataFrame:
    """Promises with their outcome as of the build, newest day first; of one customer if given."""
    condition, values = scope.where("customers")
    return _frame(
        con,
        f"""
        select promises.*, customers.customer_name, customers.rep, customers.region
        from fct_promises as promises
        inner join dim_customers as customers using (entity_id, customer_id)
        where {condition} and (? is null or promises.entity_id = ?) and (? is null or promises.customer_id = ?)
        order by promises.promised_on desc, promises.promise_key desc
        """,
        [*values, entity_id, entity_id, customer_id, customer_id],
    )


def promise_states(con: Connection) -> dict[int, str]:
    """The state of every promise the build knows, by its version in the journal."""
    return dict(con.cursor().execute("select version_id, state from fct_promises where part_no = 0").fetchall())


def plan_states(con: Connection) -> dict[tuple[int, int], str]:
    """The state of every instalment of a plan the build knows, by the plan's version and the instalment's number."""
    rows = con.cursor().execute("select version_id, part_no, state from fct_promises where part_no > 0").fetchall()
    return {(row[0], row[1]): row[2] for row in rows}


def acceptances(
    con: Connection, customers: tuple[tuple[str, str], ...]
) -> dict[tuple[str, str], dict[str, dt.date | None]]:
    """The open invoices of customers (entity_id, customer_id), each with the day of its acceptance by the ledger."""
    if not customers:
        return {}
    rows = con.cursor().execute(
        f"""
        select distinct items.entity_id, items.customer_id, items.invoice_id, accepted.accepted_on
        from fct_open_items as items
        left join fct_acceptances as accepted using (customer_key, invoice_id)
        where (items.entity_id, items.customer_id) in ({", ".join(["(?, ?)"] * len(customers))})
            and items.days_past_due is not null
        """,
        [part for pair in customers for part in pair],
    )
    found: dict[tuple[str, str], dict[str, dt.date | None]] = {}
    for entity_id, customer_id, invoice_id, accepted_on in rows.fetchall():
        found.setdefault((entity_id, customer_id), {})[invoice_id] = accepted_on
    return found


def acceptance(con: Connection, entity_id: str, invoice_id: str) -> dt.date | None:
    """The day on which an open invoice's delivery was accepted, by the ledger; None where it does not say."""
    row = con.cursor().execute(
        "select accepted_on from fct_acceptances where entity_id = ? and invoice_id = ?", [entity_id, invoice_id]
    )
    return next((found[0] for found in row.fetchall()), None)


def advised(con: Connection, scope: Scope, entity_id: str, customer_id: str) -> dict[str, str]:
    """What the call list advises for a customer: planned (the method, '' where it is not on a list) and payer_class."""
    condition, values = scope.where()
    found = con.cursor().execute(
        f"""
        select next_action, payer_class from fct_call_list
        where entity_id = ? and customer_id = ? and {condition}
        order by overdue_base desc
        limit 1
        """,
        [entity_id, customer_id, *values],
    )
    row = found.fetchone()
    return {"planned": row[0], "payer_class": row[1]} if row else {"planned": "", "payer_class": ""}


def items_on_lists(con: Connection, scope: Scope, customers: tuple[tuple[str, str], ...]) -> pd.DataFrame:
    """The overdue items of these customers (entity_id, customer_id) on the call lists, with their strategy.

    entity_id, customer_id, invoice_id, due_date, strategy, next_action.
    """
    condition, values = scope.where("items")
    return _frame(
        con,
        f"""
        with asked as (select unnest(?::varchar[]) as entity_id, unnest(?::varchar[]) as customer_id)
        select items.entity_id, items.customer_id, items.invoice_id, items.due_date, calls.strategy, calls.next_action
        from fct_open_items as items
        inner join asked using (entity_id, customer_id)
        inner join fct_call_list as calls on items.customer_key = calls.customer_key and items.rep = calls.rep
        where items.days_past_due > 0 and {condition}
        order by items.customer_key, items.item_key
        """,
        [[entity for entity, _ in customers], [number for _, number in customers], *values],
    )


def items_by_strategy(con: Connection, scope: Scope) -> pd.DataFrame:
    """The overdue items of the call lists: strategy, items, open_base."""
    condition, values = scope.where("items")
    return _frame(
        con,
        f"""
        select calls.strategy, count(*) as items, sum(items.open_base) as open_base
        from fct_open_items as items
        inner join fct_call_list as calls on items.customer_key = calls.customer_key and items.rep = calls.rep
        where items.days_past_due > 0 and {condition}
        group by calls.strategy
        order by calls.strategy
        """,
        values,
    )


def reachable(con: Connection, scope: Scope) -> pd.DataFrame:
    """The customers within a scope with their pay calendar: entity_id, customer_id, pattern, run_day, run_weekday."""
    condition, values = scope.where("customers")
    return _frame(
        con,
        f"""
        select customers.entity_id, customers.customer_id, calendar.pattern, calendar.run_day, calendar.run_weekday
        from dim_customers as customers
        inner join fct_pay_calendar as calendar using (customer_key)
        where {condition}
        """,
        values,
    )


def payments_by_day(con: Connection, scope: Scope, since: dt.date) -> pd.DataFrame:
    """What customers paid from a day on: entity_id, customer_id, paid_on, amount_base."""
    condition, values = scope.where("accounts")
    return _frame(
        con,
        f"""
        select accounts.entity_id, accounts.customer_id, applications.applied_on as paid_on,
            cast(sum(applications.amount_base) as double) as amount_base
        from int_applications as applications
        inner join int_instalment_balances as balances on applications.instalment_key = balances.instalment_key
        inner join int_accounts as accounts on balances.account_key = accounts.account_key
        where applications.kind = 'payment' and applications.applied_on >= ? and {condition}
        group by accounts.entity_id, accounts.customer_id, applications.applied_on
        """,
        [since, *values],
    )
