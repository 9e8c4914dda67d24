"""Books for the risk model's tests: the tables it reads, filled by hand or by a seeded generator, in memory."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

import duckdb
import numpy as np
import pandas as pd

from models.rows import Rows

EPOCH = dt.date(2000, 1, 1)


@dataclass(frozen=True)
class Invoice:
    invoice_id: str
    customer_id: str
    issue: int  # days from 2000-01-01
    due: int
    amount: int = 100
    doc_type: str = "invoice"
    due_basis: str = "contractual"
    ledger: str = "ledger"


@dataclass(frozen=True)
class Application:
    invoice_id: str
    day: int
    amount: int = 100
    kind: str = "payment"


@dataclass(frozen=True)
class Promise:
    customer_id: str
    made: int
    last_day: int
    state: str


def day(number: int) -> dt.date:
    return EPOCH + dt.timedelta(days=number)


def book(
    invoices: Iterable[Invoice], applications: Iterable[Application] = (), promises: Iterable[Promise] = ()
) -> duckdb.DuckDBPyConnection:
    """A connection with the instalments, applications, accounts, customers and promises of these rows."""
    con = _empty()
    rows = [
        (
            *("main", i.invoice_id, 1, i.doc_type, i.customer_id, "", "north", day(i.issue), day(i.due), i.due_basis),
            *(i.due - i.issue, "CNY", Decimal(i.amount), Decimal(i.amount), False, i.ledger),
        )
        for i in invoices
    ]
    if rows:
        con.executemany(f"insert into fct_invoices values ({', '.join('?' * 16)})", rows)
    paid = [("main", a.invoice_id, 1, day(a.day), a.amount, a.amount, a.kind, "stated") for a in applications]
    if paid:
        con.executemany(f"insert into fct_applications values ({', '.join('?' * 8)})", paid)
    given = [("main", p.customer_id, day(p.made), day(p.last_day), p.state) for p in promises]
    if given:
        con.executemany("insert into fct_promises values (?, ?, ?, ?, ?)", given)
    con.execute("insert into customers select distinct entity_id, customer_id, '', '', 1000 from fct_invoices")
    return con


def with_open_items(con: duckdb.DuckDBPyConnection, as_of: dt.date) -> duckdb.DuckDBPyConnection:
    """The same book with fct_open_items as of a day."""
    con.execute(
        """
        create or replace table fct_open_items as
        with paid as (
            select entity_id, invoice_id, instalment_no, sum(amount_doc) as paid_doc
            from fct_applications
            where applied_on <= $as_of
            group by entity_id, invoice_id, instalment_no
        )
        select
            $as_of as as_of, invoices.entity_id, invoices.invoice_id, invoices.instalment_no, invoices.customer_id,
            invoices.due_date, invoices.customer_key, invoices.instalment_key as item_key,
            invoices.amount_base - coalesce(paid.paid_doc, 0) as open_base,
            invoices.amount_doc - coalesce(paid.paid_doc, 0) as open_doc
        from int_instalments as invoices
        left join paid using (entity_id, invoice_id, instalment_no)
        where invoices.issue_date <= $as_of and abs(invoices.amount_doc - coalesce(paid.paid_doc, 0)) >= 0.01
        """,
        {"as_of": as_of},
    )
    return con


def random_book(
    seed: int, customers: int = 60, invoices: int = 1500, days: int = 700, noise: float = 6.0, large_later: float = 0.0
) -> duckdb.DuckDBPyConnection:
    """A seeded book whose customers have habits: some always late, some never; 1 invoice in 100 is never paid.

    `large_later` is the days by which an invoice e times as large as another is paid later.
    """
    rng = np.random.default_rng(seed)
    habit = rng.normal(-2, 9, customers)
    customer = rng.integers(0, customers, invoices)
    issue = rng.integers(0, days, invoices)
    terms = rng.choice([15, 30, 45], customers)[customer]
    amount = np.round(np.exp(rng.normal(7, 1, invoices)), 2)
    late = habit[customer] + noise * rng.standard_t(4, invoices) + large_later * (np.log(amount) - 7)
    late = np.round(late).astype(int)
    paid = issue + np.maximum(terms + late, 1)
    frame = pd.DataFrame({"issue": issue, "due": issue + terms, "paid": paid, "amount": amount, "customer": customer})
    frame = frame.sort_values(["issue", "customer", "amount"], ignore_index=True)
    frame["never"] = rng.random(invoices) < 0.01
    con = _empty()
    con.register("frame", frame.reset_index(names="number"))
    con.execute(
        """
        insert into fct_invoices
        select
            'main', 'I' || lpad(cast(number as varchar), 6, '0'), 1, 'invoice',
            'C' || lpad(cast(customer as varchar), 4, '0'), '', 'R' || (customer % 3),
            date '2000-01-01' + cast(issue as integer),
            date '2000-01-01' + cast(due as integer), 'contractual', due - issue, 'CNY', amount, amount, false, 'ledger'
        from frame
        """
    )
    con.execute(
        """
        insert into fct_applications
        select
            'main', 'I' || lpad(cast(number as varchar), 6, '0'), 1, date '2000-01-01' + cast(paid as integer),
            amount, amount, 'payment', 'stated'
        from frame
        where not never and paid <= $days
        """,
        {"days": days},
    )
    con.unregister("frame")
    con.execute("insert into customers select distinct entity_id, customer_id, '', '', null from fct_invoices")
    return con


def frame(rows: Rows) -> pd.DataFrame:
    """The columns as a DataFrame, for tests that look at single answers."""
    return pd.DataFrame(dict(rows.columns))


def _empty() -> duckdb.DuckDBPyConnection:
    """A connection with empty text tables, and over them what the model reads: the same under whole-number keys."""
    con = duckdb.connect()
    con.execute(
        """
        create table fct_invoices (
            entity_id varchar, invoice_id varchar, instalment_no integer, doc_type varchar, customer_id varchar,
            rep varchar, region varchar, issue_date date, due_date date, due_basis varchar, terms_days integer,
            currency varchar, amount_doc decimal(18, 4), amount_base decimal(18, 4), disputed boolean, ledger varchar
        );
        create table fct_applications (
            entity_id varchar, invoice_id varchar, instalment_no integer, applied_on date,
            amount_doc decimal(18, 4), amount_base decimal(18, 4), kind varchar, basis varchar
        );
        create table customers (
            entity_id varchar, customer_id varchar, industry varchar, customer_type varchar,
            credit_limit_base decimal(18, 4)
        );
        create view int_instalments as
        select
            row_number() over (order by entity_id, customer_id, issue_date, invoice_id, instalment_no)
                as instalment_key,
            dense_rank() over (order by entity_id, customer_id, region) as account_key,
            dense_rank() over (order by entity_id, customer_id) as customer_key,
            case when ledger = 'ledger' then 1 else 2 end as import_no,
            *
        from fct_invoices;
        create table imports as select * from (values (1, 'ledger'), (2, 'open_items')) as kinds(import_no, ledger);
        create view int_accounts as select distinct account_key, customer_key, region from int_instalments;
        create view int_applications as
        select instalments.instalment_key, applications.*
        from fct_applications as applications
        inner join int_instalments as instalments using (entity_id, invoice_id, instalment_no);
        create table fct_promises (
            entity_id varchar, customer_id varchar, made_on date, last_day date, state varchar
        );
        create view dim_customers as
        select distinct
            instalments.customer_key, entity_id, customer_id, customers.industry, customers.customer_type,
            customers.credit_limit_base
        from int_instalments as instalments
        left join customers using (entity_id, customer_id);
        """
    )
    return con
